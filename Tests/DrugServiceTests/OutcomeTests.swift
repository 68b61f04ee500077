import Models
import FastCGI
import Records
import TestSupport
import Testing

@testable import DrugService

@Suite struct OutcomeTests {
  private struct Page: Decodable {
    struct Entry: Decodable {
      struct Outcome: Decodable, Equatable {
        let drug: String, agreed: Bool, reason: String?, user: String, time: String
      }
      struct PatientData: Decodable { let Age: Int, Sex: String, Na_to_K: Double }
      let id: String, time: String, prediction: String, probability: Double
      let prediction_set: [String], needs_review: Bool, model_version: String
      let patient_data: PatientData
      let outcome: Outcome?
    }
    let predictions: [Entry]
    let next: String?
  }

  private func withPredictions<Result>(
    _ count: Int, _ body: (_ service: Service) throws -> Result
  ) throws -> Result {
    try withAdministeredService { service, _ throws in
      for number in 0..<count {
        let response = service.predict(
          documentedPatients[number % 2], parameters: ["REQUEST_ID": "r\(number)"])
        try #require(response.status == 200)
      }
      return try body(service)
    }
  }

  private func page(_ service: Service, _ query: String) throws -> Page {
    try service.administer("GET", "/predictions", parameters: ["QUERY_STRING": query]).decoded()
  }

  @Test func onePredictionIsToldAndWhoLookedIsRecorded() throws {
    try withPredictions(2) { service throws in
      let found: Page.Entry = try service.administer("GET", "/predictions/r1", as: "ann").decoded()
      #expect(found.id == "r1" && found.patient_data.Age == 52 && found.outcome == nil)
      #expect(service.administer("GET", "/predictions/r2").status == 404)
      let acts = try service.acts()
      #expect(acts.map(\.user) == ["ann", "admin"])
      #expect(acts.map(\.action) == ["look up", "look up"])
      #expect(acts.map(\.subject) == ["r1", "r2"])
      #expect(acts.map(\.outcome) == ["done", "refused"])
    }
  }

  @Test func predictionsComeInPages() throws {
    try withPredictions(5) { service throws in
      let first = try page(service, "limit=2")
      #expect(first.predictions.map(\.id) == ["r4", "r3"])
      #expect(first.predictions.map(\.patient_data.Age) == [45, 52])
      let next = try #require(first.next)
      #expect(next.hasPrefix("/predictions?"))
      let second = try page(service, String(next.dropFirst("/predictions?".count)))
      #expect(second.predictions.map(\.id) == ["r2", "r1"])
      let third = try page(service, String(second.next!.dropFirst("/predictions?".count)))
      #expect(third.predictions.map(\.id) == ["r0"] && third.next == nil)
      #expect(try page(service, "limit=5").next == nil)
    }
  }

