import Records

/// Why somebody may not do what administrators do.
enum AccessError: Error {
  case unauthorized
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
    case .foreignSite:
      self.init(
        403, "foreign-site", "Foreign site",
        "A page of another site has sent this; nothing was changed.")
    case .auditNotWritable(let code):
      let reason = code == .full ? "its disk is full" : "it cannot be written"
      self.init(
        503, "audit-not-writable", "Audit log not writable",
        "Nothing was changed, since the audit log could not tell of it: \(reason).",
        headers: [Self.retryLater])
    }
  }
}
