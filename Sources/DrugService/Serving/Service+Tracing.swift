import FastCGI
import Logging
import POSIX
import Tracing

extension Service {
  /// Tells the client of its request's span, and the collector when it is recorded.
  func tell(_ span: RequestSpan, of outcome: inout Outcome, _ trace: RequestTrace) {
    outcome.response.headers.append(("traceparent", span.header))
    guard span.isRecorded else { return }
    tracer.finish(
      span,
      RequestSpan.Ending(
        method: trace.head.method, route: trace.address?.name, status: outcome.response.status,
        problem: outcome.problem?.name, modelVersion: version(of: outcome)))
  }

  /// What finds and sends traces, and counts and logs what becomes of them.
  static func tracer(
    _ settings: TracingSettings?, _ metrics: ServiceMetrics, _ logger: Logger
  ) -> Tracer {
    guard let settings else { return Tracer() }
    for warning in settings.warnings {
      logger.warning("setting passed over", metadata: ["reason": "\(warning)"])
    }
    do throws(SystemError) {
      return try Tracer(settings) { event in
        switch event {
        case .sent(let count): metrics.spans("sent", count)
        case .noRoom(let count): metrics.spans("no_room", count)
        case .notTaken(let count): metrics.spans("not_taken", count)
        case .failing(let reason):
          logger.warning("spans not sent", metadata: ["reason": "\(reason)"])
        case .recovered: logger.notice("spans sent again")
        }
      }
    } catch {
      logger.warning("spans not sent", metadata: ["reason": "\(error)"])
      return Tracer()
    }
  }
}
