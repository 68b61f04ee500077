import FoundationEssentials
import Patients
import RandomForest
import TestSupport
import Testing
@testable import Models

/// Saves a model, changes what lies in its folder, gives that its name and loads it.
func reload(
  _ model: TrainedModel, _ change: (_ folder: String) throws -> Void = { _ in }
) throws -> DrugModel {
  try withTemporaryFolder { root in
    let registry = ModelRegistry(root: root)
    _ = try registry.save(model)
    try change(registry.folder(of: model.card.modelVersion))
    return try registry.load(reseal(registry.folder(of: model.card.modelVersion)))
  }
}

@Test func theDocumentedPatientsGetDrugY() throws {
  let model = try reload(train(foldCount: 5))
  #expect(model.card.features == .continuous)
  for patient in [
    try patient(45, "M", "HIGH", "NORMAL", 15.5), try patient(52, "F", "HIGH", "NORMAL", 18.3),
  ] {
    let recommendation = try model.recommend(for: patient)
    #expect(recommendation.drug == "DrugY")
    #expect(recommendation.warnings.isEmpty)
  }
}

@Test(arguments: FeatureSet.allCases)
func aRecommendationIsWhatTheForestSaysOfTheRow(_ featureSet: FeatureSet) throws {
  let trained = try smallModel(featureSet)
  let model = try reload(trained)
  let dataset = try drug200().dataset
  for row in 0..<dataset.rowCount {
    let values = Array(dataset.row(row))
    let expected = try trained.forest.predict(values)
    let patient = try patient(
      values[3], ["F", "M"][Int(values[0])], ["HIGH", "LOW", "NORMAL"][Int(values[1])],
      ["HIGH", "NORMAL"][Int(values[2])], values[4])
    let found = try model.recommend(for: patient)
    #expect(found.probabilities == expected.probabilities)
    #expect(found.votes == expected.votes)
    #expect(found.drug == dataset.classes[expected.label])
    #expect(abs(found.probabilities.reduce(0, +) - 1) < 1e-12)
    #expect(found.votes.reduce(0, +) == model.treeCount)
    #expect(
      found.probabilities[model.drugs.firstIndex(of: found.drug)!] == found.probabilities.max())
  }
}

@Test func valuesOutsideOfTheTrainingRowsAreAnsweredWithAWarning() throws {
  let model = try reload(smallModel())
  let ranges = model.trainingRanges
  #expect(Set(ranges.keys) == ["Age", "Na_to_K"])
  let found = try model.recommend(for: patient(3, "F", "LOW", "HIGH", 60))
  #expect(found.warnings.map(\.pointer) == ["/Age", "/Na_to_K"])
  #expect(found.warnings.allSatisfy { $0.code == .outsideTraining })
  let range = try #require(ranges["Age"])
  #expect(found.warnings[0].allowed == "\(Int(range.lowerBound)) to \(Int(range.upperBound))")
  let edge = try model.recommend(for: patient(range.lowerBound, "F", "LOW", "HIGH", 12))
  #expect(edge.warnings.isEmpty)
  #expect(found.needsReview && edge.needsReview == (edge.predictionSet.count > 1))
}

@Test func theEvaluationOfTheHeldOutRowsCanBeRepeated() throws {
  let trained = try smallModel()
  let model = try reload(trained)
  let heldOut = try model.card.heldOut(of: drug200().dataset)
  #expect(heldOut.sampleCount == 60)
  #expect(try model.evaluate(on: heldOut) == trained.test)
  #expect(EvaluationReport(trained.test, of: .sex, trained.testByGroup) == model.evaluation)
  #expect(throws: RegistryError.self) {
    try model.evaluate(on: syntheticDataset(rowCount: 10, seed: 1))
  }
}

@Test func aForestThatKnowsTheLevelsInAnotherOrderSaysTheSame() throws {
  let dataset = try drug200().dataset
  let reversed = Dataset.reversingLevels(of: dataset)
  func forest(_ dataset: Dataset) throws -> Forest {
    // One tree on all rows and columns: nothing in it depends on their order.
    let options = TrainingOptions()
    var trainer = options.trainer(for: .continuous)
    trainer.parameters.bootstrap = false
    trainer.parameters.treeCount = 1
    let rows = try options.prepare(.continuous, .drug200, dataset)
    return try trainer.train(rows.columns, schema: rows.schema).forest
  }
  let plain = try reload(smallModel()) { try forest(dataset).write(to: "\($0)/forest.rf") }
  let other = try reload(smallModel()) { try forest(reversed).write(to: "\($0)/forest.rf") }
  for sex in ["F", "M"] {
    for pressure in ["HIGH", "LOW", "NORMAL"] {
      for cholesterol in ["HIGH", "NORMAL"] {
        let patient = try patient(40, sex, pressure, cholesterol, 11)
        #expect(try plain.recommend(for: patient).drug == other.recommend(for: patient).drug)
      }
    }
  }
}

