import RandomForest
import TestSupport

/// A small forest with every kind of input: a number as measured, one in bins, and levels.
func smallForest(
  treeCount: Int = 3, maximumLeafCount: Int? = 6, bootstrap: Bool = true
) throws -> Forest {
  let dataset = syntheticDataset(rowCount: 200, seed: 1)
  var parameters = ForestParameters()
  parameters.treeCount = treeCount
  parameters.maximumLeafCount = maximumLeafCount
  parameters.maximumFeatures = .all
  parameters.bootstrap = bootstrap
  return try ForestTrainer(parameters).train(dataset, schema: mixedSchema(of: dataset)).forest
}

/// The schema of a synthetic dataset whose second input is cut into bins.
func mixedSchema(of dataset: Dataset) -> FeatureSchema {
  FeatureSchema(
    fitting: dataset,
    encodings: [
      .identity, .bins(edges: [-0.5, 0, 0.5], labels: ["low", "minus", "plus", "high"]), .oneHot,
    ])
}
