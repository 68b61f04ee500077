import Logging
import POSIX
import Records

/// Looks the audit log through: what is new for whoever asks, and all of it again and again for nobody, a few
/// rows at a time, so that a row of before that has changed is found as well.
///
/// Who asks gets what was found last time, if something does not fit. What has been there once has to stay:
/// a log that both of its files no longer tell of is a finding until the process ends.
final class AuditCheck: @unchecked Sendable {
  // `@unchecked Sendable` because all that changes is protected by `lock`, and what takes long by
  // `asking` alone, behind which only those wait who ask.

  /// How many rows are looked at by one call: few, and more as long as nobody knows anything of the
  /// log. So many rows are also looked at for everybody who asks.
  private static let stepCount = (first: 1000, later: 250)
  /// Between the end of a round and the next, and how long a finding counts.
  private static let pause = Duration.seconds(60)

  private let audit: AuditLog
  private let logger: Logger
  private let asking = Lock()
  private let lock = Lock()
  /// How far the rows are known to those who ask.
  private var known = AuditLog.Progress()
  /// How far the rows have been looked at in this round.
  private var round = AuditLog.Progress()
  private var next = ContinuousClock.now
  private var isAsked = false
  /// What the rounds have found, until one finds nothing.
  private var standing: AuditLog.Verdict?
  /// What was found for who asked last.
  private var last: (verdict: AuditLog.Verdict, until: ContinuousClock.Instant)?

  init(_ audit: AuditLog, logger: Logger) {
    self.audit = audit
    self.logger = logger
  }

  /// Whether the rows are what was written.
  ///
  /// - Complexity: O(rows that came since somebody asked).
  func verify(
    at now: ContinuousClock.Instant = .now
  ) throws(PredictionLogError) -> AuditLog.Verdict {
    try asking.whileHeld { () throws(PredictionLogError) in
      if let found = lock.whileHeld({ found(at: now) }) { return found }
      let before = lock.whileHeld {
        isAsked = true
        return known
      }
      defer { lock.whileHeld { isAsked = false } }
      var progress = before
      var verdict = try audit.verify(from: &progress)
      if case .intact = verdict, before.number > 0, before.number <= Self.stepCount.first {
        // It takes so little that nothing needs to wait for a round.
        verdict = try audit.verify()
      }
      lock.whileHeld {
        if case .intact = verdict {
          if progress.number > known.number { known = progress }
        } else {
          last = (verdict, now + Self.pause)
        }
      }
      return verdict
    }
  }

  /// What the rounds have found that nobody had to ask for; nil where all fits.
  var finding: AuditLog.Verdict? { lock.whileHeld { standing } }

  private func found(at now: ContinuousClock.Instant) -> AuditLog.Verdict? {
    if let standing { return standing }
    guard let last, now < last.until else { return nil }
    return last.verdict
  }

  /// Looks at the next rows, unless somebody asks just now; to be called a few times a second, by one thread.
  func maintain(at now: ContinuousClock.Instant = .now) {
    let (before, seen, isFirst, isDue) = lock.whileHeld {
      (round, known, round == known, now >= next && !isAsked)
    }
    guard isDue else { return }
    var progress = before
    var verdict: AuditLog.Verdict?
    var failure: PredictionLogError?
    do throws(PredictionLogError) {
      let count = isFirst ? Self.stepCount.first : Self.stepCount.later
      verdict = try audit.verify(from: &progress, rows: count)
      if case .intact? = verdict, seen.number > 0 {
        // It fits; whether it is the log of before, the last row tells that was known then.
        var last = seen
        if try audit.verify(from: &last, rows: 1) == nil, last.number == 0 {
          verdict = .broken(number: seen.number, reason: "the row was there, and is so no longer")
        }
      }
    } catch {
      failure = error
    }
    let isNew = lock.whileHeld {
      // Only from where they are known: another log must not become the known one.
      if known == before, progress.number > known.number { known = progress }
      round = progress
      guard verdict != nil || failure != nil else { return false }
      round = AuditLog.Progress()
      next = now + Self.pause
      guard case .broken? = verdict else {
        if verdict != nil { standing = nil }
        return false
      }
      defer { standing = verdict }
      return standing != verdict
    }
    if let failure {
      logger.error("audit log not readable", metadata: ["reason": "\(failure)"])
    } else if isNew, case .broken(let number, let reason)? = verdict {
      logger.critical(
        "audit log broken",
        metadata: ["number": .stringConvertible(Int(number)), "reason": "\(reason)"])
    }
  }
}
