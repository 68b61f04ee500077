import RandomForest
import Testing

/// Single trees without chance against scikit-learn's.
struct GoldenTreeTests {
  struct Case: Decodable, CustomTestStringConvertible {
    struct Parameters: Decodable {
      let max_leaf_nodes: Int?
      let max_depth: Int?
      let min_samples_split: Int?
      let min_samples_leaf: Int?
      let min_impurity_decrease: Double?
      let ccp_alpha: Double?
      let criterion: String?
      let class_weight: [Double]?
      let monotonic_cst: [Int]?
    }

    enum Weighting: String, Decodable {
      case sample_weight, repeated, inverse
    }

    let name: String
    let table: String
    let weighting: Weighting?
    let parameters: Parameters
    let balanced: Bool
    let node_count: Int
    /// One an input.
    let importances: [Double]
    let probabilities: [Double]

    var testDescription: String { name }

    var forestParameters: ForestParameters {
      var result = ForestParameters()
      result.treeCount = 1
      result.bootstrap = false
      result.maximumFeatures = .all
      result.maximumBinCount = 1024
      result.maximumLeafCount = parameters.max_leaf_nodes
      result.maximumDepth = parameters.max_depth
      result.minimumSamplesPerSplit = parameters.min_samples_split ?? 2
      result.minimumSamplesPerLeaf = parameters.min_samples_leaf ?? 1
      result.minimumImpurityDecrease = parameters.min_impurity_decrease ?? 0
      result.complexityCost = parameters.ccp_alpha ?? 0
      result.criterion = parameters.criterion.map { SplitCriterion(rawValue: $0)! } ?? .gini
      result.classWeights =
        balanced ? .balanced : parameters.class_weight.map { .values($0) } ?? .uniform
      for (input, direction) in (parameters.monotonic_cst ?? []).enumerated() where direction != 0 {
        result.monotonicConstraints["x\(input)"] = direction > 0 ? .increasing : .decreasing
      }
      return result
    }
  }

  private struct Cases: Decodable {
    let cases: [Case]
  }

  static let cases = Golden.read("trees", as: Cases.self).cases

  @Test(arguments: cases, [0, 1, 2])
  func aTreeWithoutChanceIsScikitLearns(golden: Case, seed: UInt64) throws {
    let table = Golden.table(golden.table)
    let schema = table.schema()
    var parameters = golden.forestParameters
    parameters.seed = seed
    let isInverse = golden.weighting == .inverse
    let dataset = table.dataset(weighted: golden.weighting != nil && !isInverse)
    let result = try ForestTrainer(parameters).train(
      dataset, schema: schema, sampleWeights: isInverse ? table.weights.map { 1 / Double($0) } : nil
    )
    #expect(result.forest.nodeCount == golden.node_count)
    let tolerance = isInverse ? 1e-8 : 1e-12
    #expect(
      agree(
        try result.forest.probabilities(of: table.samples), golden.probabilities, within: tolerance)
    )
    #expect(agree(result.importances.map(\.mean), golden.importances, within: tolerance))
    #expect(result.importances.allSatisfy { $0.standardDeviation == 0 })
  }
}
