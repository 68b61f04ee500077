import Patients
import RandomForest
import TestSupport
import Testing
@testable import Models

@Suite struct ExplanationTests {
  /// A model and what is to be known of it.
  struct Known: CustomTestStringConvertible {
    let testDescription: String
    let model: DrugModel
    /// The fields that its flips change.
    let flipped: Set<PatientField>
  }

  /// Models of both feature sets, and one of patients with a low ratio: the rule for drug Y, whose
  /// ratio is always near, is unknown to it.
  static let models: [Known] = try! [
    Known(testDescription: "binned", model: model(.binned), flipped: [.sodiumToPotassium]),
    Known(testDescription: "continuous", model: model(.continuous), flipped: [.sodiumToPotassium]),
    Known(
      testDescription: "low ratios", model: model(.continuous) { $0 < 14.5 },
      flipped: [.age, .bloodPressure]),
  ]

  private static func model(
    _ featureSet: FeatureSet, onRatios isMeant: (Double) -> Bool = { _ in true }
  ) throws -> DrugModel {
    try withTemporaryFolder { root in
      let patients = try drug200().dataset
      var some = Dataset(features: patients.features, classes: patients.classes)
      for row in 0..<patients.rowCount where isMeant(patients.row(row).last!) {
        some.append(Array(patients.row(row)), label: patients.labels[row])
      }
      var options = TrainingOptions()
      options.treeCount = 20
      let registry = ModelRegistry(root: root)
      let saved = try smallModel(featureSet)
      _ = try registry.save(saved)
      let folder = registry.folder(of: saved.card.modelVersion)
      try options.train(options.prepare(featureSet, .drug200, some)).forest.write(
        to: "\(folder)/forest.rf")
      return try registry.load(reseal(folder))
    }
  }

  @Test(arguments: models)
  func theBaseValueAndTheContributionsAddUpToTheProbability(_ known: Known) throws {
    let model = known.model
    var generator = SeededGenerator(seed: printedSeed())
    for _ in 0..<300 {
      let patient = try randomPatient(&generator)
      let found = try model.recommend(for: patient)
      let explanation = try model.explain(found, for: patient)
      #expect(Set(explanation.contributions.map(\.field)) == Set(PatientSchema.drug200.fields))
      let sum = explanation.contributions.reduce(try #require(explanation.baseValue)) {
        $0 + $1.value
      }
      #expect(abs(sum - found.probabilities.max()!) < 1e-9)
    }
  }

