public import Patients
public import RandomForest

/// The decisions of a person who trains a model.
public struct TrainingOptions: Sendable {
  /// The feature sets to train, the best of which is served; nil for all that follow from the description.
  public var featureSets: [FeatureSet]?
  /// The number of trees (`n_estimators`).
  public var treeCount = 100
  /// The most leaves of a tree (`max_leaf_nodes`); nil for no limit.
  public var maximumLeafCount: Int? = 30
  /// The columns tried at each split (`max_features`); nil for each feature set's own default.
  public var maximumFeatures: MaximumFeatures?
  /// The fewest samples in a leaf (`min_samples_leaf`), at least 1.
  public var minimumSamplesPerLeaf = 1
  /// The share of the samples held out for the evaluation (`test_size`), between 0 and 1.
  public var testSize = 0.3
  /// Whether the classes of the training rows are balanced by SMOTE; nil for each feature set's own
  /// default.
  public var applySMOTE: Bool?
  /// The seed of the split, the resampling and the forest (`random_state`).
  public var seed: UInt64 = 0
  /// How many threads train at once; it does not change the model.
  public var threadCount = 1

  /// Creates the default options.
  public init() {}

  /// The trainer for one feature set.
  public func trainer(for featureSet: FeatureSet) -> ForestTrainer {
    var parameters = ForestParameters()
    parameters.treeCount = treeCount
    parameters.maximumLeafCount = maximumLeafCount
    parameters.maximumFeatures = maximumFeatures ?? featureSet.maximumFeatures
    parameters.minimumSamplesPerLeaf = minimumSamplesPerLeaf
    // As many bins as a small table has distinct values: it is then split exactly.
    parameters.maximumBinCount = 1024
    parameters.seed = seed
    return ForestTrainer(parameters, threadCount: threadCount)
  }

  /// The feature sets that are trained on a table.
  public func featureSets(of schema: PatientSchema) -> [FeatureSet] {
    featureSets ?? FeatureSet.all(of: schema)
  }

  /// Whether the training rows of one feature set are balanced.
  ///
  /// Rows that SMOTE cannot balance, such as those with holes, are not, unless a person decides so.
  public func appliesSMOTE(to featureSet: FeatureSet, _ rows: Dataset) -> Bool {
    applySMOTE ?? (featureSet.appliesSMOTE && rows.allowsSMOTE)
  }

  /// The training and test rows of a table.
  ///
  /// - Throws: `SamplingError` when a part would be empty.
  public func split(_ dataset: Dataset) throws(SamplingError) -> (training: Dataset, test: Dataset)
  {
    try dataset.collapsed(threadCount: threadCount).stratifiedSplit(
      testFraction: testSize, seed: seed)
  }

  /// Fits the encoding to measured rows and balances the classes, if asked to.
  ///
  /// - Throws: `SamplingError` when the classes cannot be balanced.
  public func prepare(
    _ featureSet: FeatureSet, _ schema: PatientSchema, _ training: Dataset
  ) throws(SamplingError) -> PreparedRows {
    try PreparedRows(
      featureSet, schema, measured: training, applySMOTE: appliesSMOTE(to: featureSet, training),
      seed: seed)
  }

  /// Trains a forest.
  ///
  /// - Parameters:
  ///   - calibrates: whether its prediction sets are calibrated too.
  ///   - progress: told of each finished tree; answering false ends the training.
  /// - Throws: `TrainingError`.
  public func train(
    _ rows: PreparedRows, calibrates: Bool = true, progress: ForestTrainer.Progress = { _ in true }
  ) throws(TrainingError) -> TrainedForest {
    var trainer = trainer(for: rows.featureSet)
    trainer.estimatesOutOfBag = calibrates
    let result = try trainer.train(rows.training, schema: rows.schema, progress: progress)
    return TrainedForest(
      forest: result.forest, columnImportances: result.columnImportances.map(\.mean),
      conformal: result.outOfBag.map {
        ConformalPredictor(calibratingOn: $0, rows: 0..<rows.measuredRowCount)
      }, reference: calibrates ? ReferenceDistribution.all(of: rows.measured) : nil)
  }

  /// Cross-validates one feature set: in each fold the encoding, the resampling and the forest see
  /// the training rows only.
  ///
  /// - Parameter progress: told of each finished tree; answering false ends the work.
  /// - Returns: the evaluations of the folds, shape (repeats, folds).
  /// - Throws: `SamplingError` or `TrainingError`.
  public func crossValidate(
    _ featureSet: FeatureSet, of schema: PatientSchema, on dataset: Dataset,
    _ plan: CrossValidation,
    progress: ForestTrainer.Progress = { _ in true }
  ) throws -> [[Evaluation]] {
    try plan.evaluateFolds(dataset) { training, test in
      let forest = try train(
        prepare(featureSet, schema, training), calibrates: false, progress: progress
      ).forest
      return try Evaluation(of: forest, on: test)
    }
  }
}
