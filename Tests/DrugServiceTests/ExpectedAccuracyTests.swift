import FastCGI
import Foundation
import GRDB
import Models
import POSIX
import Patients
import Records
import TestSupport
import Testing

@testable import DrugService

@Suite struct ExpectedAccuracyTests {
  private struct Body: Decodable {
    struct Expected: Decodable {
      struct Chunk: Decodable {
        let from: String, to: String, accuracy: Double, interval: [Double], verdict: String?
        let outcomes: Int, agreed: Int, recorded_interval: [Double]?
      }
      struct Other: Decodable {
        let model_version: String, predictions: Int, accuracy: Double?, interval: [Double]?
        let verdict: String?
      }
      let status: String, needed: Int, model_version: String, predictions: Int, accuracy: Double?
      let interval: [Double]?, verdict: String?, keeps_its_word: Bool?, calibration_error: Double?
      let chunks: [Chunk], other_versions: [Other]
    }
    struct Attention: Decodable { let code: String, urgency: String, detail: String }
    struct Model: Decodable {
      struct Promise: Decodable {
        let from: String, samples: Int, accuracy: Double, interval: [Double]
      }
      let version: String, promised_accuracy: Promise?
    }
    let expected_accuracy: Expected?, attention: [Attention], model: Model?
  }

  private func monitoring(
    _ service: Service, as user: String? = "ann"
  ) throws -> Body {
    try service.answer("GET", "/monitoring", parameters: user.map { signedIn(as: $0) } ?? [:])
      .decoded()
  }

  /// Keeps predictions of the served version, or of another, each a second later.
  private func keep(
    _ count: Int, _ probability: Double, in log: String, of version: String, id: String = "p"
  ) throws {
    try PredictionLog(.init(path: log)).append(
      (0..<count).map {
        PredictionRecord(
          id: "\(id)\($0)", time: 1_700_000_000_000_000 + Int64($0) * 1_000_000,
          patient: DocumentedPatient.first, drug: "DrugY", probability: probability,
          predictionSet: ["DrugY"], modelVersion: version)
      })
  }

  private func served(_ service: Service) throws -> String {
    try #require(service.models.served?.version)
  }

  private func metrics(_ service: Service) -> String {
    service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": "::1"]).text
  }

  @Test func whatIsExpectedStandsBesideWhatWasPromised() throws {
    try withLoggingService { service, log in
      let version = try served(service)
      try keep(400, 0.97, in: log, of: version)
      let told = try monitoring(service)
      let expected = try #require(told.expected_accuracy)
      #expect(expected.status == "ok" && expected.needed == 100)
      #expect(expected.model_version == version)
      // One in five is left out, nobody knows which.
      #expect(250...370 ~= expected.predictions && expected.predictions.isMultiple(of: 10))
      #expect(expected.accuracy == 0.97 && expected.verdict == "within")
      #expect(expected.keeps_its_word == true && expected.calibration_error != nil)
      #expect(2...3 ~= expected.chunks.count && expected.chunks.allSatisfy { $0.accuracy == 0.97 })
      #expect(expected.chunks.last?.to == "2023-11-14T22:19:00.000Z")
      let promise = try #require(told.model?.promised_accuracy)
      #expect(promise.from == "test" && promise.samples == 60)
      #expect(!told.attention.contains { $0.code == "expected_low" })
      let anybody = try monitoring(service, as: nil)
      #expect(anybody.expected_accuracy == nil && anybody.model?.promised_accuracy != nil)
      // Whoever asks for metrics is told all of them, exactly.
      let text = metrics(service)
      let label = "{model_version=\"\(version)\"}"
      #expect(text.contains("drug_classifier_expected_accuracy_samples\(label) 400\n"))
      #expect(text.contains("drug_classifier_expected_accuracy_upper\(label) "))
      #expect(text.contains("drug_classifier_promised_accuracy_lower\(label) "))
      #expect(text.contains("drug_classifier_attention{code=\"expected_low\"} 0\n"))
    }
  }

  @Test func tooFewAreSaidToBe() throws {
    try withLoggingService { service, log in
      try keep(60, 0.97, in: log, of: try served(service))
      let expected = try #require(try monitoring(service).expected_accuracy)
      #expect(expected.status == "too_few" && expected.predictions <= 60)
      #expect(expected.accuracy == nil && expected.interval == nil && expected.chunks.isEmpty)
      #expect(!metrics(service).contains("drug_classifier_expected_accuracy{"))
    }
  }

