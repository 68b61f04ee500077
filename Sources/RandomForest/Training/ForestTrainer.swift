import Dispatch
import Synchronization

/// Trains random forests (Breiman, 2001).
public struct ForestTrainer: Sendable {
  /// The settings.
  public var parameters: ForestParameters
  /// How many threads train at once, at least 1; it does not change the forest.
  public var threadCount: Int
  /// Whether the out-of-bag estimates are made too (`oob_score`).
  public var estimatesOutOfBag = false

  /// Creates a trainer.
  public init(_ parameters: ForestParameters, threadCount: Int = 1) {
    self.parameters = parameters
    self.threadCount = threadCount
  }

  /// A forest and what its training found out.
  public struct Result: Sendable {
    /// The forest.
    public let forest: Forest
    /// The share of each encoded column in the impurity that a tree's splits removed, over the trees:
    /// the means (`feature_importances_` in scikit-learn) add up to 1, or are all 0 when no tree could
    /// split. A tree that could not split is in no mean and counts as 0 in the deviation, as the one
    /// over `estimators_` is taken there.
    public let columnImportances: [Importance]
    /// The same of each measured input, whose columns add up in each tree. Numbers of many distinct
    /// values are favoured, and what trees learned by heart counts as well (Strobl et al., 2007):
    /// ``Forest/permutationImportances(on:repeatCount:seed:threadCount:score:)`` does neither.
    public let importances: [Importance]
    /// The out-of-bag estimates, nil unless the trainer was asked for them.
    public let outOfBag: OutOfBag?
  }

  /// Called with the number of finished trees, on any thread, in no order; answers whether the
  /// training is to go on.
  public typealias Progress = @Sendable (_ finishedTrees: Int) -> Bool

  /// Trains a forest.
  ///
  /// - Parameters:
  ///   - dataset: rows of measured values, which the schema encodes, or rows that
  ///     `schema.encode` gave and that were resampled since.
  ///   - schema: what the forest's inputs are; it is stored in the forest.
  ///   - sampleWeights: how much the samples of each row count (`sample_weight`), 0 or more; nil for all
  ///     alike. Where trees draw samples, these are drawn in proportion, and an average row counts as
  ///     often as it has samples; else splits and leaves count them, rounded to the 2³¹th part of their
  ///     sum. The out-of-bag estimates count samples alone.
  ///   - progress: told of each finished tree; answering false ends the training, which then throws
  ///     `TrainingError.cancelled`.
  /// - Throws: `TrainingError` for settings, names or rows that make no forest, or when cancelled.
  /// - Complexity: linear in the rows, the trees and the columns tried, for a given shape of tree.
  public func train(
    _ dataset: Dataset, schema: FeatureSchema, sampleWeights: [Double]? = nil,
    progress: Progress = { _ in true }
  ) throws(TrainingError) -> Result {
    let isMeasured = dataset.features == schema.inputs.map(\.feature)
    // A level with ranks in several orders is several numbers to the trees.
    let isOrdered = schema.inputs.contains(where: \.isOrdered)
    let encodings = isMeasured && !isOrdered ? schema.inputs : schema.rowColumns
    let dataset = isMeasured && isOrdered ? schema.encode(dataset) : dataset
    precondition(
      dataset.features.map(\.name) == encodings.map(\.feature.name), "the rows are the schema's")
    precondition(dataset.classes == schema.classes, "the classes are the schema's")
    try check(dataset, schema)
    let weights = try sampleWeights.map { weights throws(TrainingError) in
      try RowWeights(weights, of: dataset, parameters)
    }
    let coded = CodedDataset(
      dataset, encodings, binLimit: parameters.maximumBinCount, threadCount: threadCount)
    return coded.columns.inputs.contains { $0.codeCount > 256 }
      ? try train(dataset, coded, weights, schema, UInt16.self, progress)
      : try train(dataset, coded, weights, schema, UInt8.self, progress)
  }

