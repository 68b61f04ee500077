import RandomForest
import TestSupport
import Testing

/// Contributions against their definition: Shapley values of the trees' expectations, summed over all
/// subsets of the columns.
struct ExplanationTests {
  /// A forest of eight columns: a number, four bins and three levels; classes count differently.
  private func forest(seed: UInt64, maximumLeafCount: Int? = 20) throws -> Forest {
    let dataset = syntheticDataset(rowCount: 150, seed: seed)
    var parameters = ForestParameters()
    parameters.treeCount = 3
    parameters.maximumLeafCount = maximumLeafCount
    parameters.maximumFeatures = .fraction(0.6)
    parameters.classWeights = .values([1, 0.3, 2.5])
    parameters.seed = seed
    return try ForestTrainer(parameters).train(dataset, schema: mixedSchema(of: dataset)).forest
  }

  private let samples: [[Double]] = [
    [14.2, 0.7, 1], [3, -0.9, 0], [11.9, -0.2, 2], [.nan, 0.1, 1], [20, .nan, .nan],
    [-.infinity, 0.5, 7],
  ]

  @Test(arguments: UInt64(0)..<4)
  func contributionsAreTheShapleyValues(seed: UInt64) throws {
    let forest = try forest(seed: seed)
    let trees = try (0..<forest.treeCount).map { TextbookTree(try forest.tree($0)) }
    let columnCount = forest.schema.columnCount
    for sample in samples {
      var columns = [Double](repeating: 0, count: columnCount)
      forest.schema.encode(sample, into: &columns)
      // What the forest says when it knows the columns of a subset alone, by the subset's bits.
      let values = (0..<1 << columnCount).map { subset in
        var sum = [0.0, 0.0, 0.0]
        for tree in trees {
          tree.add(to: &sum, share: 1 / 3, knowing: subset, of: columns, Array(0..<columnCount))
        }
        return sum
      }
      let expected = (0..<columnCount).flatMap { shapleyValue(of: $0, columnCount, values) }
      let explanation = try forest.explain(sample)
      #expect(agree(explanation.columns, expected, within: 1e-9))
      #expect(agree(explanation.baseValues, values[0], within: 1e-9))
      #expect(agree(try forest.predict(sample).probabilities, values.last!, within: 1e-9))
    }
  }

