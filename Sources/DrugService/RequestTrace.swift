import FastCGI

/// What is known of a request when its answer is logged, which may be after the request has gone.
struct RequestTrace: Sendable {
  let start = ContinuousClock.now
  let method: String
  let path: String
  /// The name of its route; nil for an address that is none, which could be anything.
  let route: String?
  /// The identifier that the web server gave it, empty for none.
  let id: String
  /// The name that the client gave it, nil for none.
  let clientID: String?

  init(_ request: borrowing Request) {
    method = request.parameter("REQUEST_METHOD") ?? ""
    path = request.parameter("PATH_INFO") ?? ""
    route = Service.routeName(of: path)
    id = request.parameter("REQUEST_ID") ?? ""
    let told = request.parameter("TOLD_REQUEST_ID")
    clientID = told == id ? nil : told
  }
}
