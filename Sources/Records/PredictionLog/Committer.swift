import POSIX

/// A record, and how it is known again.
struct LogEntry {
  let record: PredictionRecord
  /// Whether the index is asked and told at once, as for the rows of a long table: a table that
  /// comes again may have more of them than are remembered.
  let isIndexed: Bool
}

/// What commits predictions to a database; it belongs to the thread whose turn it is.
protocol LogWriter: AnyObject {
  /// Whether a commit waits for something else than this machine, so that it has a thread of its own.
  var waits: Bool { get }

  /// Commits records, except those that are there already; none of them only finds out whether that is
  /// possible.
  ///
  /// - Returns: why it could not; nothing was acknowledged then.
  func commit(_ entries: [LogEntry]) -> PredictionLogError?
}

/// Lets threads share commits: whoever finds no commit under way makes them for all who wait.
final class Committer: @unchecked Sendable {
  // `@unchecked Sendable` because `waiting`, `isCommitting` `lastFailure` and `failedAt` are protected by `lock`,
  // and the batch and the writer belong to the thread whose turn it is.

  /// What is told when a record has been committed, or why it has not.
  typealias Completion = @Sendable (PredictionLogError?) -> Void

  /// The records that share a commit.
  private struct Batch {
    var entries: [LogEntry] = []
    var completions: [Completion] = []

    mutating func removeAll() {
      entries.removeAll(keepingCapacity: true)
      completions.removeAll(keepingCapacity: true)
    }
  }

  /// How long a database that failed is left alone, in milliseconds.
  private static let rest = 200

  private let writer: any LogWriter
  private let report: @Sendable (PredictionLog.Event) -> Void
  private let lock = Lock()
  /// Wakes the thread that commits, where there is one.
  private let arrival: Condition
  private var hasThread = false
  private var waiting = Batch()
  /// What is being committed.
  private var batch = Batch()
  private var isCommitting = false
  private var lastFailure: PredictionLogError?
  /// When commits began to fail.
  private var failedAt: Moment?

  init(_ writer: any LogWriter, _ report: @escaping @Sendable (PredictionLog.Event) -> Void) {
    self.writer = writer
    self.report = report
    arrival = Condition(lock)
    tell(change(to: writer.commit([])))
    // Without one each caller commits, as to a file.
    hasThread = writer.waits && (try? Thread { [weak self] in while self?.work() != nil {} }) != nil
  }

  var failure: PredictionLogError? { lock.whileHeld { lastFailure } }

  var failedSince: Moment? { lock.whileHeld { failedAt } }

  /// Takes records for the next commit, whose outcome `completion` is told.
  ///
  /// Nobody waits for a database that is known to fail; the thread finds out when it does no more.
  func add(
    _ entries: some Sequence<LogEntry>, _ completion: @escaping Completion
  ) {
    let failure = lock.whileHeld { () -> PredictionLogError? in
      if hasThread, let lastFailure { return lastFailure }
      waiting.entries += entries
      waiting.completions.append(completion)
      return nil
    }
    if let failure {
      report(.notCommitted(failure))
      completion(failure)
    }
  }

  /// Commits until nobody waits, unless another thread does already.
  func commit() {
    guard !hasThread else {
      // What is failing was told so already, and is tried again by the clock.
      if lock.whileHeld({ !waiting.completions.isEmpty }) { arrival.signal() }
      return
    }
    let isMine = lock.whileHeld {
      if isCommitting || waiting.completions.isEmpty { return false }
      isCommitting = true
      return true
    }
    if isMine { while commitWaiting() {} }
  }

  /// Sees whether a log that could not be written can be again, unless its thread does.
  func probe() {
    guard !hasThread else { return }
    add([]) { _ in }
    commit()
  }

  /// Waits for what is to be committed, and commits it; what is failing is tried now and then.
  private func work() {
    let isDue = lock.whileHeld {
      if waiting.completions.isEmpty { arrival.wait(milliseconds: Self.rest) }
      isCommitting = lastFailure != nil || !waiting.completions.isEmpty
      return isCommitting
    }
    if isDue { while commitWaiting() {} }
  }

  /// Commits what waits.
  ///
  /// - Returns: whether more has come meanwhile.
  private func commitWaiting() -> Bool {
    lock.whileHeld { swap(&waiting, &batch) }
    let start = ContinuousClock.now
    let failure = writer.commit(batch.entries)
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
}
