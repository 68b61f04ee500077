import Foundation
import Models
import Patients
import Records
import TestSupport
import Testing
@testable import drugctl

@Suite struct ShadowTests {
  /// A folder with a served version, a shadow of it and a log.
  private func withShadow<Result>(
    _ body: (
      _ registry: ModelRegistry, _ shadow: ModelRegistry.Shadow, _ log: PredictionLog,
      _ path: String
    ) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let registry = ModelRegistry(root: "\(folder)/models")
      // In bins, and so of another mind about many.
      let shadow = try train(in: registry.root) { training in
        training.options.treeCount = 3
        training.options.featureSets = [.binned]
      }.version
      _ = try saveModel(in: registry.root)
      try registry.beginShadow(shadow)
      let path = "\(folder)/predictions.sqlite"
      return try body(registry, registry.shadow!, PredictionLog(.init(path: path)), path)
    }
  }

  /// Keeps what the served version says of patients of all kinds, as the service does.
  private func answer(_ numbers: Range<Int>, _ registry: ModelRegistry, _ log: PredictionLog) throws
  {
    let model = try registry.load(nil)
    try log.append(
      try numbers.map { number in
        let patient = try patient(
          Double(15 + 7 * number % 60), number % 2 == 0 ? "F" : "M",
          ["HIGH", "LOW", "NORMAL"][number % 3], number % 5 < 2 ? "HIGH" : "NORMAL",
          6.5 + Double(number % 23))
        let found = try model.recommend(for: patient)
        return PredictionRecord(
          id: "p\(number)", time: Int64(Date.now.timeIntervalSince1970 * 1e6) + 1_000_000,
          patient: patient, drug: found.drug, probability: found.probability,
          predictionSet: found.predictionSet, needsReview: found.needsReview,
          modelVersion: model.card.modelVersion)
      })
  }

  @Test func itSaysOfEachPatientWhatTheVersionDoes() throws {
    try withShadow { registry, shadow, log, path in
      try answer(0..<300, registry, log)
      var work = try ShadowWork(shadow, of: registry, log: path)
      #expect(try work.step() && !work.step() && work.isWanted)
      let store = try #require(
        try ShadowStore(reading: registry.root, of: shadow.version, since: shadow.since))
      let model = try registry.load(shadow.version)
      let expected = try PredictionLog.newest(1000, in: path).filter {
        try model.recommend(for: $0.patient).drug != $0.drug
      }
      let found = try store.disagreements(1000, ofDrugsAlone: true, in: path).found
      #expect(found.map(\.kept.id) == expected.map(\.id) && !found.isEmpty)
      for one in found {
        let said = try model.recommend(for: one.kept.patient)
        #expect(one.shadow.drug == said.drug && one.shadow.probability == said.probability)
        #expect(one.shadow.predictionSet == said.predictionSet)
      }
      let total = try ShadowComparison(store, log: path).total
      #expect(total.answered == 300 && total.changed == expected.count && total.timed == 300)
      // A second process goes on behind the last row, also of a log whose newest rows are gone.
      _ = try log.forget("p299")
      try answer(300..<310, registry, log)
      var next = try ShadowWork(shadow, of: registry, log: path)
      #expect(try !next.step() && !next.step())
      #expect(try ShadowComparison(store, log: path).total.answered == 310)
      #expect(try ShadowComparison(store, log: path).behind == 0)
    }
  }

  @Test func patientsOfOtherFieldsAndOfBeforeAreLeftOut() throws {
    try withShadow { registry, shadow, log, path in
      let other = try PatientSchema(
        TableDescription(
          parsing: Array(
            """
            {"fields":[{"name":"Weight","type":"number"},
              {"name":"Drug","type":"string","constraints":{"enum":["a","b"]}}],"target":"Drug"}
            """.utf8)))
      func record(_ id: String, _ time: Int64, _ version: String) throws -> PredictionRecord {
        PredictionRecord(
          id: id, time: time, patient: try Patient(of: other) { _ in .number(7) }, drug: "a",
          probability: 1, predictionSet: ["a"], modelVersion: version)
      }
      try log.append([
        record("before", shadow.beginning - 1, "m"), record("other", shadow.beginning, "m"),
        record("own", shadow.beginning + 1, shadow.version),
      ])
      var work = try ShadowWork(shadow, of: registry, log: path)
      #expect(try !work.step())
      let run = try DrugCtlRun("models", "shadow", "--models", registry.root, "--log", path)
      #expect(run.output.contains("1 left out, of patients with other fields"))
      #expect(run.output.contains("it answers"))
    }
  }

  @Test func aVersionThatIsGoneEndsItWithTheReason() throws {
    try withShadow { registry, shadow, log, path in
      try answer(0..<3, registry, log)
      var work = try ShadowWork(shadow, of: registry, log: path)
      try FileManager.default.removeItem(atPath: registry.folder(of: shadow.version))
      #expect(throws: ShadowGone.self) { try work.step() }
      let run = try DrugCtlRun("models", "shadow", "--models", registry.root, "--log", path)
      #expect(run.status == 0)
      #expect(run.output.contains("does not answer: model \(shadow.version) is not there any more"))
    }
  }

  @Test func theCommandBeginsShowsAndEndsIt() throws {
    try withTemporaryFolder { folder in
      let root = "\(folder)/models"
      let version = try saveModel(in: root, treeCount: 1, seed: 7)
      let served = try saveModel(in: root)
      func shadow(_ arguments: String...) throws -> DrugCtlRun {
        try DrugCtlRun(["models", "shadow", "--models", root] + arguments)
      }
      #expect(try shadow().output.hasPrefix("There is no shadow"))
      let refused = try shadow(served)
      #expect(refused.status == 1 && refused.errors.contains("is served itself"))
      #expect(try shadow(version).output.hasPrefix("Model \(version) is the shadow: "))
      #expect(try shadow(version).output.contains("as before"))
      #expect(try shadow().output.contains("it has not begun"))
      #expect(try shadow(version, "--stop").status == 64)
      #expect(try shadow("--stop").output == "Model \(version) is no shadow any more.\n")
      #expect(ModelRegistry(root: root).shadow == nil)
    }
  }

  @Test func itAnswersUntilItIsAskedToEnd() throws {
    try withShadow { registry, shadow, log, path in
      try answer(0..<5, registry, log)
      let run = try DrugCtlRun(
        ["models", "shadow", "--work", "--models", registry.root, "--log", path],
        terminatedAfter: "\n")
      #expect(run.status == 0 && run.errors.isEmpty)
      let store = try #require(
        try ShadowStore(reading: registry.root, of: shadow.version, since: shadow.since))
      #expect(try ShadowComparison(store, log: path).total.answered == 5)
    }
  }
}
