import POSIX

/// Something that a person has to see to, told alike to pages and alerts.
struct Attention: Sendable, Equatable {
  /// What it is; `noticed` counts on their order.
  enum Code: String, Sendable, CaseIterable {
    case noModel = "no_model"
    case modelRefused = "model_refused"
    case logNotWritten = "log_not_written"
    case auditBroken = "audit_broken"
    case restarting
    case errors
    case busy
    case slow
    case reserveUsed = "log_reserve_used"
    case diskLow = "disk_low"
    case retrainingFailed = "retraining_failed"
    case accuracyLow = "accuracy_low"
    case expectedLow = "expected_low"
    case drift
  }

  /// How soon.
  enum Urgency: String, Sendable {
    /// Predictions are not answered or not kept, or will soon not be.
    case now
    /// It can wait for the morning.
    case today
  }

  let code: Code
  let urgency: Urgency
  /// What is the matter, in a sentence.
  let detail: String
  /// Since when, as far as it was noticed.
  let since: Moment?
  /// What to do.
  let action: String

  static func == (a: Attention, b: Attention) -> Bool {
    a.code == b.code && a.urgency == b.urgency && a.detail == b.detail && a.action == b.action
      && a.since?.microseconds == b.since?.microseconds
  }
}
