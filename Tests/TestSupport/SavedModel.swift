public import Models
import Patients
public import RandomForest

/// Trains on the 200 patients, as `drugctl train` does, and serves the model.
///
/// - Parameter root: the folder of models.
@discardableResult
public func train(
  in root: String, _ change: (inout Training) -> Void = { _ in }
) throws -> Training.Result {
  var training = Training(
    drug200Source, options: TrainingOptions(), promotion: .always,
    registry: ModelRegistry(root: root))
  training.validation = .none
  change(&training)
  return try training.run()
}

/// The table of 200 patients as a training begins with it.
public let drug200Source = Training.Source(
  path: "\(repositoryRoot)/data/drug200.csv", schema: .drug200, name: "drug200")

/// Trains a model on the 200 patients and makes it the current one of a folder of models.
///
/// - Returns: its version.
public func saveModel(in folder: String, treeCount: Int = 10, seed: UInt64 = 0) throws -> String {
  try train(in: folder) { training in
    training.options.treeCount = treeCount
    training.options.seed = seed
  }.version
}

/// Saves a model of which nothing is known but its trees, and makes it the current one.
///
/// - Returns: its version.
public func saveImportedModel(in folder: String) throws -> String {
  var options = TrainingOptions()
  options.treeCount = 5
  let trained = try options.train(
    options.prepare(.continuous, .drug200, options.split(try drug200().dataset).training))
  let trees = try (0..<trained.forest.treeCount).map { index in
    DecisionTree(nodes: try trained.forest.tree(index).nodes)
  }
  return try saveImportedModel(of: trees, classes: trained.forest.schema.classes, in: folder)
}

/// Saves a model of trees that test the columns of `continuous`, and makes it the current one.
///
/// - Returns: its version.
public func saveImportedModel(
  of trees: [DecisionTree], classes: [String], in folder: String
) throws -> String {
  let schema = FeatureSchema(
    inputs: PatientSchema.drug200.features.map {
      EncodedFeature($0, encoding: $0.isCategorical ? .oneHot : .identity)
    }, classes: classes)
  let model = ImportedModel(
    try Forest(schema: schema, trees: trees), .drug200, .continuous,
    from: ModelCard.Origin(
      format: "ONNX", producer: "another 1.0", sha256: String(repeating: "0", count: 64), trees: 5,
      folded: false))
  let registry = ModelRegistry(root: folder)
  _ = try registry.save(model)
  try registry.activate(model.card.modelVersion)
  return model.card.modelVersion
}

/// A tree of one leaf more than it has tests, each of which stands below the one before: `column` at or
/// below 0.01, 0.02, …; the leaves are of the first and the second of five classes in turn.
public func chain(ofTests count: Int, column: Int) -> DecisionTree {
  var tree = DecisionTree(nodes: [], covers: [])
  func leaf(_ label: Int) -> DecisionTree.Node {
    .leaf(distribution: (0..<5).map { $0 == label ? 1 : 0 })
  }
  for test in 0..<count {
    tree.nodes.append(
      .split(column: column, threshold: Double(test + 1) / 100, left: tree.nodes.count + 1))
    tree.nodes.append(leaf(test % 2))
    tree.covers += [Double(count - test) + 1, 1]
  }
  tree.nodes.append(leaf(count % 2))
  tree.covers.append(1)
  return tree
}
