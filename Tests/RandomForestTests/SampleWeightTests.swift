import TestSupport
import Testing

@testable import RandomForest

/// Samples that count differently; trees without chance are compared with scikit-learn's in
/// GoldenTreeTests.
struct SampleWeightTests {
  private static let dataset = ForestTrainingTests.dataset
  private static let schema = plainSchema(of: dataset)

  private static func train(
    _ weights: [Double], of dataset: Dataset = dataset, trees: Int = 12,
    _ change: (inout ForestParameters) -> Void = { _ in }
  ) throws -> ForestTrainer.Result {
    var trainer = ForestTrainer(ForestTrainingTests.parameters(change))
    trainer.parameters.treeCount = trees
    trainer.estimatesOutOfBag = trainer.parameters.bootstrap
    return try trainer.train(dataset, schema: schema, sampleWeights: weights)
  }

  @Test(arguments: [true, false])
  func rowsThatCountNothingAreAsIfAbsent(bootstrap: Bool) throws {
    let weights = Self.dataset.labels.map { $0 == 2 ? 0 : 0.7 }
    let forest = try Self.train(weights) { $0.bootstrap = bootstrap }.forest
    let probabilities = try forest.probabilities(of: Self.dataset.values)
    #expect(stride(from: 2, to: probabilities.count, by: 3).allSatisfy { probabilities[$0] == 0 })
  }

  @Test func aScaleOfAllChangesNothing() throws {
    let weights = (0..<Self.dataset.rowCount).map { 1 + Double($0 % 7) / 3 }
    for bootstrap in [true, false] {
      let forests = try [1e-9, 1, 1e12].map { scale in
        try Self.train(weights.map { $0 * scale }) { $0.bootstrap = bootstrap }.forest
      }
      let probabilities = try forests.map { try $0.probabilities(of: Self.dataset.values) }
      #expect(
        agree(probabilities[0], probabilities[1]) && agree(probabilities[2], probabilities[1]))
    }
  }

  /// In one leaf of all rows, whose share of a class is the mean of what the trees drew.
  @Test func samplesAreDrawnInProportion() throws {
    let weights = Self.dataset.labels.map { [0.25, 1, 3.5][$0] }
    let counts = Self.dataset.classCounts.map(Double.init)
    let sums = zip(counts, [0.25, 1, 3.5]).map(*)
    let forest = try Self.train(weights, trees: 400) { $0.minimumSamplesPerSplit = 100_000 }.forest
    let shares = try forest.probabilities(of: Array(Self.dataset.row(0)))
    for (share, sum) in zip(shares, sums) {
      let expected = sum / sums.reduce(0, +)
      let error = (expected * (1 - expected) / Double(400 * Self.dataset.sampleCount)).squareRoot()
      #expect(abs(share - expected) < 4 * error)
    }
  }

  @Test func whatIsNeverDrawnIsOutOfEveryBag() throws {
    let weights = (0..<Self.dataset.rowCount).map { $0 < 5 ? 0 : 1.0 }
    let result = try Self.train(weights)
    let own = try result.forest.probabilities(of: Self.dataset.values)
    // Rows that count and are equal to one of them would be seen: there are none.
    #expect(agree(Array(result.outOfBag!.probabilities[..<15]), Array(own[..<15]), within: 1e-9))
  }

  @Test(arguments: [
    [], [1], [-1, 1], [.nan, 1], [.infinity, 1], [0, 0],
    [.greatestFiniteMagnitude, .greatestFiniteMagnitude],
  ])
  func weightsThatCountNothingSensibleAreRefused(weights: [Double]) {
    let dataset = Self.dataset
    let two = Dataset(
      features: dataset.features, classes: dataset.classes,
      values: Array(dataset.values[..<(2 * dataset.featureCount)]), labels: [0, 1])
    #expect(
      throws: TrainingError(
        description: "sample weights are numbers from 0 on, one a row, not all 0")
    ) { try Self.train(weights, of: two) }
  }

  @Test func theFewestSamplesAreNotWeighedWithoutDraws() {
    #expect(throws: TrainingError.self) {
      try Self.train(Self.dataset.labels.map { _ in 1 }) {
        $0.bootstrap = false
        $0.minimumSamplesPerLeaf = 5
      }
    }
  }
}
