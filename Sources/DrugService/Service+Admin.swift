import DrugClassifier
import FastCGI
import Logging

/// What administrators alone may do, and the record of it.
extension Service {
  /// Who sends a request to an administrators' address, as the web server has found out.
  ///
  /// - Throws: `ServiceError.unauthorized` when it has not: a wrong setting there opens nothing here.
  func administrator(_ request: borrowing Request) throws(ServiceError) -> String {
    guard let user = request.parameter("REMOTE_USER"), !user.isEmpty else { throw .unauthorized }
    return user
  }

  /// Lets an administrator do something that changes something, and keeps a record of it, also when
  /// it is refused.
  ///
  /// - Parameters:
  ///   - action: the act's name in the audit log.
  ///   - body: does it, and completes what is told of it.
  /// - Throws: what `body` throws, and `ServiceError` when the request may not be answered or the
  ///   record cannot be kept; nothing has been done then.
  func audited<Result>(
    _ action: String, _ request: borrowing Request,
    _ body: (borrowing Request, inout AuditAct) throws(ServiceError) -> Result
  ) throws(ServiceError) -> Result {
    let user = try administrator(request)
    var act = AuditAct(user: user, action: action, subject: request.pathPart(2) ?? "")
    do throws(ServiceError) {
      guard Self.isFromOwnSite(request) else { throw .foreignSite }
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
      throw .auditNotWritable(error.code)
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

  /// GET /me: who is signed in.
  func me(_ request: borrowing Request) throws(ServiceError) -> Response {
    let user = try administrator(request)
    return Response { writer in
      writer.object { writer in
        writer.name("user")
        writer.string(user)
      }
    }
  }

  /// GET /audit: the newest acts, and whether the record is as it was written.
  func auditTrail(_ request: borrowing Request) throws(ServiceError) -> Response {
    _ = try administrator(request)
    let limit = try Query(request, ["limit": 1...1000])["limit"] ?? 50
    let entries: [AuditEntry]
    let verdict: AuditLog.Verdict
    do throws(PredictionLogError) {
      entries = try audit?.newest(limit) ?? []
      verdict = try audit?.verify() ?? .intact(count: 0)
    } catch {
      logger.error("audit log not readable", metadata: ["reason": "\(error)"])
      throw .logNotReadable(error.code)
    }
    return Response { writer in
      writer.object { writer in
        writer.name("entries")
        writer.array { writer in
          for entry in entries { writer.write(entry) }
        }
        writer.name("intact")
        switch verdict {
        case .intact: writer.bool(true)
        case .broken(let number, _):
          writer.bool(false)
          writer.name("first_broken")
          writer.number(Int(number))
        }
      }
    }
  }

  /// The JSON body of a request.
  static func json(_ request: borrowing Request) throws(ServiceError) -> JSONValue {
    guard ContentType(request).isJSON else { throw .unsupportedMediaType(.json) }
    switch request.body {
    case .tooLarge: throw .bodyTooLarge(limit: maximumBodySize)
    case .broken, .stream: throw .brokenBody
    case .whole(let bytes):
      do throws(JSONError) {
        return try JSONParser.parse(bytes)
      } catch {
        throw .malformed(error)
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ entry: AuditEntry) {
    object { writer in
      writer.name("number")
      writer.number(Int(entry.number))
      writer.name("time")
      writer.time(Moment(microseconds: entry.time))
      for (name, value) in [
        ("user", entry.act.user), ("action", entry.act.action), ("subject", entry.act.subject),
        ("outcome", entry.act.outcome), ("detail", entry.act.detail),
        ("previous_hash", entry.previousHash), ("hash", entry.hash),
      ] {
        writer.name(name)
        writer.string(value)
      }
    }
  }
}
