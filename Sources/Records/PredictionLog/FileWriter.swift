import GRDB
import POSIX

/// Commits predictions to a file, in turn with other processes.
final class FileWriter: LogWriter {
  private let settings: PredictionLog.Settings
  private let reserve: LogReserve?
  private let report: @Sendable (PredictionLog.Event) -> Void
  private var database: LogDatabase?
  private var failedOpening: (retry: ContinuousClock.Instant, error: PredictionLogError)?

  init(
    _ settings: PredictionLog.Settings, _ reserve: LogReserve?,
    _ report: @escaping @Sendable (PredictionLog.Event) -> Void
  ) {
    self.settings = settings
    self.reserve = reserve
    self.report = report
  }

  /// A disk takes it in a moment: less than another thread would take to wake.
  var waits: Bool { false }

  func commit(_ entries: [LogEntry]) -> PredictionLogError? {
    attempt { database in
      if entries.isEmpty { try database.probe() } else { try database.insert(entries) }
    }
  }

  /// Works on the database, and once more in the room of the reserve when the disk has no other.
  private func attempt(_ body: (LogDatabase) throws -> Void) -> PredictionLogError? {
    let failure = attemptOnce(body)
    guard let reserve, let failure, reserve.helps(failure) else { return failure }
    if reserve.release() { report(.withoutReserve) }
    // Another process may have released it, and what could not be opened can be now.
    failedOpening = nil
    return attemptOnce(body)
  }

  /// Works on the open database, opening it first and setting it aside when it is corrupt.
  private func attemptOnce(_ body: (LogDatabase) throws -> Void) -> PredictionLogError? {
    let before = database?.inode ?? FileStatus(of: settings.path)?.inode
    do {
      try body(try openDatabase())
      return nil
    } catch {
      let failure = PredictionLogError(error)
      if failure.code != .full { database = nil }
      guard failure.code == .corrupt else { return failure }
      do {
        try setAside(failure, inode: before)
        try body(try openDatabase())
        return nil
      } catch {
        database = nil
        return PredictionLogError(error)
      }
    }
  }

  private func openDatabase() throws -> LogDatabase {
    if let database, database.isCurrent { return database }
    // A file that could not be opened is not asked for again with every request.
    if let failed = failedOpening, ContinuousClock.now < failed.retry { throw failed.error }
    do {
      let opened = try LogDatabase(
        path: settings.path, survivesLossOfPower: settings.survivesLossOfPower)
      database = opened
      failedOpening = nil
      return opened
    } catch {
      let error = PredictionLogError(error)
      if error.code != .corrupt { failedOpening = (.now + .milliseconds(200), error) }
      throw error
    }
  }

  /// Renames a file that is no sound database, with what belongs to it.
  ///
  /// - Parameter inode: the file that was found corrupt; when the path leads to another by now,
  ///   another process has done this already.
  private func setAside(_ failure: PredictionLogError, inode: UInt64?) throws {
    let aside = "\(settings.path).corrupt-\(time(nil))-\(getpid())"
    let isMine = try LogDatabase.locked(settings.path) {
      guard FileStatus(of: settings.path)?.inode == inode else { return false }
      try systemCall("rename", settings.path) { rename(settings.path, aside) }
      for suffix in ["-wal", "-shm"] { rename(settings.path + suffix, aside + suffix) }
      // Whether the names survive a crash matters less than that all three have changed.
      try? DurableFile.syncFolder(of: aside)
      return true
    }
    if isMine { report(.setAside(path: aside, reason: failure.description)) }
  }
}
