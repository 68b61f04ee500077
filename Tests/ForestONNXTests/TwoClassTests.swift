import Foundation
import RandomForest
import TestSupport
import Testing

@testable import ForestONNX

/// Models of two classes, of which ONNX Runtime makes one score or two.
/// Tests/System/test_onnx_two_classes.py compares them with what it says itself.
struct TwoClassTests {
  /// Random trees of two classes.
  ///
  /// - Parameter weigh: the weights of a leaf.
  private func random(
    _ generator: inout SeededGenerator, treeCount: Int, _ transform: String, base: [Float] = [],
    _ weigh: (inout SeededGenerator) -> [Double]
  ) -> SmallModel {
    var model = SmallModel.random(&generator, treeCount: treeCount)
    model.classes = ["no", "yes"]
    model.transform = transform
    model.baseValues = base
    for tree in model.trees.indices {
      for node in model.trees[tree].indices where model.trees[tree][node].comparison == "LEAF" {
        model.trees[tree][node].weights = weigh(&generator)
      }
    }
    return model
  }

  private func samples(_ model: SmallModel, _ generator: inout SeededGenerator) -> [[Double]] {
    let numbers: [Double] = [0] + model.thresholds.flatMap { [$0, $0.nextUp, $0.nextDown] }
    return (0..<300).map { _ in
      (0..<3).map { column in
        column == 2 ? Double(generator.below(3)) : numbers[generator.below(numbers.count)]
      }
    }
  }

  @Test(arguments: [[], [0.25]] as [[Float]])
  func oneScoreOfBoostedTreesIsThatOfTheSecondClass(base: [Float]) throws {
    var generator = SeededGenerator(seed: printedSeed())
    for treeCount in [2, 5, 20] {
      let model = random(&generator, treeCount: treeCount, "LOGISTIC", base: base) {
        [$0.uniform() * 2 - 1.2]
      }
      let made = try model.forest()
      #expect(made.isFolded && made.forest.schema.classes == ["no", "maybe", "yes"])
      for sample in samples(model, &generator) {
        let score = Double(model.scores(sample)[0])
        let found = try made.forest.predict(sample)
        #expect((found.probabilities[2] - 1 / (1 + exp(-score))).magnitude < 1e-12)
        #expect((found.probabilities[0] + found.probabilities[2] - 1).magnitude < 1e-12)
        #expect(found.label == (score > 0 ? 2 : 0))
      }
    }
  }

  @Test func aForestOfOneScoreKeepsItsTrees() throws {
    var generator = SeededGenerator(seed: printedSeed())
    for treeCount in [1, 3, 30] {
      let model = random(&generator, treeCount: treeCount, "NONE") {
        [[0, 0.125, 0.5, 1][$0.below(4)] / Double(treeCount)]
      }
      let made = try model.forest()
      #expect(!made.isFolded && made.forest.treeCount == treeCount)
      for sample in samples(model, &generator) {
        let score = Double(model.scores(sample)[0])
        let found = try made.forest.predict(sample)
        #expect((found.probabilities[2] - score).magnitude < 1e-6)
        #expect(found.probabilities.reduce(0, +) == 1 || treeCount > 1)
        #expect((found.label == 2) == (score > 0.5) || (score - 0.5).magnitude < 1e-6)
      }
    }
  }

  /// As CatBoost writes them.
  @Test func twoOppositeScoresAreRead() throws {
    var generator = SeededGenerator(seed: printedSeed())
    let model = random(&generator, treeCount: 6, "LOGISTIC") {
      let weight = $0.uniform() * 2 - 1
      return [-weight, weight]
    }
    let forest = try model.forest().forest
    for sample in samples(model, &generator) {
      let score = Double(model.scores(sample)[1])
      let found = try forest.predict(sample)
      #expect((found.probabilities[2] - 1 / (1 + exp(-score))).magnitude < 1e-12)
      #expect(found.label == (score > 0 ? 2 : 0))
    }
  }

  struct Case: CustomTestStringConvertible {
    let words: String
    var transform = "NONE"
    /// Of the two leaves of each tree.
    var weights: [[Double]]
    var base: [Float] = []
    var testDescription: String { "\(words) (\(transform), \(weights), \(base))" }
  }

  @Test(arguments: [
    Case(words: "of one score with weights below 0 or SOFTMAX", weights: [[0.25], [-0.25]]),
    Case(
      words: "of one score with weights below 0 or SOFTMAX", transform: "SOFTMAX",
      weights: [[0.25], [0.5]]),
    Case(words: "of one score with two base_values", weights: [[0.25], [0.5]], base: [0, 0]),
    Case(words: "its sums are no probabilities: 0.0, 2.0", weights: [[1], [1]]),
    Case(
      words: "where the probabilities are 0.4", transform: "LOGISTIC", weights: [[0.1], [0.1]]),
    Case(
      words: "that both have weights, and base_values", weights: [[0.5, 0], [0, 0.5]], base: [0]),
    Case(words: "no tree weighs the second one in every leaf", weights: [[0.5, 0], [0.5]]),
    Case(
      words: "wherever one of the trees has a share for the second one",
      weights: [[0.5, 0], [0, 0.5]]),
    Case(
      words: "names another class than that of the greatest probability where",
      transform: "SOFTMAX",
      weights: [[0.5, 0.25], [0, 0.5]]),
  ])
  func whatOnnxRuntimeAnswersOtherwiseIsRefused(_ test: Case) throws {
    var model = SmallModel.stumps
    model.classes = ["no", "yes"]
    model.transform = test.transform
    model.baseValues = test.base
    for tree in model.trees.indices {
      for leaf in 0..<2 { model.trees[tree][leaf + 1].weights = test.weights[leaf] }
    }
    #expect { try model.forest() } throws: {
      if !"\($0)".contains(test.words) { print("says: \($0)") }
      return "\($0)".contains(test.words)
    }
    guard test.words.hasPrefix("where") || test.words.hasPrefix("names") else { return }
    #expect { try model.forest() } throws: { "\($0)".contains("del model.graph.output[0]") }
    model.change = { $0.graph.output.removeFirst() }
    #expect(try model.forest().forest.predict([0, 0, 0]).probabilities[1] == 0)
  }

  @Test func probabilitiesThatAreDividedAreRefused() throws {
    var model = SmallModel.stumps
    model.transform = "SOFTMAX"
    model.change = SmallModel.halveSums
    #expect { try model.forest() } throws: { "\($0)".contains("its probabilities are divided") }
    model.transform = "NONE"
    model.classes = ["no", "yes"]
    for tree in model.trees.indices {
      for leaf in 1...2 { model.trees[tree][leaf].weights = [0.5] }
    }
    #expect { try model.forest() } throws: { "\($0)".contains("its probabilities are divided") }
  }
}
