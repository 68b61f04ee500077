import POSIX
import Records

/// Looks the audit log through for those who ask: whole once a minute, and what is new in between, so
/// that whoever asks often does not read all of it each time.
final class AuditCheck: @unchecked Sendable {
  // `@unchecked Sendable` because `progress` and `due` are protected by `lock`.

  private static let lifetime = Duration.seconds(60)

  private let lock = Lock()
  private var progress = AuditLog.Progress()
  private var due = ContinuousClock.now

  /// Whether the rows are what was written.
  func verify(_ audit: AuditLog) throws(PredictionLogError) -> AuditLog.Verdict {
    try lock.whileHeld { () throws(PredictionLogError) in
      if ContinuousClock.now >= due {
        progress = AuditLog.Progress()
        due = .now + Self.lifetime
      }
      return try audit.verify(from: &progress)
    }
  }
}
