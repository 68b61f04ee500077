import FastCGI
import Testing
import Tracing

@testable import DrugService

@Suite struct RouterTests {
  private struct Group: RouteGroup {
    static let routes: [Route<Self>] = [
      .init("GET", "/models", Self.answer), .init("GET", "/models/{version}", Self.answer),
      .init("DELETE", "/models/{version}", Self.answer),
      .init("POST", "/models/{version}/activate", Self.answer),
      .init("POST", "/predict", isBrief: true, queryLane: .explanations, Self.answer),
      .init("POST", "/predict/batch", isStreamed: true, lane: .tables, Self.answer),
      .init("GET", "/health", isBrief: true, Self.answer),
    ]

    @Sendable private static func answer(_ group: Group) -> Answer {
      { _, trace throws(ServiceError) in
        Outcome(Response(status: 200, body: Array(trace.pathPart(2).utf8)))
      }
    }
  }

  private static func of(_ reading: Treatment.Reading, _ lane: ServiceLane) -> Treatment {
    Treatment(reading, lane: lane.rawValue)
  }

  private var router: Router {
    var router = Router()
    router.add(Group())
    return router
  }

  @Test(
    "Parts of an address in braces stand for one part each",
    arguments: [
      ("/models", "/models"), ("/models/a", "/models/{version}"),
      ("/models/a/activate", "/models/{version}/activate"), ("/predict", "/predict"),
      ("/models/", nil), ("/models//activate", nil), ("/models/a/b", nil), ("/models/a/", nil),
      ("/models/{version}", nil), ("/models/a/activate/b", nil), ("", nil), ("models", nil),
    ])
  func addresses(_ path: String, _ name: String?) {
    #expect(router.address(of: path)?.name == name)
  }

  @Test(
    "A request is treated as its route says",
    arguments: [
      ("POST", "/predict", "", Treatment.brief),
      ("POST", "/predict", "explain=true", of(.whole, .explanations)),
      ("GET", "/predict", "", .whole), ("POST", "/predict/batch", "", of(.streamed, .tables)),
      ("POST", "/predict/batch", "a=b", of(.streamed, .tables)), ("HEAD", "/models", "", .whole),
      ("GET", "/health", "", .brief), ("HEAD", "/health", "now", .brief),
      ("POST", "/nowhere", "", .whole), ("", "", "", .whole),
    ])
  func treatments(_ method: String, _ path: String, _ query: String, _ treatment: Treatment) {
    let request = Request(
      parameters: ["REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query])
    #expect(router.treatment(of: request) == treatment)
  }

  @Test func anAddressTellsItsMethodsAndAnswersHeadAsGet() throws {
    let address = try #require(router.address(of: "/models/x"))
    #expect(address.methods == ["DELETE", "GET", "HEAD"])
    #expect(address.endpoint("HEAD")?.method == "GET")
    #expect(address.endpoint("POST") == nil)
    let request = Request(parameters: ["REQUEST_METHOD": "GET", "PATH_INFO": "/models/x"])
    let answer = try #require(address.endpoint("GET")?.answer)
    let outcome = try answer(request, RequestTrace(request.head, address, Tracer()))
    #expect(outcome.response.body == Array("x".utf8))
  }
}
