import FastCGI

/// Finds what answers a request.
struct Router: Sendable {
  /// What one method does at an address.
  struct Endpoint: Sendable {
    let method: String
    let treatment: Treatment
    let queryTreatment: Treatment
    /// Whose requests are brief all the same; nil for nobody's.
    let isBriefFor: SenderTest?
    let answer: Answer
  }

  /// An address.
  final class Address: Sendable {
    /// Its path, with names in braces for the parts that may be any.
    let name: String
    let endpoints: [Endpoint]

    init(_ name: String, _ endpoints: [Endpoint]) {
      self.name = name
      self.endpoints = endpoints
    }

    /// What a method does here; HEAD does what GET does, and the web server leaves the body out.
    func endpoint(_ method: String) -> Endpoint? {
      endpoints.first { $0.method == method }
        ?? (method == "HEAD" ? endpoints.first { $0.method == "GET" } : nil)
    }

    /// The methods that there are, in alphabetical order.
    var methods: [String] {
      endpoints.flatMap { $0.method == "GET" ? ["GET", "HEAD"] : [$0.method] }.sorted()
    }
  }

  private var addresses: [String: Address] = [:]
  /// The addresses with parts in braces, split at the slashes.
  private var templates: [(parts: [Substring], address: Address)] = []

  /// Adds the routes of a group.
  ///
  /// - Parameter access: asked before each POST, which then takes longer than a moment; nil where everybody
  ///   may.
  mutating func add<Group: RouteGroup>(_ group: Group, access: PredictionAccess? = nil) {
    for (path, routes) in Dictionary(grouping: Group.routes, by: \.path) {
      let address = Address(
        path,
        routes.map { Self.endpoint($0, of: group, $0.method == "POST" ? access : nil) })
      addresses[path] = address
      if path.utf8.contains(UInt8(ascii: "{")) {
        templates.append((path.split(separator: "/", omittingEmptySubsequences: false), address))
      }
    }
  }

  private static func endpoint<Group>(
    _ route: Route<Group>, of group: Group, _ access: PredictionAccess?
  ) -> Endpoint {
    var treatment = route.treatment
    var isBriefFor = route.isBriefFor?(group)
    if let access, route.isBrief {
      // A password that is not known yet takes a hash, which is not brief.
      treatment = Treatment(.whole, lane: ServiceLane.signIn.rawValue)
      isBriefFor = { request in access.knows(request) }
    }
    let answer = route.answer(group)
    return Endpoint(
      method: route.method, treatment: treatment, queryTreatment: route.queryTreatment,
      isBriefFor: isBriefFor, answer: access?.guarding(answer) ?? answer)
  }

  /// What there is at a path; nil for nothing.
  func address(of path: String) -> Address? {
    if path.utf8.contains(UInt8(ascii: "{")) { return nil }
    // The addresses without names in them, those of predictions among them, are found at once.
    if let address = addresses[path] { return address }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return templates.first { template in
      template.parts.count == parts.count
        && zip(template.parts, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") && !$1.isEmpty }
    }?.address
  }

  /// How a request is to be answered.
  func treatment(of request: borrowing Request) -> Treatment {
    let head = request.head
    guard let endpoint = address(of: head.path)?.endpoint(head.method) else { return .whole }
    guard head.query.isEmpty else { return endpoint.queryTreatment }
    if let isBriefFor = endpoint.isBriefFor, isBriefFor(request) { return .brief }
    return endpoint.treatment
  }
}
