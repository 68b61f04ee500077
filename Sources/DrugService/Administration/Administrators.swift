import FastCGI
import Logging
import Records

/// Lets administrators do what they alone may do, and keeps the record of it.
struct Administrators: Sendable {
  let audit: AuditLog?
  let logger: Logger

  /// Who sends a request to an administrators' address, as the web server has found out.
  ///
  /// - Throws: `AccessError.unauthorized` when it has not: a wrong setting there opens nothing here.
  func require(_ request: borrowing Request) throws(ServiceError) -> String {
    guard let user = request.parameter("REMOTE_USER"), !user.isEmpty else {
      throw .access(.unauthorized)
    }
    return user
  }

  /// Lets an administrator do something that changes something, and keeps a record of it, also when
  /// it is refused.
  ///
  /// - Parameters:
  ///   - action: the act's name in the audit log.
  ///   - subject: what it is done to.
  ///   - body: does it, and completes what is told of it.
  /// - Throws: what `body` throws, and `ServiceError` when the request may not be answered or the
  ///   record cannot be kept; nothing has been done then.
  func audited<Result>(
    _ action: String, _ request: borrowing Request, subject: String = "",
    _ body: (borrowing Request, inout AuditAct) throws(ServiceError) -> Result
  ) throws(ServiceError) -> Result {
    var act = AuditAct(user: try require(request), action: action, subject: subject)
    do throws(ServiceError) {
      guard Self.isFromOwnSite(request) else { throw .access(.foreignSite) }
      try probeAudit()
      let result = try body(request, &act)
      record(act)
      return result
    } catch {
      let problem = Problem(error)
      act.outcome = "refused"
      act.detail = problem.name
      record(act)
      throw error
    }
  }

  /// Whether no page of another site has sent a request (Fetch Metadata, Sec-Fetch-Site); programs
  /// other than browsers do not say.
  private static func isFromOwnSite(_ request: borrowing Request) -> Bool {
    switch request.parameter("HTTP_SEC_FETCH_SITE") {
    case nil, "", "same-origin", "none": true
    default: false
    }
  }

  private func probeAudit() throws(ServiceError) {
    do throws(PredictionLogError) {
      try audit?.probe()
    } catch {
      logger.error("audit log not writable", metadata: ["reason": "\(error)"])
      throw .access(.auditNotWritable(error.code))
    }
  }

  /// Keeps a record; one that cannot be kept stands in the service's own log.
  func record(_ act: AuditAct) {
    do throws(PredictionLogError) {
      try audit?.append(act)
    } catch {
      logger.critical(
        "act not in the audit log",
        metadata: [
          "reason": "\(error)", "user": "\(act.user)", "action": "\(act.action)",
          "subject": "\(act.subject)", "outcome": "\(act.outcome)", "detail": "\(act.detail)",
        ])
    }
  }
}