  /// Trains on coded rows, which are given up as soon as the table has them.
  private func train<Code: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ dataset: Dataset, _ coded: consuming CodedDataset, _ weights: RowWeights?,
    _ schema: FeatureSchema,
    _: Code.Type, _ progress: Progress
  ) throws(TrainingError) -> Result {
    let table = TrainingTable<Code>(
      coded, labels: dataset.labels, samples: dataset.weights, weights: weights?.units,
      classCount: dataset.classes.count, keepsSources: estimatesOutOfBag)
    let classWeights = classWeights(of: dataset)
    let draw = SampleDraw(
      weights: parameters.bootstrap ? table.weights : [],
      drawCount: parameters.maximumSamples?.count(of: dataset.sampleCount) ?? dataset.sampleCount)
    let weightUnit = parameters.bootstrap ? 1 : weights?.unit ?? 1
    let inputNames = dataset.features.map(\.name)
    let outOfBag = Mutex<OutOfBagSums<Code>?>(nil)
    let grown = Mutex([CodedTree?](repeating: nil, count: parameters.treeCount))
    let next = Atomic(0)
    let finished = Atomic(0)
    let isCancelled = Atomic(false)
    DispatchQueue.concurrentPerform(iterations: min(threadCount, parameters.treeCount)) { _ in
      var grower = TreeGrower(
        table, draw, parameters, classWeights: classWeights, weightUnit: weightUnit,
        inputNames: inputNames)
      var sums = estimatesOutOfBag ? OutOfBagSums(table) : nil
      while !isCancelled.load(ordering: .relaxed) {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < parameters.treeCount else { break }
        let tree = grower.grow(number)
        // Where nothing is drawn every tree has seen every sample.
        if parameters.bootstrap { sums?.add(tree, drawn: grower.drawnSamples) }
        grown.withLock { $0[number] = tree }
        if !progress(finished.add(1, ordering: .relaxed).newValue) {
          isCancelled.store(true, ordering: .relaxed)
        }
      }
      if let sums {
        outOfBag.withLock { if $0?.add(sums) == nil { $0 = sums } }
      }
    }
    let trees = grown.withLock { $0.compactMap(\.self) }
    guard !isCancelled.load(ordering: .relaxed) else { throw .cancelled }
    guard trees.reduce(0, { $0 + $1.nodes.count }) <= ForestFormat.maximumNodeCount else {
      throw TrainingError(description: "the trees have more than 2³² nodes together")
    }
    let writer = ForestWriter(
      trees: trees, schema: schema, columns: table.columns, parameters: describe(dataset))
    do {
      return Result(
        forest: try Forest(trusting: writer.bytes()),
        columnImportances: Self.importances(
          of: trees, by: (0..<schema.columnCount).map { $0..<$0 + 1 }),
        importances: Self.importances(
          of: trees, by: zip(schema.columnStarts, schema.columnStarts.dropFirst()).map { $0..<$1 }),
        outOfBag: outOfBag.withLock { $0?.estimates(of: dataset) })
    } catch {
      preconditionFailure("the forest just written cannot be read: \(error)")
    }
  }

  private func check(_ dataset: Dataset, _ schema: FeatureSchema) throws(TrainingError) {
    func require(_ condition: Bool, _ message: String) throws(TrainingError) {
      guard condition else { throw TrainingError(description: message) }
    }
    try require(dataset.rowCount > 0, "there are no training rows")
    try require(
      dataset.sampleCount <= Dataset.maximumSampleCount,
      "a forest trains on at most 2³¹ - 1 samples")
    try require(
      dataset.classes.count <= ForestFormat.maximumClassCount,
      "a forest has at most 65,536 classes")
    try require(
      schema.inputs.count <= ForestFormat.maximumInputCount, "a forest has at most 65,535 inputs")
    try require(
      1...ForestFormat.maximumColumnCount ~= schema.columnCount,
      "a forest has 1 to 65,535 columns")
    try require(
      schema.hasShortNames, "a name has at most 65,535 bytes of UTF-8")
    try require(
      schema.rankCount <= ForestFormat.maximumRankCount,
      "the orders of a forest have at most 16,777,216 ranks of levels")
    if let repeated = schema.repeatedNames { throw TrainingError(description: repeated) }
    try require(
      1...ForestFormat.maximumTreeCount ~= parameters.treeCount,
      "a forest has 1 to 2³¹ - 1 trees")
    try require(parameters.maximumLeafCount ?? 2 >= 2, "a tree needs 2 leaves or more")
    try require(parameters.maximumDepth ?? 1 >= 1, "a tree needs a depth of 1 or more")
    try require(parameters.minimumSamplesPerSplit >= 2, "a split needs 2 samples or more")
    try require(parameters.minimumSamplesPerLeaf >= 1, "a leaf needs a sample")
    try require(
      parameters.minimumImpurityDecrease >= 0, "an impurity decrease cannot be negative")
    try require(
      parameters.complexityCost >= 0 && parameters.complexityCost.isFinite,
      "the cost of a leaf is a number from 0 on")
    try require(
      2...65_536 ~= parameters.maximumBinCount, "a column has 2 to 65,536 bins")
    if case .fraction(let share) = parameters.maximumFeatures {
      try require(share > 0 && share <= 1, "a share of the columns is above 0 and at most 1")
    }
    if let samples = parameters.maximumSamples {
      try require(
        parameters.bootstrap, "a number of samples is drawn where samples are drawn: with bootstrap"
      )
      switch samples {
      case .count(let count):
        try require(
          1...dataset.sampleCount ~= count, "a tree draws 1 to as many samples as there are")
      case .fraction(let share):
        try require(share > 0 && share <= 1, "a share of the samples is above 0 and at most 1")
      }
    }
    if case .values(let weights) = parameters.classWeights {
      // The squares of sums of such weights are still numbers.
      try require(
        weights.count == dataset.classes.count && weights.allSatisfy { 1e-100...1e100 ~= $0 },
        "class weights lie between 1e-100 and 1e100, one a class")
    }
    for name in parameters.monotonicConstraints.keys.sorted() {
      try require(
        dataset.classes.count == 2,
        "an order of probabilities is kept between two classes, not \(dataset.classes.count)")
      try require(
        schema.inputs.contains { $0.feature.name == name && $0.isMeasured },
        "\(name) is no input whose numbers have an order")
    }
    try require(threadCount > 0, "training needs a thread")
  }

  private func classWeights(of dataset: Dataset) -> [Double] {
    switch parameters.classWeights {
    case .uniform, .balancedSubsample: dataset.classes.map { _ in 1 }
    case .values(let weights): weights
    case .balanced: ClassWeights.balancing(dataset.classCounts)
    }
  }

  private func describe(_ dataset: Dataset) -> [(name: String, value: String)] {
    [
      ("n_estimators", "\(parameters.treeCount)"),
      ("max_leaf_nodes", parameters.maximumLeafCount.map { "\($0)" } ?? "none"),
      ("max_depth", parameters.maximumDepth.map { "\($0)" } ?? "none"),
      ("min_samples_split", "\(parameters.minimumSamplesPerSplit)"),
      ("min_samples_leaf", "\(parameters.minimumSamplesPerLeaf)"),
      ("min_impurity_decrease", "\(parameters.minimumImpurityDecrease)"),
      ("max_features", "\(parameters.maximumFeatures)"),
      ("criterion", parameters.criterion.rawValue),
      ("splitter", parameters.strategy.rawValue),
      ("class_weight", parameters.classWeights.description),
      ("bootstrap", "\(parameters.bootstrap)"),
      ("max_bins", "\(parameters.maximumBinCount)"),
      ("random_state", "\(parameters.seed)"),
      ("training_samples", "\(dataset.sampleCount)"),
    ] + (parameters.maximumSamples.map { [("max_samples", "\($0)")] } ?? [])
      + (parameters.complexityCost > 0 ? [("ccp_alpha", "\(parameters.complexityCost)")] : [])
      + parameters.monotonicConstraints.sorted { $0.key < $1.key }.map {
        ("monotonic_cst.\($0.key)", $0.value.rawValue)
      }
  }

  /// The importances of some columns each, together all of them.
  private static func importances(of trees: [CodedTree], by parts: [Range<Int>]) -> [Importance] {
    let totals = trees.map { $0.importances.reduce(0, +) }
    let shares = parts.map { columns in
      zip(trees, totals).map { tree, total in
        total > 0 ? tree.importances[columns].reduce(0, +) / total : 0
      }
    }
    let sums = shares.map { $0.reduce(0, +) }
    let whole = sums.reduce(0, +)
    return zip(shares, sums).map { shares, sum in
      Importance(of: shares, mean: whole > 0 ? sum / whole : 0)
    }
  }
}
