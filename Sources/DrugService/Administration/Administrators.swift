import Accounts
import FastCGI
import Logging
import Records

/// Lets people do what their roles allow, and keeps the record of it.
struct Administrators: Sendable {
  let audit: AuditLog?
  let signIn: SignIn
  let metrics: ServiceMetrics
  let logger: Logger

  /// Who sends a request, by the name and the password that it carries: whatever else the web server may
  /// say of it opens nothing.
  ///
  /// - Throws: `ServiceError.access`.
  func person(of request: borrowing Request) throws(ServiceError) -> Person {
    guard case .person(let name, let password) = try credentials(of: request) else {
      throw .access(.unauthorized)
    }
    return try person(name, password, from: request.address)
  }

  /// Who sends a request, if that is known without waiting for anything.
  func known(_ request: borrowing Request) -> Person? {
    guard let header = request.authorization,
      case .person(let name, let password) = try? Credentials(header)
    else { return nil }
    return signIn.known(name, password)
  }

  /// What a request says of its sender; nil when it says nothing.
  func credentials(of request: borrowing Request) throws(ServiceError) -> Credentials? {
    guard let header = request.authorization else { return nil }
    do throws(Credentials.Malformed) {
      return try Credentials(header)
    } catch {
      metrics.signInFailed("malformed")
      throw .access(.malformedCredentials)
    }
  }

  /// Whose name and password these are; who is refused is told of in the log, the metrics and the audit.
  func person(
    _ name: String, _ password: String, from address: String
  ) throws(ServiceError) -> Person {
    do throws(SignIn.Refusal) {
      return try signIn.person(name, password, from: address)
    } catch {
      switch error {
      case .wrong:
        refused(name, from: address, reason: "wrong")
        throw .access(.unauthorized)
      case .tooManyFailures(let seconds):
        refused(name, from: address, reason: "too_many")
        throw .access(.tooManyFailures(seconds: seconds))
      case .busy:
        metrics.signInFailed("busy")
        throw .access(.signInBusy)
      case .unreadable: throw .access(.accountsNotReadable)
      }
    }
  }

  /// Tells of somebody who was not let in.
  ///
  /// - Parameter reason: one of `ServiceMetrics.Labels.signInFailures`.
  func refused(_ name: String, from address: String, reason: String) {
    let name = Credentials.printable(name)
    metrics.signInFailed(reason)
    logger.notice(
      "sign-in refused",
      metadata: ["user": "\(name)", "address": "\(address)", "reason": "\(reason)"])
    signIn.note(name, from: address)
  }

  /// Keeps the records of failures that are due, without waiting for the audit log; to be called a few
  /// times a second. No request of somebody who is not let in does that.
  func recordFailures() {
    signIn.handOutRecords { act in
      guard let audit else { return nil }
      do throws(PredictionLogError) {
        guard let entry = try audit.appendIfFree(act) else { return .zero }
        tell(entry)
        return nil
      } catch {
        logger.error("failures not in the audit log yet", metadata: ["reason": "\(error)"])
        return .seconds(60)
      }
    }
  }

  /// Who sends a request that one of some roles may send.
  ///
  /// - Parameter subject: what it is about, when that is not its own address.
  /// - Returns: the name.
  /// - Throws: `ServiceError.access`; that somebody lacks the role stands in the audit log.
  func require(
    _ request: borrowing Request, as roles: Role..., subject: String? = nil
  ) throws(ServiceError) -> String {
    let person = try person(of: request)
    guard person.roles.isDisjoint(with: roles) else { return person.name }
    metrics.signInFailed("forbidden")
    let error = ServiceError.access(.forbidden(needed: roles))
    recordRefusal(
      of: AuditAct(
        user: person.name, action: "access", subject: subject ?? request.head.path,
        address: request.address), error)
    throw error
  }

  /// Lets somebody do something that changes something, and keeps a record of it, also when it is
  /// refused.
  ///
  /// - Parameters:
  ///   - action: the act's name in the audit log.
  ///   - role: what somebody must be.
  ///   - subject: what it is done to.
  ///   - body: does it, and completes what is told of it.
  /// - Throws: what `body` throws, and `ServiceError` when the request may not be answered or the
  ///   record cannot be kept; nothing has been done then.
  func audited<Result>(
    _ action: String, _ request: borrowing Request, as role: Role, subject: String = "",
    _ body: (borrowing Request, inout AuditAct) throws(ServiceError) -> Result
  ) throws(ServiceError) -> Result {
    let person = try person(of: request)
    var act = AuditAct(
      user: person.name, action: action, subject: subject, address: request.address)
    do throws(ServiceError) {
      guard person.roles.contains(role) else {
        metrics.signInFailed("forbidden")
        throw .access(.forbidden(needed: [role]))
      }
      guard Self.isFromOwnSite(request) else { throw .access(.foreignSite) }
      try probeAudit()
      let result = try body(request, &act)
      record(act)
      return result
    } catch {
      recordRefusal(of: act, error)
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
      throw auditNotWritable(error)
    }
  }

  func auditNotWritable(_ error: PredictionLogError) -> ServiceError {
    logger.error("audit log not writable", metadata: ["reason": "\(error)"])
    return .access(.auditNotWritable(error.code))
  }

  /// Keeps a record of an act that was refused.
  func recordRefusal(of act: AuditAct, _ error: ServiceError) {
    var act = act
    act.outcome = "refused"
    act.detail = Problem(error).name
    record(act)
  }

  /// Keeps a record; one that cannot be kept stands in the service's own log.
  func record(_ act: AuditAct) {
    do throws(PredictionLogError) {
      tell(try audit?.append(act))
    } catch {
      logger.critical(
        "act not in the audit log",
        metadata: [
          "reason": "\(error)", "user": "\(act.user)", "action": "\(act.action)",
          "subject": "\(act.subject)", "outcome": "\(act.outcome)", "detail": "\(act.detail)",
          "address": "\(act.address)",
        ])
    }
  }

  /// Writes a row's digest among the lines of the service's own log, which go where whoever changes the
  /// audit log may not reach.
  func tell(_ entry: AuditEntry?) {
    guard let entry else { return }
    logger.notice(
      "audit",
      metadata: ["number": .stringConvertible(Int(entry.number)), "hash": "\(entry.hash)"])
  }
}

extension Request {
  /// Where it comes from, as the web server says; empty when it does not.
  var address: String { parameter("REMOTE_ADDR") ?? "" }

  /// Its header Authorization; nil for none.
  var authorization: String? {
    parameter("HTTP_AUTHORIZATION").flatMap { $0.isEmpty ? nil : $0 }
  }
}
