import GRDB
import POSIX

/// Lets threads share commits: whoever finds no commit under way makes them for all who wait.
final class Committer: @unchecked Sendable {
  // `@unchecked Sendable` because `waiting`, `isCommitting` `lastFailure` and `failedAt` are protected by `lock`,
  // and the batch, the database and what is known of it belong to the thread whose turn it is.

  /// What is told when a record has been committed, or why it has not.
  typealias Completion = @Sendable (PredictionLogError?) -> Void

  /// The records that share a commit.
  private struct Batch {
    var entries: [Insertion.Entry] = []
    var completions: [Completion] = []

    mutating func removeAll() {
      entries.removeAll(keepingCapacity: true)
      completions.removeAll(keepingCapacity: true)
    }
  }

  private let settings: PredictionLog.Settings
  private let reserve: LogReserve?
  private let report: @Sendable (PredictionLog.Event) -> Void
  private let lock = Lock()
  private var waiting = Batch()
  /// What is being committed.
  private var batch = Batch()
  private var isCommitting = false
  private var lastFailure: PredictionLogError?
  /// When commits began to fail.
  private var failedAt: Moment?
  private var database: LogDatabase?
  private var failedOpening: (retry: ContinuousClock.Instant, error: PredictionLogError)?

  init(
    _ settings: PredictionLog.Settings, _ reserve: LogReserve?,
    _ report: @escaping @Sendable (PredictionLog.Event) -> Void
  ) {
    self.settings = settings
    self.reserve = reserve
    self.report = report
    tell(change(to: attempt { _ in }))
  }

  var failure: PredictionLogError? { lock.whileHeld { lastFailure } }

  var failedSince: Moment? { lock.whileHeld { failedAt } }

  /// Takes records for the next commit, whose outcome `completion` is told.
  func add(
    _ entries: some Sequence<Insertion.Entry>, _ completion: @escaping Completion
  ) {
    lock.whileHeld {
      waiting.entries += entries
      waiting.completions.append(completion)
    }
  }

  /// Commits until nobody waits, unless another thread does already.
  func commit() {
    let isMine = lock.whileHeld {
      if isCommitting || waiting.completions.isEmpty { return false }
      isCommitting = true
      return true
    }
    if isMine { while commitWaiting() {} }
  }

  /// Commits what waits.
  ///
  /// - Returns: whether more has come meanwhile.
  private func commitWaiting() -> Bool {
    lock.whileHeld { swap(&waiting, &batch) }
    let start = ContinuousClock.now
    let failure = attempt { database in
      if batch.entries.isEmpty { try database.probe() } else { try database.insert(batch.entries) }
    }
    if !batch.entries.isEmpty {
      report(
        failure.map { .notCommitted($0) }
          ?? .committed(records: batch.entries.count, .now - start))
    }
    for completion in batch.completions { completion(failure) }
    batch.removeAll()
    // Told before others can commit, so that reports come in the order of the commits, and without the
    // lock, which every prediction takes.
    tell(lock.whileHeld { change(to: failure) })
    return lock.whileHeld {
      isCommitting = !waiting.completions.isEmpty
      return isCommitting
    }
  }

  /// Remembers how the last attempt went, with the lock held.
  ///
  /// - Returns: what is to be told, when that has changed.
  private func change(to failure: PredictionLogError?) -> PredictionLog.Event? {
    defer {
      lastFailure = failure
      failedAt = failure == nil ? nil : failedAt ?? .now
    }
    return switch (lastFailure, failure) {
    case (nil, let failure?): .failed(failure)
    case (_?, nil): .recovered
    default: nil
    }
  }

  private func tell(_ event: PredictionLog.Event?) {
    if let event { report(event) }
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