  @Test func eachVersionHasItsOwn() throws {
    try withLoggingService { service, log in
      try keep(300, 0.6, in: log, of: "0123456789ab", id: "old")
      try keep(20, 0.9, in: log, of: "ba9876543210", id: "older")
      try keep(300, 0.98, in: log, of: try served(service))
      let expected = try #require(try monitoring(service).expected_accuracy)
      #expect(expected.accuracy == 0.98 && expected.predictions <= 300)
      #expect(
        expected.other_versions.map(\.model_version) == ["ba9876543210", "0123456789ab"])
      #expect(expected.other_versions.map(\.accuracy) == [nil, 0.6])
      #expect(expected.other_versions.map(\.verdict) == [nil, nil])
      #expect(
        metrics(service).contains(
          "drug_classifier_expected_accuracy_samples{model_version=\"0123456789ab\"} 300\n"))
    }
  }

  @Test func lessThanPromisedNeedsSomebody() throws {
    try withLoggingService { service, log in
      try keep(300, 0.98, in: log, of: try served(service))
      try keep(150, 0.55, in: log, of: try served(service), id: "q")
      let told = try monitoring(service)
      #expect(told.expected_accuracy?.chunks.last?.verdict == "below")
      let item = try #require(told.attention.first { $0.code == "expected_low" })
      #expect(item.urgency == "today" && item.detail.contains("its card promised"))
      #expect(try !monitoring(service, as: nil).attention.contains { $0.code == "expected_low" })
      #expect(metrics(service).contains("drug_classifier_attention{code=\"expected_low\"} 1\n"))
    }
  }

  @Test func aModelFromElsewherePromisesNothingAndWarnsOfNothing() throws {
    try withTemporaryFolder { folder in
      let version = try saveImportedModel(in: "\(folder)/models")
      var settings = ServiceSettings(models: "\(folder)/models")
      settings.log = .init(path: "\(folder)/predictions.sqlite")
      settings.passwords = try writePeople(in: folder)
      let service = Service(settings, logger: silent)
      try keep(300, 0.3, in: "\(folder)/predictions.sqlite", of: version)
      let told = try monitoring(service)
      let expected = try #require(told.expected_accuracy)
      #expect(expected.accuracy == 0.3 && expected.verdict == nil && expected.keeps_its_word == nil)
      #expect(told.model?.promised_accuracy == nil && told.attention.isEmpty)
    }
  }

  @Test func aRuleThatHasChangedIsSeenInOutcomesAlone() throws {
    try withLoggingService { service, log in
      try keep(300, 0.98, in: log, of: try served(service))
      // Such patients are given another drug from now on, and clinicians say so.
      try DatabaseQueue(path: log).write { database in
        for number in 1...300 {
          try database.execute(
            sql: "INSERT INTO outcome VALUES (?, ?, 'ann', 'drugX', ?, NULL)",
            arguments: [number, number, number <= 100])
        }
      }
      let told = try monitoring(service)
      let expected = try #require(told.expected_accuracy)
      #expect(expected.accuracy == 0.98 && expected.verdict == "within")
      #expect(!told.attention.contains { $0.code == "expected_low" })
      let newest = try #require(expected.chunks.last)
      #expect(newest.outcomes == 100 && newest.agreed == 0 && newest.recorded_interval != nil)
      let item = try #require(told.attention.first { $0.code == "accuracy_low" })
      #expect(item.detail.contains("98.0% were expected"))
      #expect(item.detail.contains("what is given to such patients may have changed"))
      let anybody = try monitoring(service, as: nil).attention.first { $0.code == "accuracy_low" }
      #expect(try #require(anybody).detail.hasSuffix("was given."))
    }
  }

  @Test func theNextPatientAndOutcomeShowInNothingThatIsTold() throws {
    try withLoggingService { service, log in
      let version = try served(service)
      try keep(300, 0.98, in: log, of: version)
      try DatabaseQueue(path: log).write { database in
        for number in 1...50 {
          try database.execute(
            sql: "INSERT INTO outcome VALUES (?, 1, 'ann', 'DrugY', 1, NULL)", arguments: [number])
        }
      }
      func told() throws -> String {
        usleep(1_100_000)
        return "\(try #require(try monitoring(service).expected_accuracy))"
      }
      let before = try told()
      try keep(49, 0.1, in: log, of: version, id: "q")
      try DatabaseQueue(path: log).write {
        try $0.execute(sql: "INSERT INTO outcome VALUES (60, 2, 'ann', 'drugX', 0, NULL)")
      }
      #expect(try told() == before)
      try keep(1, 0.1, in: log, of: version, id: "r")
      #expect(try told() != before)
    }
  }
}
