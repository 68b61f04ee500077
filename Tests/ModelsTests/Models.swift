import Models
import TestSupport

/// Trains on the 200 patients as `drugctl train` does.
///
/// - Parameter foldCount: the folds of a cross-validation; nil for none.
func train(
  foldCount: Int? = nil, _ change: (inout TrainingOptions) -> Void = { _ in }
) throws -> TrainedModel {
  try withTemporaryFolder { root in
    try train(in: root) { training in
      if let foldCount { training.validation = .folds(foldCount, repeats: 1) }
      change(&training.options)
    }.model
  }
}

/// A small model that trains at once.
func smallModel(_ featureSet: FeatureSet = .continuous, seed: UInt64 = 0) throws -> TrainedModel {
  try train { options in
    options.featureSets = [featureSet]
    options.treeCount = 5
    options.seed = seed
  }
}

/// Saves small models of the seeds 1, 2, … in a folder, and serves them in turn.
func registryOfModels(_ root: String, _ count: Int) throws -> (ModelRegistry, [String]) {
  let registry = ModelRegistry(root: root)
  let versions = try (1...count).map { seed in
    let model = try smallModel(seed: UInt64(seed))
    _ = try registry.save(model)
    try registry.activate(model.card.modelVersion)
    return model.card.modelVersion
  }
  return (registry, versions)
}
