import Testing

@testable import FastCGI

@Suite struct ResponseTests {
  private static func written(_ response: Response, isHead: Bool) -> String {
    var bytes: [UInt8] = []
    response.send(isHead: isHead) {
      bytes += $0
      return true
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func aResponseIsWrittenAsACGIProgramWritesIt() {
    let response = Response(
      status: 422, headers: [("Content-Type", "application/json"), ("Retry-After", "5")],
      body: Array("{}".utf8))
    #expect(
      Self.written(response, isHead: false)
        == "Status: 422 Unprocessable Content\r\nContent-Type: application/json\r\n"
        + "Retry-After: 5\r\nContent-Length: 2\r\n\r\n{}")
  }

  @Test(
    "A header is one line, whatever a file says", arguments: ["\n", "\r", "\r\n", "\0", "\u{7f}"])
  func headerOfSeveralLines(_ end: String) {
    let response = Response(
      status: 200, headers: [("X-Version", "0123\(end)Set-Cookie: a=b"), ("X-\(end)Y", "é")])
    let space = String(repeating: " ", count: end.utf8.count)
    #expect(
      Self.written(response, isHead: true)
        == "Status: 200 OK\r\nX-Version: 0123\(space)Set-Cookie: a=b\r\nX-\(space)Y: é\r\n"
        + "Content-Length: 0\r\n\r\n")
  }

  @Test func theAnswerToHEADHasTheHeadersAlone() {
    let response = Response(status: 200, body: Array("four".utf8))
    #expect(
      Self.written(response, isHead: true)
        == "Status: 200 OK\r\nContent-Length: 4\r\n\r\n")
  }

  @Test func responsesAreEqualWhenAllTheirPartsAre() {
    let response = Response(status: 200, headers: [("A", "1")], body: [1])
    #expect(response == Response(status: 200, headers: [("A", "1")], body: [1]))
    #expect(response != Response(status: 201, headers: [("A", "1")], body: [1]))
    #expect(response != Response(status: 200, headers: [("A", "2")], body: [1]))
    #expect(response != Response(status: 200, headers: [("A", "1")], body: []))
  }
}

@Suite struct RequestTests {
  @Test func parametersAreFoundByTheirWholeName() {
    let request = Request(parameters: ["REQUEST_METHOD": "GET", "REQUEST": "a=b", "EMPTY": ""])
    #expect(request.parameter("REQUEST_METHOD") == "GET")
    #expect(request.parameter("REQUEST") == "a=b")
    #expect(request.parameter("EMPTY") == "")
    #expect(request.parameter("REQ") == nil)
    #expect(request.body == .whole([]))
  }
}