@Test func aForestOfOtherInputsIsRefused() throws {
  let foreign = try syntheticForest(syntheticDataset(rowCount: 100, seed: 1), treeCount: 1)
  let error = #expect(throws: RegistryError.self) {
    try reload(smallModel()) { try foreign.write(to: "\($0)/forest.rf") }
  }
  #expect(error?.description == "the forest asks for x, which no patient has")
}

@Test func aDamagedForestIsRefusedWithTheByte() throws {
  let model = try smallModel()
  #expect(throws: ForestFileError.self) {
    try reload(model) { folder in
      var bytes = model.forest.fileBytes
      bytes[bytes.count / 2] ^= 1
      _ = try write(bytes, to: "\(folder)/forest.rf")
    }
  }
}

@Test(arguments: ["card.json", "evaluation.json"])
func aFolderWithoutItsPapersIsRefused(_ name: String) throws {
  for change in [
    { try FileManager.default.removeItem(atPath: $0) },
    { _ = try write(Array("{}".utf8), to: $0) },
    { _ = try write(Array("not json".utf8), to: $0) },
  ] as [(String) throws -> Void] {
    let error = #expect(throws: RegistryError.self) {
      try reload(smallModel()) { try change("\($0)/\(name)") }
    }
    #expect(error?.description.contains("/\(name): ") == true)
  }
}

extension Dataset {
  /// The same samples with the levels of every categorical feature in reverse.
  fileprivate static func reversingLevels(of dataset: Dataset) -> Dataset {
    let features = dataset.features.map { feature in
      guard case .categorical(let levels) = feature.kind else { return feature }
      return Feature(name: feature.name, kind: .categorical(levels: levels.reversed()))
    }
    var result = Dataset(features: features, classes: dataset.classes)
    for row in 0..<dataset.rowCount {
      let values = zip(dataset.row(row), features).map { value, feature in
        guard case .categorical(let levels) = feature.kind else { return value }
        return Double(levels.count - 1) - value
      }
      result.append(values, label: dataset.labels[row])
    }
    return result
  }
}

@Test func valuesThatNobodyInTheTrainingHadAreAnsweredWithAWarning() throws {
  let schema = try PatientSchema(
    TableDescription(
      parsing: Array(
        """
        {"fields":[
          {"name":"x","type":"number"},
          {"name":"Sex","type":"string","categories":["F","M"],"constraints":{"required":true}},
          {"name":"Grade","type":"string","categories":["a","b","c"]},
          {"name":"Drug","type":"string","constraints":{"enum":["p","q"]}}],"target":"Drug"}
        """.utf8)))
  let rows = (0..<40).map { row in
    "\(row % 10 == 0 ? "" : "\(row)"),F,\(row % 2 == 0 ? "a" : "b"),\(row < 20 ? "p" : "q")\n"
  }
  let model = try withTemporaryFolder { root in
    let path = try write(Array("x,Sex,Grade,Drug\n\(rows.joined())".utf8), to: "\(root)/rows.csv")
    let version = try train(in: root) { training in
      training.source = Training.Source(path: path, schema: schema, name: "rows")
      training.options.treeCount = 5
    }.version
    return try ModelRegistry(root: root).load(version)
  }

  func warnings(_ x: FieldValue, _ sex: String, _ grade: FieldValue) throws -> [FieldProblem] {
    try model.recommend(
      for: Patient(of: schema) { ["x": x, "Sex": .text(sex), "Grade": grade][$0.name] }
    ).warnings.sorted { $0.pointer < $1.pointer }
  }
  #expect(try warnings(.number(7), "F", .text("a")).isEmpty)
  #expect(try warnings(.null, "F", .text("b")).isEmpty)
  let unseen = try warnings(.number(70), "M", .text("c"))
  #expect(unseen.map(\.pointer) == ["/Grade", "/Sex", "/x"])
  let range = try #require(model.trainingRanges["x"])
  #expect(
    unseen.map(\.allowed) == [
      "a, b", "F", "\(range.lowerBound.plain) to \(range.upperBound.plain)",
    ])
  #expect(unseen.allSatisfy { $0.code == .outsideTraining })
  let missing = try #require(try warnings(.number(7), "F", .null).first)
  #expect(missing.pointer == "/Grade" && missing.allowed == "a value")
}