  @Test func whatWasGivenIsKeptOnceAndShown() throws {
    try withPredictions(2) { service throws in
      let given = service.administer(
        "POST", "/predictions/r1/outcome", #"{"drug":"drugX","reason":"allergy"}"#)
      #expect(given.status == 201)
      let outcome: Page.Entry.Outcome = try given.decoded()
      #expect(outcome.drug == "drugX" && !outcome.agreed && outcome.user == "admin")
      let again = service.administer(
        "POST", "/predictions/r1/outcome", #"{"drug":"drugX","reason":"allergy"}"#, as: "other")
      #expect(again.status == 200 && again.body == given.body)
      let other = service.administer("POST", "/predictions/r1/outcome", #"{"drug":"DrugY"}"#)
      #expect(other.status == 409)
      let shown = try page(service, "")
      #expect(shown.predictions.map(\.outcome) == [outcome, nil])
      let acts = try service.acts().filter { $0.action == "outcome" }
      #expect(acts.map(\.outcome) == ["done", "kept before", "refused"])
      #expect(acts.map(\.subject) == ["r1", "r1", "r1"])
      let agreed = service.administer(
        "POST", "/predictions/r0/outcome", #"{"drug":"DrugY","reason":null}"#)
      #expect(agreed.status == 201)
      #expect(try agreed.decoded(as: Page.Entry.Outcome.self).agreed)
    }
  }

  @Test func whatWasToldCanBeCorrected() throws {
    try withPredictions(1) { service throws in
      func correct(_ body: String, as user: String = "admin") -> Response {
        service.administer("PUT", "/predictions/r0/outcome", body, as: user)
      }
      let first = correct(#"{"drug":"drugX","reason":"allergy"}"#, as: "ann")
      #expect(first.status == 201)
      #expect(correct(#"{"drug":"drugX","reason":"allergy"}"#).body == first.body)
      let second = correct(#"{"drug":"DrugY"}"#)
      #expect(second.status == 200)
      let outcome: Page.Entry.Outcome = try second.decoded()
      #expect(outcome.drug == "DrugY" && outcome.agreed && outcome.user == "admin")
      #expect(try page(service, "").predictions.map(\.outcome) == [outcome])
      #expect(correct(#"{"drug":"drugX"}"#).status == 422)
      #expect(
        service.administer("PUT", "/predictions/r9/outcome", #"{"drug":"DrugY"}"#).status == 404)
      let acts = try service.acts().filter { $0.action == "correct outcome" }
      #expect(acts.map(\.outcome) == ["done", "kept before", "done", "refused", "refused"])
      #expect(acts[2].detail == "told before by ann")
    }
  }

  private struct Replayed: Decodable {
    struct Replay: Decodable {
      let same: Bool, prediction: String, prediction_set: [String], needs_review: Bool
      let probabilities: [String: Double], votes: [String: Int]
      let explanation: ExplanationTests.Explained.Explanation
    }
    let prediction: String, probability: Double
    let replay: Replay?
  }

  @Test func aPredictionIsReplayedByTheVersionThatAnswered() throws {
    try withPredictions(1) { service throws in
      func ask(_ query: String) -> Response {
        service.administer("GET", "/predictions/r0", parameters: ["QUERY_STRING": query])
      }
      let told: Replayed = try ask("explain=true").decoded()
      let replay = try #require(told.replay)
      #expect(replay.same && replay.prediction == told.prediction)
      #expect(replay.probabilities[told.prediction] == told.probability)
      #expect(replay.explanation.drug == told.prediction)
      #expect(try ask("").decoded(as: Replayed.self).replay == nil)
      #expect(ask("why=true").status == 400)
      // It is no prediction of its own.
      #expect(try page(service, "").predictions.map(\.id) == ["r0"])
    }
  }

  @Test(
    "What says too little or too much is refused with what is allowed",
    arguments: [
      (#"{"drug":"drugX"}"#, "/reason", "missing"),
      (#"{"drug":"drugX","reason":null}"#, "/reason", "missing"),
      (#"{"drug":"DrugY","reason":"other"}"#, "/reason", "out_of_range"),
      (#"{"drug":"drugx","reason":"other"}"#, "/drug", "unknown_category"),
      (#"{"drug":"drugX","reason":"whim"}"#, "/reason", "unknown_category"),
      (#"{"reason":"other"}"#, "/drug", "missing"), (#"{"drug":7}"#, "/drug", "wrong_type"),
      (#"{"drug":"DrugY","note":"x"}"#, "/note", "unknown_field"), ("[]", "", "wrong_type"),
    ])
  func refusals(_ body: String, _ pointer: String, _ code: String) throws {
    try withPredictions(1) { service throws in
      let response = service.administer("POST", "/predictions/r0/outcome", body)
      #expect(response.status == 422)
      let problem: ProblemBody = try response.decoded()
      #expect(problem.name == "invalid-parameters")
      let entry = try #require(problem.errors?.first)
      #expect(entry.pointer == pointer && entry.code == code)
      #expect(entry.allowed != nil)
      #expect(try page(service, "").predictions[0].outcome == nil)
    }
  }

  @Test func aPredictionIsForgottenWithItsOutcome() throws {
    try withPredictions(3) { service throws in
      _ = service.administer("POST", "/predictions/r1/outcome", #"{"drug":"DrugY"}"#)
      let done = service.administer(
        "DELETE", "/predictions/r1", parameters: ["REMOTE_ADDR": "192.0.2.7"])
      #expect(done.status == 200)
      struct Done: Decodable { let status: String, id: String }
      let told: Done = try done.decoded()
      #expect(told.status == "success" && told.id == "r1")
      #expect(try page(service, "").predictions.map(\.id) == ["r2", "r0"])
      let again = service.administer("DELETE", "/predictions/r1")
      #expect(again.status == 404)
      #expect(try again.decoded(as: ProblemBody.self).name == "unknown-prediction")
      let outcome = service.administer(
        "POST", "/predictions/r1/outcome", #"{"drug":"DrugY"}"#)
      #expect(outcome.status == 404)
      let acts = try service.acts().filter { $0.action == "forget" }
      #expect(acts.map(\.outcome) == ["done", "refused"])
      #expect(acts.map(\.subject) == ["r1", "r1"] && acts[0].address == "192.0.2.7")
    }
  }

  @Test func anUnknownPredictionHasNoOutcome() throws {
    try withPredictions(1) { service throws in
      let response = service.administer("POST", "/predictions/r9/outcome", #"{"drug":"DrugY"}"#)
      #expect(response.status == 404)
      #expect(try response.decoded(as: ProblemBody.self).name == "unknown-prediction")
    }
  }
}
