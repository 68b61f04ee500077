@testable import DrugClassifier
import RandomForest
import TestSupport

/// Trains on the 200 patients as `drugctl train` does, without cross-validation.
func train(_ change: (inout TrainingOptions) -> Void = { _ in }) throws -> TrainedModel {
  var options = TrainingOptions()
  change(&options)
  let table = try drug200()
  let split = try options.split(table.dataset)
  let candidates = try options.featureSets.map { featureSet in
    let result = try options.train(featureSet, on: split.training)
    let validated = try options.crossValidation.flatMap { plan in
      FeatureSetScores.CrossValidated(
        try options.crossValidate(featureSet, on: table.dataset), folds: plan.foldCount)
    }
    return Candidate(
      featureSet: featureSet, training: result,
      test: try Evaluation(of: result.forest, on: split.test), crossValidation: validated)
  }
  return TrainedModel(
    bestOf: candidates, of: table, split: split, options: options)
}

/// A small model that trains at once.
func smallModel(_ featureSet: FeatureSet = .continuous, seed: UInt64 = 0) throws -> TrainedModel {
  try train { options in
    options.featureSets = [featureSet]
    options.treeCount = 5
    options.seed = seed
    options.crossValidation = nil
  }
}

/// A patient from the five fields in the order in which people give them.
func patient(
  _ age: Double, _ sex: String, _ bloodPressure: String, _ cholesterol: String, _ ratio: Double
) throws -> Patient {
  try Patient { field in
    switch field {
    case .age: .number(age)
    case .sex: .text(sex)
    case .bloodPressure: .text(bloodPressure)
    case .cholesterol: .text(cholesterol)
    case .sodiumToPotassium: .number(ratio)
    }
  }
}
