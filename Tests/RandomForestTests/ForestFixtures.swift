import RandomForest
import TestSupport

/// A small forest with every kind of input: a number as measured, one in bins, and levels.
func smallForest(
  treeCount: Int = 3, maximumLeafCount: Int? = 6, bootstrap: Bool = true
) throws -> Forest {
  let dataset = syntheticDataset(rowCount: 200, seed: 1)
  return try forest(of: dataset, mixedSchema(of: dataset), treeCount, maximumLeafCount) {
    $0.bootstrap = bootstrap
  }
}

private func forest(
  of dataset: Dataset, _ schema: FeatureSchema, _ treeCount: Int, _ maximumLeafCount: Int?,
  _ change: (inout ForestParameters) -> Void
) throws -> Forest {
  var parameters = ForestParameters()
  parameters.treeCount = treeCount
  parameters.maximumLeafCount = maximumLeafCount
  parameters.maximumFeatures = .all
  change(&parameters)
  return try ForestTrainer(parameters).train(dataset, schema: schema).forest
}

/// A small forest of two numbers that may be missing, one in two columns for each, and levels.
func forestWithHoles(
  treeCount: Int = 3, maximumLeafCount: Int? = 6, seed: UInt64 = 0
) throws -> Forest {
  let dataset = datasetWithHoles(rowCount: 200, seed: 1)
  return try forest(of: dataset, schemaWithMissing(of: dataset), treeCount, maximumLeafCount) {
    $0.seed = seed
  }
}

/// A synthetic dataset of which a fifth of the values is missing, of x more often in the second class.
func datasetWithHoles(rowCount: Int, seed: UInt64) -> Dataset {
  let whole = syntheticDataset(rowCount: rowCount, seed: seed)
  var generator = SeededGenerator(seed: seed, stream: 1)
  var dataset = Dataset(features: whole.features, classes: whole.classes)
  for row in 0..<whole.rowCount {
    var values = whole.row(row).map { generator.below(5) == 0 ? .nan : $0 }
    if whole.labels[row] == 1, generator.below(2) == 0 { values[0] = .nan }
    dataset.append(values, label: whole.labels[row])
  }
  return dataset
}

/// The schema by which every number may be missing.
func schemaWithMissing(of dataset: Dataset) -> FeatureSchema {
  FeatureSchema(
    fitting: dataset,
    encodings: dataset.features.map { $0.isCategorical ? .oneHot : .identityWithMissing })
}

extension FeatureSchema {
  /// The columns of one sample.
  func columns(of sample: some Sequence<Double>) -> [Double] {
    var columns = [Double](repeating: 0, count: columnCount)
    encode(sample, into: &columns)
    return columns
  }
}

/// The schema of a synthetic dataset whose second input is cut into bins.
func mixedSchema(of dataset: Dataset) -> FeatureSchema {
  FeatureSchema(
    fitting: dataset,
    encodings: [
      .identity, .bins(edges: [-0.5, 0, 0.5], labels: ["low", "minus", "plus", "high"]), .oneHot,
    ])
}
