import FastCGI
import Models
import POSIX
import Records
import TestSupport
import Testing

@testable import DrugService

/// A connection whose other side can go.
private final class Wire: @unchecked Sendable {
  // `@unchecked Sendable` because one test at a time uses it.
  private var ends: [Int32] = [-1, -1]

  init() { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) }

  deinit {
    close(ends[0])
    leave()
  }

  var connection: Int32 { ends[0] }

  /// Closes the other side.
  func leave() {
    if ends[1] >= 0 { close(ends[1]) }
    ends[1] = -1
  }
}

@Suite struct BoundTests {
  private static let columns = "Age,Sex,BP,Cholesterol,Na_to_K"

  private func request(
    _ method: String, _ path: String, _ body: Request.Body = .whole([]), on wire: Wire
  ) -> Request {
    Request(
      parameters: [
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "explain=true",
        "CONTENT_TYPE": path.hasSuffix("batch") ? "text/csv" : "application/json",
      ], body: body, connection: wire.connection)
  }

  @Test func nothingIsBegunForWhoeverHasGone() throws {
    try withLoggingService { service, log in
      let wire = Wire()
      let body = Request.Body.whole(Array(documentedPatients[0].utf8))
      #expect(service.respond(to: request("POST", "/predict", body, on: wire)).status == 200)
      wire.leave()
      let response = service.respond(to: request("POST", "/predict", body, on: wire))
      #expect(response.status == 499)
      let kept = try PredictionLog.newest(10, in: log).count
      #expect(kept == 1)
    }
  }

  @Test func aTableIsLeftWhenNobodyWantsItAnyMore() throws {
    try withLoggingService { service, log in
      let wire = Wire()
      let rows = Array(String(repeating: "45,M,HIGH,NORMAL,15.5\n", count: 500).utf8)
      var pieces = 0
      let stream = BodyStream(length: nil) { buffer in
        pieces += 1
        if pieces == 3 { wire.leave() }
        guard pieces <= 40 else { return 0 }
        let piece = pieces == 1 ? Array("\(Self.columns)\n".utf8) : rows
        buffer.copyBytes(from: piece)
        return piece.count
      }
      let response = service.respond(
        to: request("POST", "/predict/batch", .stream(stream), on: wire))
      #expect(response.status == 499 && response.file == nil)
      // What was kept until then is kept; the rest was not even read.
      #expect(pieces < 10)
      let kept = try PredictionLog.newest(20_000, in: log).count
      #expect(kept <= 2000)
    }
  }

  @Test(arguments: [(251, 200), (252, 422), (60_000, 422)])
  func aTableOfTooManyColumnsIsRefused(_ more: Int, _ status: Int) throws {
    let header = Self.columns + String(repeating: ",", count: more)
    let response = service.predictBatch(header + "\n1\n", as: "text/csv")
    #expect(response.status == status)
    guard status != 200 else { return }
    let problem: ProblemBody = try response.decoded()
    #expect(problem.name == "invalid-table")
    #expect(
      problem.detail == "The CSV cannot be read: line 1: \(more + 5) columns, of which there may "
        + "be at most 256.")
  }

  @Test func anAnswerIsNotFarLongerThanItsTable() {
    let wide = Self.columns + String(repeating: ",", count: 251) + "\n"
    let table = wide + String(repeating: "1\n", count: 20_000)
    let answer = service.predictBatch(table, as: "text/csv").text
    #expect(answer.utf8.count < 32 * table.utf8.count + (1 << 20) + 1000)
    let last = answer.split(separator: "\r\n").last ?? ""
    #expect(last.contains("the rest: line ") && last.contains("32 times as long"))
    // The shortest rows there are, with all that can be said of them.
    let narrow = "\(Self.columns)\n" + String(repeating: "0,F,LOW,HIGH,1\n", count: 3000)
    #expect(!service.predictBatch(narrow, as: "text/csv").text.contains("the rest"))
  }

  @Test func anAnswerIsNoLongerThanTheWebServerStores() throws {
    try withLoggingService({ $0.tableAnswerLimit = 20_000 }) { service, log in
      let table = "\(Self.columns)\n" + String(repeating: "45,M,HIGH,NORMAL,15.5\n", count: 3000)
      let answer = service.predictBatch(table, as: "text/csv").text
      #expect(answer.utf8.count < 21_000)
      let last = answer.split(separator: "\r\n").last ?? ""
      #expect(last.contains("the rest: line ") && last.contains("20,000 bytes"))
      let kept = try PredictionLog.newest(4000, in: log).count
      #expect(kept == answer.split(separator: "\r\n").count - 2)
    }
  }

  @Test func aListOfNothingsIsRefusedBeforeItIsBuilt() throws {
    let many = #"{"patients":["# + String(repeating: "{},", count: 1 << 20)
    let response = service.predictBatch(many)
    #expect(response.status == 413)
    #expect(try response.decoded(as: ProblemBody.self).name == "too-many-patients")
    let fields = (0..<20).map { #""f\#($0)":0"# }.joined(separator: ",")
    let wide = String(repeating: "{\(fields)},", count: 9000)
    let problem: ProblemBody = try service.predictBatch(#"{"patients":[\#(wide){}]}"#).decoded()
    #expect(problem.status == 400 && problem.errors?.map(\.code) == ["too_many_values"])
  }

  @Test func aLaneThatIsFullIsSaidInTheFormOfTheAddress() throws {
    try withLoggingService { service, _ in
      let wire = Wire()
      let response = service.refuse(request("POST", "/predict", on: wire))
      #expect(response.status == 503 && response.header("Retry-After") == "2")
      let problem: ProblemBody = try response.decoded()
      #expect(problem.name == "busy" && problem.instance == "/predict")
      let inference = service.refuse(request("POST", "\(inferenceModel)/infer", on: wire))
      #expect(inference.status == 503 && inference.header("Retry-After") == "2")
      #expect(inference.text.hasPrefix(#"{"error":"Too many requests"#))
      let metrics = service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": "::1"]).text
      let name = "drug_classifier_refused_requests_total"
      let found = try Exposition(metrics)
      for lane in ServiceLane.allCases {
        let isOne = [.explanations, .inference].contains(lane)
        #expect(found.value(name, ["lane": lane.name]) == (isOne ? 1 : 0))
      }
    }
  }

  @Test(arguments: [1, 4, 16, 100])
  func everyLaneHasItsShareOfTheThreads(_ threads: Int) {
    let counts = Service.lanes(threadCount: threads).map(\.threadCount)
    #expect(counts.count == ServiceLane.allCases.count)
    #expect(counts.allSatisfy { $0 > 0 } && counts[ServiceLane.work.rawValue] > 1)
    if threads >= 16 { #expect(counts.reduce(0, +) <= threads) }
  }
}
