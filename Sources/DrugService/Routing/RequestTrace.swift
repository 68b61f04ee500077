import FastCGI
import Patients
import Tracing

/// What is known of a request until its answer is logged, which may be after the request has gone.
struct RequestTrace: Sendable {
  let start = ContinuousClock.now
  let head: RequestHead
  /// What there is at its address; nil for nothing.
  let address: Router.Address?
  /// The identifier by which its answer and its line in the log are known: the web server's, or else
  /// one of our own.
  let id: String
  /// Who asks, where predictions need a name or a key.
  var requester: String?
  /// What is told of it to whoever follows its trace; nil where nobody does.
  let span: RequestSpan?

  init(_ head: RequestHead, _ address: Router.Address?, _ tracer: Tracer) {
    self.head = head
    self.address = address
    span = tracer.begin(head.traceparent, head.tracestate)
    id = head.id ?? Self.newIdentifier()
  }

  /// An identifier as the web server makes them: 32 hexadecimal digits.
  static func newIdentifier() -> String {
    UInt128.random(in: 0 ... .max).hexadecimal(digitCount: 32)
  }

  /// Does a part of the work, whose time the span tells.
  func measure<Result>(
    _ name: StaticString, _ body: () throws(ServiceError) -> Result
  ) throws(ServiceError) -> Result {
    guard let span, span.isRecorded else { return try body() }
    let start = ContinuousClock.now
    defer { span.add(name, since: start) }
    return try body()
  }

  /// The part of the path that stands where its address has a name in braces; empty when it has none.
  func pathPart(_ name: String) -> String {
    let names = address?.name.split(separator: "/", omittingEmptySubsequences: false)
    return (names?.firstIndex { $0 == name }).map(pathPart) ?? ""
  }

  /// A part of the path, of which the first has number 1; empty when there are fewer.
  func pathPart(_ number: Int) -> String {
    let parts = head.path.split(separator: "/", omittingEmptySubsequences: false)
    return number < parts.count ? String(parts[number]) : ""
  }
}
