import RandomForest
import Testing

/// Forests, out-of-bag estimates and permutation importances against scikit-learn's, in distribution
/// over 200 seeds. The seeds are fixed, so no test passes or fails by chance.
struct GoldenForestTests {
  struct Case: Decodable, CustomTestStringConvertible {
    struct Parameters: Decodable {
      let max_features: String
      let max_leaf_nodes: Int?
      let max_depth: Int?
      let min_samples_split: Int?
      let min_samples_leaf: Int?
      let criterion: String?
      let class_weight: [Double]?
      let bootstrap: Bool
    }

    let name: String
    let table: String
    let rows: Int
    let binned: Bool
    /// Whether the points to predict are training rows.
    let at_rows: Bool
    let trees: Int
    let points: Int
    let extra_trees: Bool
    let parameters: Parameters
    let statistics: GoldenMoments

    var testDescription: String { name }

    var forestParameters: ForestParameters {
      var result = ForestParameters()
      result.treeCount = trees
      result.maximumFeatures =
        switch parameters.max_features {
        case "sqrt": .squareRoot
        case "log2": .log2
        case "all": .all
        case let share: .fraction(Double(share)!)
        }
      result.maximumLeafCount = parameters.max_leaf_nodes
      result.maximumDepth = parameters.max_depth
      result.minimumSamplesPerSplit = parameters.min_samples_split ?? 2
      result.minimumSamplesPerLeaf = parameters.min_samples_leaf ?? 1
      result.criterion = parameters.criterion.map { SplitCriterion(rawValue: $0)! } ?? .gini
      result.classWeights = parameters.class_weight.map { .values($0) } ?? .uniform
      result.bootstrap = parameters.bootstrap
      result.strategy = extra_trees ? .random : .best
      return result
    }
  }

  struct OutOfBagCase: Decodable, CustomTestStringConvertible {
    let name: String
    let table: String
    let rows: Int
    let weighted: Bool
    let trees: Int
    let max_leaf_nodes: Int
    let points: Int
    let statistics: GoldenMoments

    var testDescription: String { name }
  }

  struct Permutation: Decodable, CustomTestStringConvertible {
    let score: String
    let rows: Int
    let repeats: Int
    let statistics: GoldenMoments

    var testDescription: String { score }
  }

  struct Values: Decodable {
    let forests: [Case]
    let out_of_bag: [OutOfBagCase]
    let permutations: [Permutation]
  }

  static let golden: Values = Golden.read("forests")
  static let seeds = UInt64(0)..<200

  @Test(arguments: golden.forests)
  func forestsVaryAsScikitLearnsDo(golden: Case) throws {
    let table = Golden.table(golden.table)
    let dataset = table.dataset().prefix(golden.rows)
    let schema = table.schema(binned: golden.binned)
    let source = golden.at_rows ? table.values : table.samples
    let points = Array(source.prefix(golden.points * dataset.featureCount))
    var parameters = golden.forestParameters
    let draws = try Self.seeds.map { seed in
      parameters.seed = seed
      let result = try ForestTrainer(parameters).train(dataset, schema: schema)
      let accuracy = try accuracy(of: result.forest, on: dataset)
      return try result.forest.probabilities(of: points) + result.importances.map(\.mean)
        + result.importances.map(\.standardDeviation)
        + [Double(result.forest.nodeCount), accuracy]
    }
    golden.statistics.expectAgreement(with: draws)
  }

  /// Without the other scores of an `Evaluation`, which take longer than the training here.
  private func accuracy(of forest: Forest, on dataset: Dataset) throws -> Double {
    let classCount = dataset.classes.count
    let probabilities = try forest.probabilities(of: dataset.values)
    let right = dataset.labels.enumerated().count { row, label in
      let own = probabilities[row * classCount..<(row + 1) * classCount]
      return own.firstIndex(of: own.max()!)! - own.startIndex == label
    }
    return Double(right) / Double(dataset.rowCount)
  }

  @Test(arguments: golden.out_of_bag)
  func outOfBagEstimatesVaryAsScikitLearnsDo(golden: OutOfBagCase) throws {
    let table = Golden.table(golden.table)
    let dataset = table.dataset(weighted: golden.weighted).prefix(golden.rows)
    var parameters = ForestParameters()
    parameters.treeCount = golden.trees
    parameters.maximumLeafCount = golden.max_leaf_nodes
    let classCount = dataset.classes.count
    let draws = try Self.seeds.map { seed in
      parameters.seed = seed
      var trainer = ForestTrainer(parameters)
      trainer.estimatesOutOfBag = true
      let estimates = try trainer.train(dataset, schema: table.schema()).outOfBag!
      let right = (0..<dataset.rowCount).reduce(0) { sum, row in
        sum + Double(dataset.weights[row])
          * estimates.probabilities[row * classCount + dataset.labels[row]]
      }
      let points = Array(estimates.probabilities.prefix(golden.points * classCount))
      return points + [right / Double(dataset.sampleCount)]
        + (golden.weighted ? [] : [estimates.evaluation.confusion.accuracy])
    }
    golden.statistics.expectAgreement(with: draws)
  }

  private static let scores: [String: @Sendable (Evaluation) -> Double] = [
    "accuracy": \.confusion.accuracy, "balanced_accuracy": \.confusion.balancedAccuracy,
    "f1_macro": \.confusion.macroAverage.f1, "matthews_corrcoef": \.confusion.matthewsCorrelation,
    "neg_log_loss": { -$0.logLoss }, "roc_auc_ovr": \.rocAUC,
    "average_precision": \.averagePrecision,
  ]

  @Test(arguments: golden.permutations)
  func permutationImportancesVaryAsScikitLearnsDo(golden: Permutation) throws {
    let table = Golden.table("numbers")
    let forest = try ForestTrainer(GoldenTreeTests.cases[0].forestParameters)
      .train(table.dataset(), schema: table.schema()).forest
    let dataset = table.dataset().prefix(golden.rows)
    let draws = try Self.seeds.map { seed in
      let found = try forest.permutationImportances(
        on: dataset, repeatCount: golden.repeats, seed: seed, score: Self.scores[golden.score]!)
      return found.map(\.mean) + found.map(\.standardDeviation)
    }
    golden.statistics.expectAgreement(with: draws)
  }
}

extension Dataset {
  /// The first rows.
  func prefix(_ count: Int) -> Dataset {
    reweighted(weights.enumerated().map { $0.offset < count ? $0.element : 0 })
  }
}
