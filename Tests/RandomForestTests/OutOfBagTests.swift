import POSIX
import TestSupport
import Testing

@testable import RandomForest

struct OutOfBagTests {
  /// A column that is split in one of three ways: midway between values, at the nearest of many
  /// cuts, and at quantiles.
  struct Shape: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let valueCount: Int
    let maximumBinCount: Int
  }

  static let shapes = [
    Shape(testDescription: "few values", valueCount: 40, maximumBinCount: 256),
    Shape(testDescription: "many values", valueCount: 900, maximumBinCount: 65_536),
    Shape(testDescription: "quantiles", valueCount: 900, maximumBinCount: 32),
  ]

  private static func dataset(valueCount: Int, rowCount: Int = 900) -> Dataset {
    var generator = SeededGenerator(seed: 30)
    var dataset = Dataset(
      features: [
        Feature(name: "x", kind: .numeric), Feature(name: "y", kind: .numeric),
        Feature(name: "c", kind: .categorical(levels: ["p", "q", "r"])),
      ], classes: ["a", "b", "c"])
    for _ in 0..<rowCount {
      // Gaps of unequal width, so that a midpoint may lie beyond the next value.
      let x = pow(Double(generator.below(valueCount)), 2)
      let y = generator.below(9) == 0 ? .nan : Double(generator.below(valueCount))
      let c = generator.below(3)
      let label = generator.below(3) == 0 ? generator.below(3) : x < y * y ? c : 0
      dataset.append([x, y, Double(c)], label: label, weight: 1 + generator.below(4))
    }
    return dataset
  }

  private static func trainer(maximumBinCount: Int, bootstrap: Bool = true) -> ForestTrainer {
    var parameters = ForestParameters()
    parameters.treeCount = 25
    parameters.maximumLeafCount = 40
    parameters.maximumBinCount = maximumBinCount
    parameters.bootstrap = bootstrap
    parameters.seed = 31
    var trainer = ForestTrainer(parameters, threadCount: 2)
    trainer.estimatesOutOfBag = true
    return trainer
  }

  /// The file's thresholds put every training sample into the leaf that was grown for it.
  @Test(arguments: shapes, [false, true])
  func theTreesOfTheFileDivideTheSamplesAsTheyWereGrown(shape: Shape, mayMiss: Bool) throws {
    let dataset = Self.dataset(valueCount: shape.valueCount)
    let schema = mayMiss ? schemaWithMissing(of: dataset) : plainSchema(of: dataset)
    let forest = try Self.trainer(maximumBinCount: shape.maximumBinCount, bootstrap: false)
      .train(dataset, schema: schema).forest
    for tree in try NaiveForest(forest).trees { tree.expectLeaves(of: dataset, schema) }
  }

  @Test(arguments: shapes, [false, true])
  func estimatesAreWhatTheTreesSayOfSamplesTheyHaveNotSeen(shape: Shape, mayMiss: Bool) throws {
    let dataset = Self.dataset(valueCount: shape.valueCount)
    let schema = mayMiss ? schemaWithMissing(of: dataset) : plainSchema(of: dataset)
    let trainer = Self.trainer(maximumBinCount: shape.maximumBinCount)
    let result = try trainer.train(dataset, schema: schema)
    let estimates = try #require(result.outOfBag)

    // Which rows each tree drew, by the generator that drew them.
    let coded = CodedDataset(
      dataset, schema.inputs, binLimit: shape.maximumBinCount, threadCount: 1)
    let table = TrainingTable<UInt16>(
      coded, labels: dataset.labels, samples: dataset.weights, weights: nil, classCount: 3,
      keepsSources: true)
    let draw = SampleDraw(weights: table.weights)
    let drawn = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: table.rowCount)
    defer { drawn.deallocate() }
    var sums = [Double](repeating: 0, count: dataset.rowCount * 3)
    let columns = (0..<dataset.rowCount).map { schema.columns(of: dataset.row($0)) }
    for (number, tree) in try NaiveForest(result.forest).trees.enumerated() {
      var generator = SeededGenerator(seed: 31, stream: UInt64(number) + 1)
      draw.draw(into: drawn, &generator)
      #expect(drawn.reduce(0) { $0 + Int($1) } == dataset.sampleCount)
      for row in 0..<dataset.rowCount {
        // The share of the row's samples that the tree has not seen, on average.
        let source = Int(table.rowOfSource![row])
        let share = pow(1 - 1 / Double(table.weights[source]), Double(drawn[source]))
        for (label, probability) in tree.distribution(of: columns[row]).enumerated() {
          sums[row * 3 + label] += share * probability
        }
      }
    }
    var evaluation = Evaluation(classes: dataset.classes)
    for row in 0..<dataset.rowCount {
      let own = sums[row * 3..<row * 3 + 3]
      let total = own.reduce(0, +)
      let stated = Array(estimates.probabilities[row * 3..<row * 3 + 3])
      guard total > 0 else {
        #expect(stated.allSatisfy { $0.isNaN })
        continue
      }
      #expect(zip(stated, own).allSatisfy { abs($0 - $1 / total) < 1e-9 }, "row \(row)")
      evaluation.add(
        probabilities: stated, actual: dataset.labels[row], weight: dataset.weights[row])
    }
    #expect(estimates.evaluation == evaluation)
  }

  @Test func aSampleThatEveryTreeHasSeenHasNoEstimate() throws {
    let dataset = syntheticDataset(rowCount: 100, seed: 32)
    var trainer = ForestTrainer(ForestTrainingTests.parameters { $0.treeCount = 1 })
    trainer.estimatesOutOfBag = true
    let schema = plainSchema(of: dataset)
    let estimates = try #require(try trainer.train(dataset, schema: schema).outOfBag)
    let unseen = (0..<100).filter { !estimates.probabilities[$0 * 3].isNaN }
    // A tree does not see a share of (1 - 1/n)ⁿ, 37 of 100.
    #expect(20...55 ~= unseen.count)
    #expect(estimates.evaluation.confusion.total == unseen.count)
    trainer.parameters.bootstrap = false
    let twice = dataset.reweighted(dataset.weights.map { 2 * $0 })
    let none = try #require(try trainer.train(twice, schema: schema).outOfBag)
    #expect(none.probabilities.allSatisfy { $0.isNaN })
  }

  @Test func estimatesDoNotDependOnThreadsAndAreMadeOnlyWhenAskedFor() throws {
    let dataset = Self.dataset(valueCount: 50, rowCount: 200)
    let schema = plainSchema(of: dataset)
    var trainer = Self.trainer(maximumBinCount: 256)
    let two = try #require(try trainer.train(dataset, schema: schema).outOfBag)
    trainer.threadCount = 1
    let one = try #require(try trainer.train(dataset, schema: schema).outOfBag)
    #expect(one.probabilities.map(\.bitPattern) == two.probabilities.map(\.bitPattern))
    #expect(one.evaluation == two.evaluation)
    trainer.estimatesOutOfBag = false
    #expect(try trainer.train(dataset, schema: schema).outOfBag == nil)
  }
}

extension TextbookTree {
  /// Expects each leaf to hold the samples that its tests lead to it.
  fileprivate func expectLeaves(of dataset: Dataset, _ schema: FeatureSchema) {
    #expect(Double(dataset.sampleCount) == cover)
    switch self {
    case .leaf(let distribution, let cover):
      for (label, count) in dataset.classCounts.enumerated() {
        #expect(abs(distribution[label] - Double(count) / cover) < 1e-12)
      }
    case .split(let column, let threshold, let left, let right, _):
      let goesLeft = (0..<dataset.rowCount).map {
        schema.columns(of: dataset.row($0))[column] <= threshold
      }
      func side(_ isLeft: Bool) -> Dataset {
        dataset.reweighted(zip(goesLeft, dataset.weights).map { $0 == isLeft ? $1 : 0 })
      }
      left.expectLeaves(of: side(true), schema)
      right.expectLeaves(of: side(false), schema)
    }
  }
}
