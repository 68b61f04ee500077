import Accounts
import FastCGI
import Logging
import POSIX
import Patients
import Records

/// Who is signed in, and what was done.
struct AuditRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/me", me),
    Route("GET", "/audit", auditTrail),
  ]

  let administrators: Administrators
  let check: AuditCheck?
  let logger: Logger

  /// GET /me: who is signed in, and what they may do.
  func me(_ request: borrowing Request, _: RequestTrace) throws(ServiceError) -> Outcome {
    let person = try administrators.person(of: request)
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("user")
          writer.string(person.name)
          writer.name("roles")
          writer.array { writer in
            for role in Role.allCases where person.roles.contains(role) {
              writer.string(role.rawValue)
            }
          }
        }
      })
  }

  /// GET /audit: the newest acts, and whether the record is as it was written.
  func auditTrail(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    _ = try administrators.require(request, as: .auditor)
    let limit = try Query(trace.head, ["limit": 1...1000])["limit"] ?? 50
    administrators.recordFailures()
    let entries: [AuditEntry]
    let verdict: AuditLog.Verdict
    do throws(PredictionLogError) {
      entries = try administrators.audit?.newest(limit) ?? []
      verdict = try check?.verify() ?? .intact(count: 0, heads: 0)
    } catch {
      logger.error("audit log not readable", metadata: ["reason": "\(error)"])
      throw .administration(.logNotReadable(error.code))
    }
    let response = Response { writer in
      writer.object { writer in
        writer.name("entries")
        writer.array { writer in
          for entry in entries { writer.write(entry) }
        }
        writer.name("intact")
        switch verdict {
        case .intact: writer.bool(true)
        case .broken(let number, let reason):
          writer.bool(false)
          writer.name("first_broken")
          writer.number(Int(number))
          writer.name("finding")
          writer.string(reason)
        }
      }
    }
    return Outcome(response)
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
        ("user", entry.act.user), ("address", entry.act.address), ("action", entry.act.action),
        ("subject", entry.act.subject),
        ("outcome", entry.act.outcome), ("detail", entry.act.detail),
        ("previous_hash", entry.previousHash), ("hash", entry.hash),
      ] {
        writer.name(name)
        writer.string(value)
      }
    }
  }
}
