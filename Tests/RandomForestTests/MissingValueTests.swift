import TestSupport
import Testing

@testable import RandomForest

/// Numbers that may be missing: what a split learns of them.
struct MissingValueTests {
  /// Samples of one number.
  private static func column(
    _ values: [Double], labels: [Int], weights: [Int]? = nil
  ) -> Dataset {
    Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: ["a", "b"], values: values,
      labels: labels, weights: weights)
  }

  private static func forest(
    _ dataset: Dataset, _ change: (inout ForestParameters) -> Void = { _ in }
  ) throws -> Forest {
    let parameters = ForestTrainingTests.parameters {
      $0.treeCount = 1
      $0.bootstrap = false
      $0.maximumLeafCount = nil
      $0.maximumFeatures = .all
      change(&$0)
    }
    return try ForestTrainer(parameters).train(dataset, schema: schemaWithMissing(of: dataset))
      .forest
  }

  static let strategies: [SplitStrategy] = [.best, .random]

  // MARK: What a split learns

  @Test(arguments: [0, 1], SplitCriterion.allOfThem)
  func missingValuesGoToTheSideOfTheirClass(label: Int, criterion: SplitCriterion) throws {
    let dataset = Self.column(
      [1, 2, 3, 4, 5, 6, .nan, -.nan, .signalingNaN],
      labels: [0, 0, 0, 1, 1, 1, label, label, label])
    let forest = try Self.forest(dataset) { $0.criterion = criterion }
    let tree = TextbookTree(try forest.tree(0))
    #expect(tree.splits.map(\.threshold) == [3.5] && tree.splits[0].column == 1 - label)
    for (value, expected) in [(-1e300, 0), (3.5, 0), (3.6, 1), (.infinity, 1), (.nan, label)] {
      #expect(try forest.predict([value]).label == expected)
    }
    #expect(forest.thresholds(ofInput: 0) == [3.5])
  }

  @Test(arguments: strategies)
  func missingValuesArePartedFromAllNumbers(strategy: SplitStrategy) throws {
    let dataset = Self.column([1, 2, 3, .nan, .nan, .infinity], labels: [0, 0, 0, 1, 1, 0])
    let forest = try Self.forest(dataset) { $0.strategy = strategy }
    #expect(try forest.tree(0).nodes.count == 3)
    for number in [1, 3, 1e300, -1e300, .infinity, -.infinity, 0] {
      #expect(try forest.predict([number]).label == 0, "\(number)")
    }
    #expect(try forest.predict([.nan]).label == 1)
    #expect(try forest.predict([-.signalingNaN]).label == 1)
    #expect(forest.thresholds(ofInput: 0).isEmpty)
  }

  @Test(arguments: [[1.0, 2, 3, 10], [1.0, 8, 9, 10]], strategies)
  func whereNoneIsMissingTheyGoWithTheMore(values: [Double], strategy: SplitStrategy) throws {
    let dataset = Self.column(values, labels: values.map { $0 < 5 ? 0 : 1 })
    let forest = try Self.forest(dataset) {
      $0.strategy = strategy
      $0.treeCount = 30
    }
    let majority = values.count { $0 < 5 } > 2 ? 0 : 1
    for tree in 0..<30 {
      let split = TextbookTree(try forest.tree(tree)).splits[0]
      #expect(split.column == (split.left.cover > split.right.cover ? 1 : 0))
    }
    if strategy == .best { #expect(try forest.predict([.nan]).label == majority) }
  }

  @Test(arguments: [2, 3, 16, 256])
  func missingValuesShareNoQuantile(limit: Int) throws {
    var generator = SeededGenerator(seed: 40)
    var values = (0..<2000).map { _ in generator.uniform() }
    var labels = values.map { _ in 0 }
    for place in [7, 900, 1500] { (values[place], labels[place]) = (.nan, 1) }
    var codes = [Int](repeating: -1, count: values.count)
    let bins = NumericBins(
      values, weights: values.map { _ in 1 }, limit: limit, separatesMissing: true
    ) { codes[$0] = $1 }
    #expect(!bins.isExact && bins.codeCount <= max(limit, 3))
    #expect(bins.missingCode == bins.codeCount - 1 && bins.cuts.last == .infinity)
    #expect(values.indices.allSatisfy { (codes[$0] == bins.missingCode) == values[$0].isNaN })
    #expect(zip(bins.cuts, bins.cuts.dropFirst()).allSatisfy(<))
    let forest = try Self.forest(Self.column(values, labels: labels)) {
      $0.maximumBinCount = limit
    }
    #expect(try forest.predict([.nan]).probabilities == [0, 1])
    #expect(try forest.predict([0.5]).probabilities == [1, 0])
  }

  @Test func nothingButMissingValuesIsNotSplit() throws {
    let forest = try Self.forest(Self.column([.nan, .nan, -.nan], labels: [0, 1, 0]))
    #expect(try forest.tree(0).nodes == [.leaf(distribution: [2.0 / 3, 1.0 / 3])])
    #expect(forest.schema.inputs[0].observedRange == nil)
  }

  /// The first split against all that there are, after the definition.
  @Test(arguments: UInt64(0)..<12)
  func theFirstSplitIsTheBestOfAllCutsAndSides(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed, stream: 41)
    let size = 5 + generator.below(30)
    let values = (0..<size).map { _ in generator.below(3) == 0 ? .nan : Double(generator.below(6)) }
    let labels = values.map { $0.isNaN && seed % 2 == 0 ? 1 : generator.below(2) }
    let weights = values.map { _ in 1 + generator.below(3) }
    let dataset = Self.column(values, labels: labels, weights: weights)
    for criterion in SplitCriterion.allOfThem {
      func leaf(_ rows: [Int]) -> TextbookTree {
        let counts = (0..<2).map { label in
          Double(rows.filter { labels[$0] == label }.reduce(0) { $0 + weights[$1] })
        }
        let sum = counts[0] + counts[1]
        return .leaf(distribution: counts.map { $0 / sum }, cover: sum)
      }
      var most = 0.0
      for cut in [0.0, 1, 2, 3, 4, 5, .infinity] {
        for missingIsLeft in [false, true] {
          let isLeft = values.map { $0.isNaN ? missingIsLeft : $0 <= cut }
          let (left, right) = (
            values.indices.filter { isLeft[$0] }, values.indices.filter { !isLeft[$0] }
          )
          guard !left.isEmpty, !right.isEmpty else { continue }
          let split = TextbookTree.Split(
            column: 0, threshold: cut, cover: Double(weights.reduce(0, +)), left: leaf(left),
            right: leaf(right))
          most = max(most, split.impurityRemoved(criterion))
        }
      }
      let tree = TextbookTree(
        try Self.forest(dataset) {
          $0.criterion = criterion
          $0.maximumDepth = 1
        }.tree(0))
      let found = tree.splits.first?.impurityRemoved(criterion) ?? 0
      #expect(abs(found - most) < 1e-9, "\(criterion)")
    }
  }

  @Test func aBinnedNumberThatIsMissingIsInNoBin() throws {
    let dataset = Self.column([1, 2, 3, 4, .nan, .nan], labels: [0, 0, 0, 0, 1, 1])
    let schema = FeatureSchema(
      fitting: dataset, encodings: [.bins(edges: [2], labels: ["low", "high"])])
    let parameters = ForestTrainingTests.parameters {
      $0.bootstrap = false
      $0.maximumFeatures = .all
    }
    let forest = try ForestTrainer(parameters).train(dataset, schema: schema).forest
    #expect(try forest.predict([.nan]).probabilities == [0, 1])
    #expect(try forest.predict([1]).probabilities == [1, 0])
    #expect(try forest.predict([9]).probabilities == [1, 0])
  }
}

extension SplitCriterion {
  fileprivate static let allOfThem: [SplitCriterion] = [.gini, .entropy]
}
