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
    bestOf: candidates, of: table, split: split, options: options)
  let registry = ModelRegistry(root: folder)
  _ = try registry.save(model)
  try registry.activate(model.card.modelVersion)
  return model.card.modelVersion
}

/// Saves a model of which nothing is known but its trees, and makes it the current one.
///
/// - Returns: its version.
public func saveImportedModel(in folder: String) throws -> String {
  var options = TrainingOptions()
  options.treeCount = 5
  let trained = try options.train(.continuous, on: options.split(try drug200().dataset).training)
  let trees = try (0..<trained.forest.treeCount).map { index in
    FlatTree(nodes: try trained.forest.flatTree(index).nodes)
  }
  let schema = FeatureSchema(
    inputs: zip(FeatureSet.features, FeatureSet.continuous.encodings).map {
      EncodedFeature($0, encoding: $1)
    }, classes: trained.forest.schema.classes)
  let model = ImportedModel(
    try Forest(schema: schema, trees: trees), .continuous,
    from: ModelCard.Origin(
      format: "ONNX", producer: "another 1.0", sha256: String(repeating: "0", count: 64), trees: 5,
      folded: false))
  let registry = ModelRegistry(root: folder)
  _ = try registry.save(model)
  try registry.activate(model.card.modelVersion)
  return model.card.modelVersion
}
