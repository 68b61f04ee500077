import Accounts
import Records

/// Why somebody may not do what takes a name.
enum AccessError: Error {
  case unauthorized
  case malformedCredentials
  case forbidden(needed: [Role])
  case tooManyFailures(seconds: Int)
  case signInBusy
  case accountsNotReadable
  case keyRequired
  case quotaExceeded(seconds: Int)
  case foreignSite
  case auditNotWritable(PredictionLogError.Code)
}

extension Problem {
  /// How administrators say who they are (RFC 7617).
  static let challenge = (
    name: "WWW-Authenticate", value: "Basic realm=\"Drug Classifier\", charset=\"UTF-8\""
  )

  init(_ error: AccessError) {
    switch error {
    case .unauthorized:
      self.init(
        401, "unauthorized", "Unauthorized", "This address is for administrators: sign in.",
        headers: [Self.challenge])
    case .malformedCredentials:
      self.init(
        400, "malformed-credentials", "Malformed credentials",
        "The header Authorization holds no name and password in UTF-8 without control characters.")
    case .forbidden(let needed):
      let roles = needed.map(\.rawValue).joined(separator: " or ")
      self.init(403, "forbidden", "Forbidden", "This needs the role \(roles).")
    case .tooManyFailures(let seconds):
      self.init(
        429, "too-many-requests", "Too many requests",
        "There were too many wrong passwords, so this one was not looked at; wait a moment.",
        headers: [("Retry-After", "\(seconds)")])
    case .signInBusy:
      self.init(
        503, "unavailable", "Unavailable",
        "Too many passwords wait to be looked at; try again in a moment.",
        headers: [("Retry-After", "1")])
    case .accountsNotReadable:
      self.init(
        503, "unavailable", "Unavailable",
        "Who may sign in cannot be read at the moment; try again in a few seconds.",
        headers: [Self.retryLater])
    case .keyRequired:
      self.init(
        401, "unauthorized", "Unauthorized",
        "Predictions are for those who have a name or a key: sign in.", headers: [Self.challenge])
    case .quotaExceeded(let seconds):
      self.init(
        429, "too-many-requests", "Too many requests",
        "This key has asked as often as it may in a minute.",
        headers: [("Retry-After", "\(seconds)")])
    case .foreignSite:
      self.init(
        403, "foreign-site", "Foreign site",
        "A page of another site has sent this; nothing was changed.")
    case .auditNotWritable(let code):
      let reason = code.reason
      self.init(
        503, "audit-not-writable", "Audit log not writable",
        "Nothing was changed or told, since the audit log could not tell of it: \(reason).",
        headers: [Self.retryLater])
    }
  }
}
