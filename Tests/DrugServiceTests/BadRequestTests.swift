import FastCGI
import TestSupport
import Testing

@testable import DrugService

@Suite struct BadRequestTests {
  static let table = try! RequestTable()

  @Test func theTableHoldsWhatItPromises() {
    #expect(Self.table.bad.count >= 300)
    #expect(Set(Self.table.bad.map(\.name)).count == Self.table.bad.count)
    #expect(Self.table.bad.allSatisfy { [400, 413, 415, 422].contains($0.status) })
  }

  @Test("A bad request gets its status and errors, and the next is answered", arguments: table.bad)
  func refusal(_ row: RequestTable.Row) throws {
    let response = service.answer(
      "POST", "/predict", contentType: row.contentType, body: row.body)
    #expect(response.status == row.status)
    #expect(response.header("Content-Type") == "application/problem+json")
    let problem: ProblemBody = try response.decoded()
    #expect((problem.errors ?? []).map { [$0.pointer, $0.code] } == row.errors)
    #expect(problem.status == row.status)
    #expect(problem.type.hasPrefix("urn:drug-classifier:problem:"))
    #expect(problem.instance == "/predict")
    #expect(![problem.title, problem.detail].contains(""))
    if let secret = row.secret {
      #expect(!String(decoding: response.body, as: UTF8.self).contains(secret))
    }
    #expect(service.predict(documentedPatients[0]).status == 200)
  }

  @Test("A request beside the limits gets a drug", arguments: table.good)
  func acceptance(_ row: RequestTable.Row) {
    let response = service.answer(
      "POST", "/predict", contentType: row.contentType, body: row.body)
    #expect(response.status == 200)
  }

  @Test func aBrokenBodyIsRefused() throws {
    let request = Request(
      parameters: [
        "REQUEST_METHOD": "POST", "PATH_INFO": "/predict", "CONTENT_TYPE": "application/json",
      ], body: .broken)
    let response = service.respond(to: request)
    #expect(response.status == 400)
    let problem: ProblemBody = try response.decoded()
    #expect(problem.type == "urn:drug-classifier:problem:broken-body")
  }

  @Test func aFieldsErrorNamesWhatIsAllowed() throws {
    let problem: ProblemBody = try service.predict(#"{"Age":121,"Sex":"x"}"#).decoded()
    #expect(
      problem.errors?.map(\.allowed) == [
        "whole number from 0 to 120", "F, M", "HIGH, LOW, NORMAL", "HIGH, NORMAL",
        "number above 0, at most 100",
      ])
  }

  @Test func aListOfOneIsRefusedWithWhatToWriteInstead() throws {
    let patient =
      #"{"Age":[45],"Sex":["M"],"BP":["HIGH",1],"Cholesterol":[["HIGH"]],"Na_to_K":[null]}"#
    let advice = ", not a list of one: in R, write JSON with auto_unbox = TRUE"
    let details = [
      "Age must be a number\(advice)", "Sex must be a text\(advice)", "BP must be a text",
      "Cholesterol must be a text", "Na_to_K must be a number\(advice)",
    ]
    let alone: ProblemBody = try service.predict(patient).decoded()
    #expect(alone.errors?.map(\.detail) == details)
    let batch: ProblemBody = try service.answer(
      "POST", "/predict/batch", contentType: "application/json",
      body: Array("{\"patients\":[\(patient)]}".utf8)
    ).decoded()
    #expect(batch.errors?.map(\.detail) == details)
    #expect(batch.errors?.map(\.code) == alone.errors?.map(\.code))
  }

  @Test func aListInPlaceOfAPatientIsToldWhereListsAreTaken() throws {
    for path in ["/predict", "/predict/batch"] {
      let problem: ProblemBody = try service.answer(
        "POST", path, contentType: "application/json",
        body: Array("[\(documentedPatients[0])]".utf8)
      ).decoded()
      #expect(problem.errors?.map(\.code) == ["wrong_type"])
      #expect(problem.errors?.first?.detail.contains("{\"patients\":[…]}") == true)
    }
  }

  @Test func aTextsErrorNamesItsByte() throws {
    let problem: ProblemBody = try service.predict(#"{"Age":45,}"#).decoded()
    #expect(problem.errors?.first?.detail == "a name is expected (byte 10)")
  }
}
