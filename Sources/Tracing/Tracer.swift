public import POSIX

/// Finds the trace that a request belongs to, and sends what is recorded of it.
public final class Tracer: Sendable {
  /// What became of spans.
  public enum Event: Sendable, Equatable {
    /// The collector has taken so many.
    case sent(Int)
    /// So many were dropped because too many waited.
    case noRoom(Int)
    /// So many were dropped because the collector did not take them.
    case notTaken(Int)
    /// The collector takes nothing, for the first time since it did.
    case failing(String)
    /// The collector takes spans again.
    case recovered
  }

  private let sampler: Sampler?
  private let exporter: SpanExporter?

  /// A tracer that only hands on what clients tell.
  public init() {
    sampler = nil
    exporter = nil
  }

  /// A tracer that sends spans.
  ///
  /// - Parameter report: called on any thread, also by those who answer requests.
  /// - Throws: `SystemError` when the system refuses a thread.
  public init(
    _ settings: TracingSettings, report: @escaping @Sendable (Event) -> Void
  ) throws(SystemError) {
    sampler = settings.sampler
    exporter = try SpanExporter(settings, report)
  }

  /// Begins the span of a request.
  ///
  /// - Parameters:
  ///   - traceparent: the header; what is none begins a new trace.
  ///   - tracestate: the header, of use with a good `traceparent` alone.
  /// - Returns: nil when the request belongs to no trace and nothing of it is recorded.
  public func begin(_ traceparent: String?, _ tracestate: String?) -> RequestSpan? {
    if let traceparent, let parent = TraceParent(traceparent) {
      guard let sampler else {
        return RequestSpan(
          trace: parent.trace, parent: parent.span, isRecorded: false,
          isSampled: parent.isSampled)
      }
      let isTaken = sampler.asksParent ? parent.isSampled : sampler.takes(parent.trace)
      return RequestSpan(
        trace: parent.trace, parent: parent.span,
        state: isTaken ? tracestate.flatMap(TraceParent.state) ?? "" : "", isRecorded: isTaken,
        isSampled: isTaken)
    }
    guard sampler != nil || traceparent != nil else { return nil }
    let last = UInt64.random(in: 1 ... .max)
    let isTaken = sampler?.takes(last: last) ?? false
    // Nobody has asked for a trace, and nobody will see one.
    guard isTaken || traceparent != nil else { return nil }
    let trace =
      RequestSpan.hexadecimal(.random(in: .min ... .max)) + RequestSpan.hexadecimal(last)
    return RequestSpan(trace: trace, isRecorded: isTaken, isSampled: isTaken)
  }

  /// Ends a span, which goes to the collector if it is recorded; never waits.
  public func finish(_ span: RequestSpan, _ ending: RequestSpan.Ending) {
    guard span.isRecorded, let exporter else { return }
    span.finish(ending)
    exporter.take(span)
  }

  /// Sends what waits, for so many milliseconds at most; to be called once, when nothing is answered any more.
  public func stop(within milliseconds: Int) { exporter?.stop(within: milliseconds) }
}
