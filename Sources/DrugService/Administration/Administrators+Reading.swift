import FastCGI
import Records

extension Administrators {
  /// Lets somebody read what is kept of patients, and keeps a record of it, also when it is refused.
  ///
  /// - Parameters:
  ///   - action: the act's name in the audit log.
  ///   - user: who asks, and may.
  ///   - subject: what is read.
  ///   - body: reads it, and says how much.
  /// - Throws: what `body` throws, and `ServiceError` when the request may not be answered or the
  ///   record cannot be kept; nothing is told then.
  func reading<Result>(
    _ action: String, _ request: borrowing Request, by user: String, subject: String = "",
    _ body: (inout AuditAct) throws(ServiceError) -> Result
  ) throws(ServiceError) -> Result {
    var act = AuditAct(user: user, action: action, subject: subject, address: request.address)
    let result: Result
    do throws(ServiceError) {
      result = try body(&act)
    } catch {
      recordRefusal(of: act, error)
      throw error
    }
    do throws(PredictionLogError) {
      tell(try audit?.append(act))
    } catch {
      throw auditNotWritable(error)
    }
    return result
  }
}