  /// Two columns of one number are one player of the game.
  @Test(arguments: UInt64(0)..<4)
  func aNumberThatMayBeMissingIsKnownWithBothColumnsOrNot(seed: UInt64) throws {
    let forest = try forestWithHoles(treeCount: 4, maximumLeafCount: nil, seed: seed)
    let trees = try (0..<forest.treeCount).map { TextbookTree(try forest.tree($0)) }
    #expect(trees.contains { $0.testsBoth(0, 1) } && trees.contains { $0.testsBoth(2, 3) })
    // x, y and three levels.
    let players = [0, 0, 1, 1, 2, 3, 4]
    for sample in samples + [[.nan, .nan, 2], [.nan, .infinity, 0]] {
      let columns = forest.schema.columns(of: sample)
      let values = (0..<1 << 5).map { subset in
        var sum = [0.0, 0.0, 0.0]
        for tree in trees {
          tree.add(to: &sum, share: 1 / 4, knowing: subset, of: columns, players)
        }
        return sum
      }
      let expected = (0..<5).map { shapleyValue(of: $0, 5, values) }
      let explanation = try forest.explain(sample)
      let nothing = [0.0, 0.0, 0.0]
      #expect(
        agree(
          explanation.columns,
          expected[0] + nothing + expected[1] + nothing + expected[2...].flatMap(\.self),
          within: 1e-9))
      #expect(agree(Array(explanation.inputs.prefix(6)), expected[0] + expected[1], within: 1e-9))
      #expect(agree(explanation.baseValues, values[0], within: 1e-9))
      #expect(agree(try forest.predict(sample).probabilities, values.last!, within: 1e-9))
    }
    let cost = try forest.explanationCost()
    let longest = trees.map(\.depth).max()!
    #expect(cost.isWithinBounds && cost.depth == longest)
    let nodeCount = try (0..<forest.treeCount).reduce(0) { $0 + (try forest.tree($1)).nodes.count }
    #expect(cost.steps == nodeCount * 3 * 3)
  }

  /// The mean over all orders of what a column adds to those before it.
  private func shapleyValue(
    of column: Int, _ columnCount: Int, _ values: [[Double]]
  ) -> [Double] {
    var result = [Double](repeating: 0, count: values[0].count)
    for subset in values.indices where subset & 1 << column == 0 {
      // One over the number of ways to choose as many columns before it, over the column count.
      let size = subset.nonzeroBitCount
      var weight = 1 / Double(columnCount)
      for k in 0..<size { weight *= Double(k + 1) / Double(columnCount - 1 - k) }
      for label in result.indices {
        result[label] += weight * (values[subset | 1 << column][label] - values[subset][label])
      }
    }
    return result
  }

  @Test(arguments: [2, 30, nil])
  func theMeanAndTheContributionsAddUpToThePrediction(maximumLeafCount: Int?) throws {
    let forest = try forest(seed: 5, maximumLeafCount: maximumLeafCount)
    for sample in samples {
      let explanation = try forest.explain(sample)
      let prediction = try forest.predict(sample)
      for (label, probability) in prediction.probabilities.enumerated() {
        for contributions in [explanation.columns, explanation.inputs] {
          let sum = stride(from: label, to: contributions.count, by: 3)
            .reduce(explanation.baseValues[label]) { $0 + contributions[$1] }
          #expect(abs(sum - probability) < 1e-9)
        }
      }
    }
  }

  /// On a path whose tests are all alike every column has the same part, whatever the length.
  @Test(arguments: [1, 2, 8, 9, 17, 250])
  func longPathsAreExplainedExactly(columnCount: Int) throws {
    let features = (0..<columnCount).map { Feature(name: "x\($0)", kind: .numeric) }
    let schema = FeatureSchema(fitting: Dataset(features: features, classes: ["no", "yes"]))
    // Each column is tested twice; what goes left is a leaf, of three quarters go right.
    var tree = DecisionTree(nodes: [])
    var cover = 1.0
    for test in 0..<2 * columnCount {
      tree.nodes += [
        .split(
          column: test % columnCount, threshold: Double(test / columnCount), left: 2 * test + 1),
        .leaf(distribution: [1, 0]),
      ]
      tree.covers += [cover, cover / 4]
      cover *= 0.75
    }
    tree.nodes.append(.leaf(distribution: [0, 1]))
    tree.covers.append(cover)
    let forest = try Forest(schema: schema, trees: [tree])
    let explanation = try forest.explain(Array(repeating: 2, count: columnCount))
    let part = (1 - cover) / Double(columnCount)
    let expected = (0..<columnCount).flatMap { _ in [-part, part] }
    #expect(agree(explanation.columns, expected, within: 1e-13))
    #expect(agree(explanation.baseValues, [1 - cover, cover], within: 1e-13))
  }

  @Test(arguments: [1, 3])
  func manyExplanationsAreThoseOfEach(threadCount: Int) throws {
    let forest = try forest(seed: 7)
    let many = Array(repeating: samples, count: 30).joined().map(\.self)
    let explanations = try forest.explanations(of: many.flatMap(\.self), threadCount: threadCount)
    #expect(explanations == (try many.map { try forest.explain($0) }))
    #expect(try forest.explanations(of: []) == [])
  }

  @Test func anInputsContributionIsTheSumOfItsColumns() throws {
    let forest = try forest(seed: 6)
    for sample in samples {
      let explanation = try forest.explain(sample)
      for (input, columns) in [0..<1, 1..<5, 5..<8].enumerated() {
        for label in 0..<3 {
          let sum = columns.reduce(0) { $0 + explanation.columns[3 * $1 + label] }
          #expect(abs(explanation.inputs[3 * input + label] - sum) < 1e-12)
        }
      }
    }
  }

  @Test func anInputThatNoTreeTestsContributesNothing() throws {
    // A constant input cannot be tested; the other one, tested many times on a path, moves all.
    var generator = SeededGenerator(seed: 9)
    var dataset = Dataset(
      features: ["x", "constant"].map { Feature(name: $0, kind: .numeric) }, classes: ["a", "b"])
    for _ in 0..<200 { dataset.append([generator.uniform(), 1], label: generator.below(2)) }
    let forest = try syntheticForest(dataset, treeCount: 5, maximumLeafCount: nil)
    for x in [0.05, 0.5, 0.93] {
      let explanation = try forest.explain([x, 1])
      let probabilities = try forest.predict([x, 1]).probabilities
      #expect(explanation.inputs[2...] == [0, 0])
      for label in 0..<2 {
        let moved = probabilities[label] - explanation.baseValues[label]
        #expect(abs(explanation.inputs[label] - moved) < 1e-9)
      }
    }
  }
}

extension TextbookTree {
  /// Whether some path tests both columns.
  fileprivate func testsBoth(_ one: Int, _ other: Int) -> Bool {
    guard case .split(let column, _, let left, let right, _) = self else { return false }
    func tests(_ wanted: Int) -> Bool {
      (left.splits + right.splits).contains { $0.column == wanted }
    }
    return column == one && tests(other) || column == other && tests(one)
      || left.testsBoth(one, other) || right.testsBoth(one, other)
  }

  /// Adds the tree's expectation when the columns of a subset of players are known and the others are
  /// as the training samples went.
  ///
  /// - Parameter players: for each column its player.
  fileprivate func add(
    to sum: inout [Double], share: Double, knowing subset: Int, of columns: [Double],
    _ players: [Int]
  ) {
    switch self {
    case .leaf(let distribution, _):
      for label in sum.indices { sum[label] += share * distribution[label] }
    case .split(let column, let threshold, let left, let right, let cover):
      let leftShare: Double
      if subset & 1 << players[column] != 0 {
        leftShare = columns[column] <= threshold ? 1 : 0
      } else {
        leftShare = left.cover / cover
      }
      if leftShare > 0 {
        left.add(to: &sum, share: share * leftShare, knowing: subset, of: columns, players)
      }
      if leftShare < 1 {
        right.add(to: &sum, share: share * (1 - leftShare), knowing: subset, of: columns, players)
      }
    }
  }
}
