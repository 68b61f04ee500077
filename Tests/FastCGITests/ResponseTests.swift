import Testing

@testable import FastCGI

@Suite struct ResponseTests {
  @Test func aResponseIsWrittenAsACGIProgramWritesIt() {
    let response = Response(
      status: 422, headers: [("Content-Type", "application/json"), ("Retry-After", "5")],
      body: Array("{}".utf8))
    #expect(
      String(decoding: response.serialized(isHead: false), as: UTF8.self)
        == "Status: 422 Unprocessable Content\r\nContent-Type: application/json\r\n"
        + "Retry-After: 5\r\nContent-Length: 2\r\n\r\n{}")
  }

  @Test func theAnswerToHEADHasTheHeadersAlone() {
    let response = Response(status: 200, body: Array("four".utf8))
    #expect(
      String(decoding: response.serialized(isHead: true), as: UTF8.self)
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
