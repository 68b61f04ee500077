import RandomForest
import TestSupport
import Testing

/// Forests that are made of trees which were not trained here.
struct DecisionTreeTests {
  private let schema = FeatureSchema(
    inputs: [EncodedFeature(Feature(name: "x", kind: .numeric), encoding: .identity)],
    classes: ["no", "yes"])

  /// One test of x at a threshold.
  private func stump(_ threshold: Double, left: Int = 1, column: Int = 0) -> DecisionTree {
    DecisionTree(nodes: [
      .split(column: column, threshold: threshold, left: left), .leaf(distribution: [1, 0]),
      .leaf(distribution: [0.25, 0.75]),
    ])
  }

  @Test func aForestTakenApartAndPutTogetherIsTheSameFile() throws {
    let forest = try smallForest(treeCount: 7, maximumLeafCount: nil)
    let trees = try (0..<forest.treeCount).map(forest.tree)
    let again = try Forest(
      schema: forest.schema, trees: trees, parameters: forest.parameters)
    #expect(again.fileBytes == forest.fileBytes)
  }

  @Test func thresholdsAreKeptToTheLastBit() throws {
    let threshold = 0.1 + 0.2
    let forest = try Forest(schema: schema, trees: [stump(threshold), stump(-0.0)])
    #expect(forest.thresholds(ofInput: 0) == [0, threshold])
    #expect(try forest.predict([threshold]).probabilities == [0.625, 0.375])
    #expect(try forest.predict([threshold.nextUp]).probabilities == [0.25, 0.75])
    #expect(try forest.predict([-0.0]).probabilities == [1, 0])
    #expect(try forest.predict([.nan]).votes == [0, 2])
    #expect(!forest.hasCovers)
  }

  @Test func coversAreKeptWhenEveryTreeHasThem() throws {
    var tree = stump(1)
    tree.covers = [10, 4, 6]
    let base = try Forest(schema: schema, trees: [tree]).explain([0]).baseValues
    #expect((base[0] - 0.55).magnitude < 1e-12 && (base[1] - 0.45).magnitude < 1e-12)
    #expect(try !Forest(schema: schema, trees: [tree, stump(1)]).hasCovers)
    tree.covers = [10, 4, 7]
    #expect(throws: ForestFileError.self) { try Forest(schema: schema, trees: [tree]) }
  }

  @Test func whatIsNoTreeIsRefused() throws {
    let wrong = [
      stump(.nan), stump(1, left: 0), stump(1, left: 2), stump(1, column: 1),
      DecisionTree(nodes: []), DecisionTree(nodes: [.leaf(distribution: [1])]),
      DecisionTree(nodes: [.leaf(distribution: [0.5, 0.6])]),
      DecisionTree(nodes: [.leaf(distribution: [.nan, 1])]),
      DecisionTree(nodes: stump(1).nodes + [.leaf(distribution: [1, 0])]),
      DecisionTree(nodes: stump(1).nodes, covers: [1]),
    ]
    for tree in wrong {
      #expect(throws: ForestFileError.self) { try Forest(schema: schema, trees: [tree]) }
    }
    #expect(throws: ForestFileError.self) { try Forest(schema: schema, trees: []) }
  }

  @Test func moreThresholdsThanAColumnHoldsAreRefused() throws {
    /// A tree of as many tests, one below the other.
    func chain(_ count: Int) -> DecisionTree {
      DecisionTree(
        nodes: (0..<count).flatMap { level in
          [
            DecisionTree.Node.split(column: 0, threshold: Double(level), left: 2 * level + 1),
            .leaf(distribution: [1, 0]),
          ]
        } + [.leaf(distribution: [0, 1])])
    }
    let forest = try Forest(schema: schema, trees: [chain(65_535)])
    #expect(try forest.predict([65_534]).label == 0)
    #expect(try forest.predict([65_534.5]).label == 1)
    #expect {
      try Forest(schema: schema, trees: [chain(65_536)])
    } throws: {
      ($0 as? ForestFileError)?.message.contains("column x has 65536 thresholds") == true
    }
  }
}
