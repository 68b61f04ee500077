import TestSupport
import Testing

@testable import RandomForest

/// What the settings promise of each tree.
extension ForestTrainingTests {
  private static func trees(_ change: (inout ForestParameters) -> Void) throws -> [TextbookTree] {
    try NaiveForest(train(dataset, parameters(change))).trees
  }

  /// Trees that nothing limits, which break every limit tested here.
  private static let full = try! trees { $0.maximumLeafCount = nil }

  @Test(arguments: [2, 3, 17])
  func noTreeHasMoreLeavesThanAllowed(limit: Int) throws {
    let trees = try Self.trees { $0.maximumLeafCount = limit }
    #expect(trees.allSatisfy { $0.leaves.count == limit }, "there is enough to split")
    #expect(Self.full.allSatisfy { $0.leaves.count > 17 })
  }

  @Test(arguments: [1, 2, 5], [nil, 200])
  func noTreeIsDeeperThanAllowed(limit: Int, leaves: Int?) throws {
    let trees = try Self.trees {
      $0.maximumDepth = limit
      $0.maximumLeafCount = leaves
    }
    #expect(trees.map(\.depth).max() == limit)
    #expect(Self.full.allSatisfy { $0.depth > 5 })
  }

  @Test(arguments: [2, 10, 100], ForestTrainingTests.strategies)
  func noLeafHasFewerSamplesThanAllowed(limit: Int, strategy: SplitStrategy) throws {
    let trees = try Self.trees {
      $0.minimumSamplesPerLeaf = limit
      $0.maximumLeafCount = nil
      $0.strategy = strategy
    }
    #expect(trees.allSatisfy { $0.leaves.allSatisfy { $0.cover >= Double(limit) } })
    #expect(trees.contains { $0.leaves.count > 1 })
    #expect(Self.full.allSatisfy { $0.leaves.contains { $0.cover < 2 } })
  }

  static let strategies: [SplitStrategy] = [.best, .random]

  @Test(arguments: [3, 10, 100])
  func noNodeOfFewerSamplesThanAllowedIsSplit(limit: Int) throws {
    let trees = try Self.trees {
      $0.minimumSamplesPerSplit = limit
      $0.maximumLeafCount = nil
    }
    let covers = trees.flatMap { $0.splits.map(\.cover) }
    #expect(covers.allSatisfy { $0 >= Double(limit) } && !covers.isEmpty)
    #expect(Self.full.contains { $0.splits.contains { $0.cover < 3 } })
  }

  @Test(arguments: [0.005, 0.02, 0.1], [SplitCriterion.gini, .entropy])
  func everySplitRemovesTheImpurityAskedFor(limit: Double, criterion: SplitCriterion) throws {
    let trees = try Self.trees {
      $0.minimumImpurityDecrease = limit
      $0.maximumLeafCount = nil
      $0.criterion = criterion
    }
    func removals(_ tree: TextbookTree) -> [Double] {
      tree.splits.map { $0.impurityRemoved(criterion) / tree.cover }
    }
    #expect(trees.allSatisfy { removals($0).allSatisfy { $0 >= limit - 1e-12 } })
    #expect(trees.contains { $0.leaves.count > 1 })
    #expect(Self.full.allSatisfy { removals($0).contains { $0 < limit } })
  }

  /// Each x has the same share of the classes, so that no test of x gains anything by itself, and
  /// rounding makes less than nothing of it; x and y together tell the classes.
  @Test func aSplitThatGainsNothingIsMadeForWhatComesAfterIt() throws {
    var dataset = Dataset(
      features: ["x", "y"].map { Feature(name: $0, kind: .numeric) }, classes: ["a", "b"])
    for (x, count) in [1, 13, 12].enumerated() {
      dataset.append([Double(x), Double(x % 2)], label: 0, weight: count)
      dataset.append([Double(x), Double(1 - x % 2)], label: 1, weight: 2 * count)
    }
    let forest = try Self.train(
      dataset,
      Self.parameters {
        $0.bootstrap = false
        $0.maximumFeatures = .fraction(0.5)
      })
    let trees = try NaiveForest(forest).trees
    #expect(Set(trees.map { $0.splits.first?.column }) == [0, 1])
    #expect(trees.allSatisfy { $0.leaves.allSatisfy { $0.distribution.contains(1) } })
  }

  @Test func theSharesOfEveryLeafAndPredictionAddUpToOne() throws {
    let forest = try Self.train()
    for tree in try NaiveForest(forest).trees {
      #expect(tree.cover == 900)
      #expect(tree.leaves.allSatisfy { abs($0.distribution.reduce(0, +) - 1) < 1e-15 })
    }
    let probabilities = try forest.probabilities(of: Self.dataset.values)
    for row in 0..<Self.dataset.rowCount {
      #expect(abs(probabilities[row * 3..<row * 3 + 3].reduce(0, +) - 1) < 1e-12)
    }
  }
}
