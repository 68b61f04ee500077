import FastCGI
import Models
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct ShadowRouteTests {
  private struct Told: Decodable {
    struct Comparison: Decodable {
      struct Share: Decodable { let count: Int, share: Double?, interval: [Double]? }
      struct Pair: Decodable { let champion: Double, shadow: Double }
      struct Day: Decodable { let day: String, answered: Int, changed: Share, probability: Pair }
      struct Outcomes: Decodable { let count: Int, needed: Int, champion: Share, shadow: Share }
      let answered: Int, left_out: Int, behind: Int, changed: Share, probability: Pair?, days: [Day]
      let outcomes: Outcomes
    }
    let version: String, user: String?, status: String, reason: String?, comparison: Comparison?
  }
  private struct Page: Decodable {
    struct One: Decodable {
      struct Answer: Decodable { let prediction: String, version: String? }
      let id: String, champion: Answer, shadow: Answer
    }
    let disagreements: [One], next: String?
  }
  private struct Models: Decodable { let shadow: String? }

  /// A service that has answered a patient, with another version in its registry.
  private func withOther<Result>(
    _ change: (inout ServiceSettings) -> Void = { _ in },
    _ body: (_ service: Service, _ registry: ModelRegistry, _ other: String, _ log: String) throws
      -> Result
  ) throws -> Result {
    try withAdministeredService(change) { service, folder throws in
      let registry = ModelRegistry(root: "\(folder)/models")
      let served = try #require(registry.currentVersion)
      let other = try saveModel(in: registry.root, treeCount: 1, seed: 7)
      try registry.activate(served)
      #expect(
        service.predict(documentedPatients[0], parameters: ["REQUEST_ID": "p1"]).status == 200)
      return try body(service, registry, other, "\(folder)/predictions.sqlite")
    }
  }

  @Test func whatIsKeptOfItIsTold() throws {
    try withOther { service, registry, other, log throws in
      #expect(try service.answer("GET", "/models").decoded(as: Models.self).shadow == nil)
      #expect(service.administer("GET", "/models/\(other)/shadow").status == 404)
      let began = service.administer("POST", "/models/\(other)/shadow", "{}")
      #expect(began.text == #"{"status":"success","shadow":"\#(other)","previous_shadow":null}"#)
      #expect(try service.answer("GET", "/models").decoded(as: Models.self).shadow == other)
      func told() throws -> Told {
        try service.administer("GET", "/models/\(other)/shadow").decoded()
      }
      #expect(try told().status == "waiting" && told().user == "admin")
      #expect(try told().comparison == nil)
      let shadow = try #require(registry.shadow)
      let store = try ShadowStore(root: registry.root)
      try store.begin(shadow.version, since: shadow.since, behind: .start)
      let row = try #require(try PredictionLog.rows(in: log, from: 0, limit: 9).first)
      let kept = try #require(row.record)
      try store.add([
        .answered(
          ShadowAnswer(
            number: row.number, id: row.id, drug: "drugX", probability: 0.5,
            predictionSet: ["drugX", "DrugY"], needsReview: true), kept: kept, change: 0.5,
          seconds: nil)
      ])
      let comparison = try #require(try told().comparison)
      #expect(try told().status == "running")
      #expect(comparison.answered == 1 && comparison.changed.share == 1 && comparison.behind == 0)
      #expect(comparison.days.count == 1 && comparison.days[0].probability.shadow == 0.5)
      #expect(comparison.outcomes.count == 0 && comparison.outcomes.shadow.share == nil)
      let page: Page = try service.administer("GET", "/models/\(other)/shadow/disagreements")
        .decoded()
      #expect(page.disagreements.map(\.id) == ["p1"] && page.next == nil)
      #expect(page.disagreements[0].shadow.prediction == "drugX")
      #expect(page.disagreements[0].champion.version == registry.currentVersion)
      // Nothing of what was measured.
      #expect(
        !service.administer("GET", "/models/\(other)/shadow/disagreements").text.contains("Na_to_K")
      )
      try store.note(failure: "/some/where/forest.rf is damaged")
      #expect(try told().status == "failed" && told().reason == "… is damaged")
      // What is forgotten is in no list.
      #expect(service.administer("DELETE", "/predictions/p1").status == 200)
      let empty: Page = try service.administer("GET", "/models/\(other)/shadow/disagreements")
        .decoded()
      #expect(empty.disagreements.isEmpty)
      #expect(service.administer("DELETE", "/models/\(other)/shadow").status == 200)
      #expect(service.administer("DELETE", "/models/\(other)/shadow").status == 404)
      let acts = try service.acts()
      #expect(acts.map(\.action).contains("shadow"))
      let end = try #require(acts.last { $0.action == "end shadow" && $0.outcome != "refused" })
      #expect(end.subject == other && end.detail == "1 of 1 patients would have had another drug")
      #expect(acts.contains { $0.action == "disagreements" && $0.detail == "1 patient" })
    }
  }

  @Test func whoIsNotSignedInIsToldNothing() throws {
    try withOther { service, _, other, _ throws in
      for (method, path) in [
        ("GET", "shadow"), ("POST", "shadow"), ("DELETE", "shadow"),
        ("GET", "shadow/disagreements"),
      ] {
        let response = service.answer(
          method, "/models/\(other)/\(path)", contentType: "application/json",
          body: Array("{}".utf8))
        #expect(response.status == 401, "\(method) \(path)")
      }
    }
  }

  @Test func theServedOneIsRefusedAndSoIsAnyWithoutALog() throws {
    try withOther { service, registry, other, _ throws in
      let served = try #require(registry.currentVersion)
      let refused = service.administer("POST", "/models/\(served)/shadow", "{}")
      #expect(refused.status == 409)
      #expect(try refused.decoded(as: ProblemBody.self).detail.contains("is served itself"))
      #expect(service.administer("POST", "/models/0123456789ab/shadow", "{}").status == 404)
      #expect(service.administer("POST", "/models/\(other)/shadow", #"{"a":1}"#).status == 422)
      #expect(registry.shadow == nil)
    }
    try withOther({ $0.log = nil }) { service, _, other, _ throws in
      #expect(service.administer("POST", "/models/\(other)/shadow", "{}").status == 409)
    }
  }

  @Test func metricsTellOfItAndWhetherItAnswers() throws {
    try withOther { service, registry, other, _ throws in
      func metrics() -> String {
        service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": "127.0.0.1"]).text
      }
      #expect(!metrics().contains("shadow"))
      try registry.beginShadow(other)
      let keeper = ShadowKeeper(registry, log: nil, program: nil, logger: silent)
      #expect(keeper.known == nil)
      keeper.maintain()
      let facts = try #require(keeper.known)
      #expect(facts.version == other && !facts.isUp && facts.total.answered == 0)
    }
  }
}
