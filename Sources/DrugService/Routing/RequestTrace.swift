import FastCGI
import Patients

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

  init(_ head: RequestHead, _ address: Router.Address?) {
    self.head = head
    self.address = address
    id = head.id ?? Self.newIdentifier()
  }

  /// An identifier as the web server makes them: 32 hexadecimal digits.
  static func newIdentifier() -> String {
    UInt128.random(in: 0 ... .max).hexadecimal(digitCount: 32)
  }

  /// A part of the path, of which the first has number 1; empty when there are fewer.
  func pathPart(_ number: Int) -> String {
    let parts = head.path.split(separator: "/", omittingEmptySubsequences: false)
    return number < parts.count ? String(parts[number]) : ""
  }
}
