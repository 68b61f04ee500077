import POSIX

/// What keeps a prediction log small and its questions quick.
protocol LogMaintainer: Sendable {
  /// Does what is due. What fails is left for the next time: whoever writes finds out what is wrong.
  func work()
}

/// What keeps the file of a log small, on a connection of its own so that predictions go on.
final class FileMaintainer: LogMaintainer, @unchecked Sendable {
  // `@unchecked Sendable` because one thread at a time works with it.

  /// A write-ahead log beyond this many bytes is begun anew although somebody always writes.
  private static let longLog = 4 << 20
  /// One that is longer still, because readers have kept it from beginning anew, is emptied.
  private static let longestLog = 256 << 20
  /// With as many predictions a second the index of identifiers waits.
  private static let flood: Int64 = 2000
  /// How many times in a second some identifiers are indexed.
  private static let indexSteps = 25

  private let settings: PredictionLog.Settings
  private let reserve: LogReserve?
  private let report: @Sendable (PredictionLog.Event) -> Void
  private var database: LogDatabase?
  /// The number of the newest prediction when it was last looked at.
  private var newestNumber: Int64 = 0
  private var deletion: LogDeletion
  private var nextCheckpoint = ContinuousClock.now

  init(
    _ settings: PredictionLog.Settings, _ reserve: LogReserve?,
    _ report: @escaping @Sendable (PredictionLog.Event) -> Void
  ) {
    self.settings = settings
    self.reserve = reserve
    self.report = report
    deletion = LogDeletion(settings, report)
  }

  func work() {
    guard ContinuousClock.now >= nextCheckpoint else {
      if deletion.isUnderWay { delete() }
      return
    }
    nextCheckpoint = .now + .seconds(1)
    if let reserve, reserve.make() { report(.reserveKept) }
    guard let size = FileStatus(of: "\(settings.path)-wal")?.size else { return }
    do {
      let database = try openDatabase()
      if size > 0 { try database.checkpoint() }
      // Somebody who reads may prevent it; there is always a next time.
      if size > Self.longLog { try? database.restartLog() }
      if size > Self.longestLog { try? database.truncateLog() }
      try indexIdentifiers(database)
      try deletion.work(database)
    } catch {
      database = nil
    }
  }

  /// Lets the index of identifiers follow, unless so many predictions come that they would wait for
  /// it.
  private func indexIdentifiers(_ database: LogDatabase) throws {
    let newest = try database.newestNumbers()
    defer { newestNumber = newest.kept }
    guard newest.indexed < newest.kept, newest.kept - newestNumber < Self.flood else { return }
    // Little by little: predictions wait meanwhile.
    var steps = 0
    while steps < Self.indexSteps, try database.indexIdentifiers(limit: 200) { steps += 1 }
  }

  private func delete() {
    do {
      try deletion.work(try openDatabase())
    } catch {
      database = nil
    }
  }

  private func openDatabase() throws -> LogDatabase {
    if let database, database.isCurrent { return database }
    // Predictions wait while this one waits.
    let opened = try LogDatabase(
      path: settings.path, survivesLossOfPower: settings.survivesLossOfPower, patience: 0.01)
    database = opened
    return opened
  }
}
