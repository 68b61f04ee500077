import DrugClassifier
import RandomForest

/// Trains a model on the 200 patients and makes it the current one of a folder of models.
///
/// - Returns: its version.
public func saveModel(in folder: String, treeCount: Int = 10, seed: UInt64 = 0) throws -> String {
  var options = TrainingOptions()
  options.treeCount = treeCount
  options.seed = seed
  options.crossValidation = nil
  let table = try drug200()
  let split = try options.split(table.dataset)
  let candidates = try options.featureSets.map { featureSet in
    let training = try options.train(featureSet, on: split.training)
    return Candidate(
      featureSet: featureSet, training: training,
      test: try Evaluation(of: training.forest, on: split.test), crossValidation: nil)
  }
  let model = TrainedModel(
    bestOf: candidates, of: table, trainingSamples: split.training.sampleCount, options: options)
  let registry = ModelRegistry(root: folder)
  _ = try registry.save(model)
  try registry.activate(model.card.modelVersion)
  return model.card.modelVersion
}
