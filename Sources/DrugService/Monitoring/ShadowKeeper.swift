import Linux
import Logging
import Models
import POSIX
import Patients
import Records

/// Lets the shadow answer in a process of its own, which one process of the service starts and looks after.
///
/// Its faults stay there: whatever becomes of it, the responders notice a child that has ended.
final class ShadowKeeper: @unchecked Sendable {
  // `@unchecked Sendable` because `last` and `isWanted` are protected by `lock`, and the rest belongs to the one
  // thread that calls `maintain` and `stop`.

  /// What metrics tell.
  struct Facts: Sendable {
    let version: String
    /// Whether it answers.
    let isUp: Bool
    let total: ShadowDay
    let behind: Int?
  }

  /// One that gives no sign of life for so long is ended.
  private static let patience = Duration.seconds(60)
  /// The first pause after a failure; each after it is twice as long, up to a limit.
  private static let pauses = (first: Duration.seconds(10), longest: Duration.seconds(600))

  private let registry: ModelRegistry
  /// The database of the prediction log.
  private let log: String?
  /// `drugctl`.
  private let program: String?
  private let logger: Logger

  private let lock = Lock()
  private var last: Facts?
  private var isWanted = false

  private var turn: FileLock?
  private var child: ChildProcess?
  /// What the child has complained of.
  private var complaint: [UInt8] = []
  private var heard = ContinuousClock.now
  private var isSilent = false
  private var due = ContinuousClock.now
  private var looked = ContinuousClock.now - .seconds(60)
  private var pause = pauses.first
  private var shadow: ModelRegistry.Shadow?
  private var told: String?

  init(_ registry: ModelRegistry, log: String?, program: String?, logger: Logger) {
    self.registry = registry
    self.log = log
    self.program = program
    self.logger = logger
  }

  /// What was known when somebody asked last; nil without a shadow.
  var known: Facts? {
    lock.whileHeld {
      isWanted = true
      return last
    }
  }

  /// Starts what is to answer and looks after it; to be called a few times a second, by a thread that lives as
  /// long as the process.
  func maintain() {
    if let child { follow(child) }
    guard ContinuousClock.now - looked > .seconds(1) else { return }
    looked = .now
    let now = registry.shadow
    if now != shadow {
      // Another one gets its chance at once.
      (shadow, pause, due, told) = (now, Self.pauses.first, .now, nil)
    }
    if let now, child == nil, .now >= due { start(now) }
    learn()
  }

  /// Ends what answers.
  func stop() {
    child?.send(SIGTERM)
    child?.closeStreams()
    child = nil
    turn = nil
  }

  private func start(_ shadow: ModelRegistry.Shadow) {
    guard let log, let program else { return }
    do {
      let lock = try FileLock("\(registry.root)/.shadow.lock")
      guard try lock.takeIfFree() else { return }
      child = try ChildProcess(
        [program, "models", "shadow", "--work", "--log", log, "--models", registry.root],
        lock: lock.file)
      turn = lock
      (heard, isSilent, complaint) = (.now, false, [])
    } catch {
      fail("it could not be started: \(error)")
    }
  }

  private func follow(_ child: ChildProcess) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while let count = try? child.output.read(into: &buffer), count > 0 { heard = .now }
    while let count = try? child.errors.read(into: &buffer), count > 0 {
      complaint = Array((complaint + buffer[..<count]).suffix(4096))
    }
    if let status = child.status() {
      child.send(SIGKILL)
      child.closeStreams()
      self.child = nil
      turn = nil
      return end(status)
    }
    if !isSilent, ContinuousClock.now - heard > Self.patience {
      isSilent = true
      child.send(SIGKILL)
    }
  }

  private func end(_ status: ChildProcess.Status) {
    switch status {
    case .exit(0): due = .now
    case .exit(let code):
      let lines = String(decoding: complaint, as: UTF8.self).split(separator: "\n")
      let words = lines.first { $0.hasPrefix("Error: ") } ?? lines.last
      fail(
        words.map { String($0).replacing("Error: ", with: "") } ?? "it ended with status \(code)")
    case .signal(let number):
      fail(
        isSilent
          ? "it gave no sign of life for a minute and was ended"
          : "it was ended by signal \(number)"
            + (number == SIGKILL ? ", perhaps for lack of memory" : ""))
    }
  }

  /// Notes and tells once why the shadow does not answer, and that it is to be tried again.
  private func fail(_ reason: String) {
    due = .now + pause
    pause = min(pause * 2, Self.pauses.longest)
    // Its process may have had no time to say so, nor to begin.
    if let log, let shadow, shadow == registry.shadow,
      let store = try? ShadowStore(root: registry.root)
    {
      // Where it is to begin cannot be told while the log cannot be read; it is then told the next time.
      do {
        try store.begin(
          shadow.version, since: shadow.since,
          behind: PredictionLog.place(in: log, before: shadow.beginning))
        try store.note(failure: reason)
      } catch {}
    }
    guard reason != told else { return }
    told = reason
    logger.warning(
      "shadow does not answer",
      metadata: ["model_version": "\(shadow?.version ?? "none")", "reason": "\(reason.visible)"])
  }

  /// Finds out what somebody has asked for.
  private func learn() {
    let isDue = lock.whileHeld {
      defer { isWanted = false }
      return isWanted
    }
    guard isDue else { return }
    let facts = shadow.map { shadow in
      let store = try? ShadowStore(
        reading: registry.root, of: shadow.version, since: shadow.since)
      // Without its outcomes, which nobody counts every second.
      let found = store.flatMap { try? ShadowComparison($0, log: nil) }
      let newest = log.flatMap { try? PredictionLog.newestPlace(in: $0) }
      let place = store.flatMap { try? $0.place }
      let behind = newest.flatMap { newest in place.map { max(0, Int(newest.number - $0.number)) } }
      return Facts(
        version: shadow.version,
        isUp: found != nil && found?.failure == nil && shadow.version != registry.currentVersion,
        total: found?.total ?? .none, behind: behind)
    }
    lock.whileHeld { last = facts }
  }
}
