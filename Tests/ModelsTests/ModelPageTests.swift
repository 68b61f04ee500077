import Foundation
import Patients
import RandomForest
import TestSupport
import Testing
@testable import Models

@Suite struct ModelPageTests {
  @Test func thePageTellsWhatTheFilesTell() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let model = try train(foldCount: 3) { $0.treeCount = 5 }
      _ = try registry.save(model)
      let details = try registry.details(of: model.card.modelVersion)
      let page = ModelPage(details).text
      let digest = try #require(details.digest)
      #expect(digest.hasPrefix(model.card.modelVersion) && page.contains("`\(digest)`"))
      for words in [
        "# Model \(model.card.modelVersion)\n", "5 trees", "## What it is not for",
        "200 patients: 140 to train on, 60 held out", "So few rows tell little",
        "| drugX | 54 |", "| continuous (this model) |",
        "Accuracy \(try #require(details.evaluation).accuracy)",
        "95% interval", "`\(model.card.data!.sha256)`", "`\(model.card.forestSha256!)`",
      ] {
        #expect(page.contains(words), "\(words)")
      }
      #expect(page.hasSuffix("|\n") && !page.contains("nil") && !page.contains("Optional"))
    }
  }

  @Test func theHeldOutPatientsAreToldApartBySexAndByConfidence() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let model = try smallModel(.binned)
      _ = try registry.save(model)
      let evaluation = try #require(
        try registry.details(of: model.card.modelVersion).evaluation)
      let bySex = try #require(evaluation.byGroup)
      #expect(bySex.keys.sorted() == ["F", "M"])
      #expect(bySex.values.reduce(0) { $0 + $1.samples } == 60)
      let correct = bySex.values.reduce(0) { $0 + $1.correct }
      #expect(Double(correct) / 60 == evaluation.accuracy)
      let held = try model.card.heldOut(of: drug200().dataset)
      let women = (0..<held.rowCount).filter { held.row($0).first == 0 }
      #expect(bySex["F"]?.samples == women.count)
      let right = try women.filter { row in
        try model.forest.predict(Array(held.row(row))).label == held.labels[row]
      }
      #expect(bySex["F"]?.correct == right.count)
      #expect(evaluation.reliability?.reduce(0) { $0 + $1.samples } == 60)
    }
  }

  @Test func theIntervalOfAShareIsThatOfWilson() {
    // 81 of 263, a worked example: Newcombe, "Two-sided confidence intervals for the single
    // proportion", 1998, table I: 0.2553 to 0.3662.
    let part = EvaluationReport.Part(samples: 263, correct: 81)
    #expect(abs(part.interval[0] - 0.2553) < 5e-5 && abs(part.interval[1] - 0.3662) < 5e-5)
    let all = EvaluationReport.Part(samples: 20, correct: 20)
    #expect(all.interval[1] == 1 && all.interval[0] > 0.8)
  }

  @Test func filesOfBeforeTheNewFieldsAreStillRead() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let model = try smallModel()
      _ = try registry.save(model)
      let folder = registry.folder(of: model.card.modelVersion)
      func drop(_ names: Set<String>, from file: String) throws {
        let path = "\(folder)/\(file)"
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
        func without(_ value: Any) -> Any {
          guard let members = value as? [String: Any] else { return value }
          return members.filter { !names.contains($0.key) }.mapValues(without)
        }
        try JSONSerialization.data(
          withJSONObject: without(object), options: [.prettyPrinted, .sortedKeys]
        ).write(to: URL(filePath: path))
      }
      try drop(
        ["forest_sha256", "purpose", "not_for", "limits", "min_samples_leaf", "outcomes"],
        from: "card.json")
      try drop(["by_sex", "by_group", "reliability"], from: "evaluation.json")
      try registry.activate(try reseal(folder))
      let details = try registry.details()
      #expect(details.card.purpose == nil && details.evaluation?.byGroup == nil)
      #expect(ModelPage(details).text.contains(PatientSchema.drug200.notFor))
      #expect(registry.summaries.count == 1)
    }
  }
}