  @Test(arguments: models)
  func aFlipChangesTheDrugAndNoSmallerChangeOfItsFieldDoes(_ known: Known) throws {
    let model = known.model
    var generator = SeededGenerator(seed: printedSeed())
    var fields: Set<PatientField> = []
    for number in 0..<60 {
      let patient = try randomPatient(&generator)
      let drug = try model.recommend(for: patient).drug
      guard let flip = try model.nearestFlip(from: drug, for: patient) else { continue }
      fields.insert(flip.field)
      #expect(flip.from == patient.value(of: flip.field))
      let flipped = try patient.changing(flip.field, to: flip.to)
      #expect(try model.recommend(for: flipped).drug == flip.drug)
      #expect(flip.drug != drug)
      guard case .number(let from) = flip.from, case .number(let to) = flip.to else { continue }
      // Everything nearer, on the grid that people give numbers on, keeps the drug; for some of the
      // patients, since these are thousands.
      guard number < 10 else { continue }
      let step = flip.field == .age ? 1.0 : 0.001
      if flip.field == .age { #expect(to == to.rounded()) }
      for count in 1..<max(1, Int(((to - from).magnitude / step).rounded(.up))) {
        let value = to + (to > from ? -1 : 1) * Double(count) * step
        guard (value - from) * (to - from) > 0 else { break }
        let nearer = try patient.changing(flip.field, to: .number(value))
        #expect(try model.recommend(for: nearer).drug == drug)
      }
    }
    #expect(fields.isSuperset(of: known.flipped))
  }

  @Test(arguments: models)
  func noOtherFieldsChangeIsSmallerThanTheNearestFlip(_ known: Known) throws {
    let model = known.model
    var generator = SeededGenerator(seed: printedSeed())
    for _ in 0..<15 {
      let patient = try randomPatient(&generator)
      let drug = try model.recommend(for: patient).drug
      let flip = try model.nearestFlip(from: drug, for: patient)
      let nearest = flip?.distance ?? .infinity
      for field in PatientSchema.drug200.fields {
        for (value, distance) in values(of: field, of: patient, model) where distance < nearest {
          let other = try patient.changing(field, to: value)
          #expect(try model.recommend(for: other).drug == drug, "\(field) \(value)")
        }
      }
    }
  }

  /// Trees of other programs may be deeper than a path that can be explained.
  @Test func aModelThatIsTooDeepIsAskedAllTheSame() throws {
    try withTemporaryFolder { root in
      for (tests, omissions) in [(512, []), (513, [.tooDeep])] as [(Int, [DrugModel.Omission])] {
        _ = try saveImportedModel(
          of: [chain(ofTests: tests, column: 8)], classes: PatientSchema.drug200.drugs, in: root)
        let model = try ModelRegistry(root: root).load(nil)
        #expect(model.omission == omissions.first)
        let found = try model.recommend(for: DocumentedPatient.first)
        let explanation = try model.explain(found, for: DocumentedPatient.first)
        #expect(explanation.omissions == omissions)
        #expect((explanation.baseValue == nil) == !omissions.isEmpty)
        #expect(explanation.contributions.isEmpty == !omissions.isEmpty)
        // The last leaf's drug is left by a step across the last threshold.
        #expect(explanation.nearestFlip?.field == .sodiumToPotassium)
      }
    }
  }

  @Test func whatWouldBeTooMuchWorkIsLeftOutAndSaid() throws {
    let model = Self.models[1].model
    let patient = DocumentedPatient.first
    let found = try model.recommend(for: patient)
    let whole = try model.explain(found, for: patient)
    #expect(whole.omissions.isEmpty && whole.baseValue != nil && whole.nearestFlip != nil)

    let withoutReasons = try model.explain(found, for: patient, .init(steps: 10))
    #expect(withoutReasons.omissions == [.tooLarge] && withoutReasons.baseValue == nil)
    #expect(withoutReasons.contributions.isEmpty && withoutReasons.nearestFlip == whole.nearestFlip)

    let withoutFlip = try model.explain(found, for: patient, .init(flipSteps: 10))
    #expect(withoutFlip.omissions == [.tooManyThresholds] && withoutFlip.nearestFlip == nil)
    #expect(withoutFlip.baseValue == whole.baseValue)
  }

  /// Other values of a field with the distance that a flip to each would have: every category, every
  /// age, a grid of ratios.
  private func values(
    of field: PatientField, of patient: Patient, _ model: DrugModel
  ) -> [(FieldValue, Double)] {
    let range = model.trainingRanges[field.name].map { $0.upperBound - $0.lowerBound } ?? 1
    func numbers(_ values: [Double]) -> [(FieldValue, Double)] {
      values.map { (.number($0), ($0 - patient[field]).magnitude / range) }
    }
    return switch field.domain {
    case .category(let names):
      names.map { (.text($0), .text($0) == patient.value(of: field) ? 0 : 1) }
    case .number(let limits) where limits.isWhole: numbers((0...120).map(Double.init))
    case .number: numbers((1...1000).map { Double($0) / 10 })
    }
  }

  private func randomPatient(_ generator: inout SeededGenerator) throws -> Patient {
    try Patient(of: .drug200) { field in
      switch field.domain {
      case .category(let names): .text(names[generator.below(names.count)])
      case .number(let limits) where limits.isWhole: .number(Double(generator.below(121)))
      case .number: .number(Double(5000 + generator.below(35_000)) / 1000)
      }
    }
  }
}

extension Patient {
  /// The same patient but for one field.
  fileprivate func changing(_ field: PatientField, to value: FieldValue) throws -> Patient {
    try Patient(of: .drug200) { $0 == field ? value : self.value(of: $0) }
  }
}
