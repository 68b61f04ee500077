import Foundation
import RandomForest
import TestSupport
import Testing

@testable import ForestONNX

/// Models that can be read, and what becomes of them.
struct ImportTests {
  @Test func aForestKeepsItsTreesAndEveryThreshold() throws {
    let made = try SmallModel.stumps.forest()
    #expect(made.treeCount == 2 && !made.isFolded && made.encoding == 0)
    let forest = made.forest
    #expect(forest.treeCount == 2 && !forest.hasCovers)
    let threshold = Double(Float(1.1))
    // Half way to the next number of 32 bits all doubles round to the threshold.
    let last = (threshold + Double(Float(1.1).nextUp)) / 2
    for (x, right) in [(threshold, false), (last.nextDown, false), (last.nextUp, true)] {
      let first = right ? [0, 0.5, 0.5] : [1.0, 0, 0]
      let found = try forest.predict([x, 0, 0])
      #expect(found.probabilities == zip(first, [0, 1.0, 0]).map { ($0 + $1) / 2 })
    }
    #expect(try forest.predict([0, 0, 1]).probabilities == [0.5, 0, 0.5])
    #expect(try forest.predict([0, 0, 2]).votes == [1, 0, 1])
  }

  @Test func aTableOfDoublesIsNotRounded() throws {
    var model = SmallModel.stumps
    model.inputType = .double
    let forest = try model.forest().forest
    let threshold = Double(Float(1.1))
    #expect(forest.thresholds(ofInput: 0) == [threshold])
    #expect(try forest.predict([threshold.nextUp, 0, 0]).votes[0] == 0)
  }

  @Test func classesThatAreNumbersAreNamedByWhoImports() throws {
    var model = SmallModel.stumps
    model.change = { model in
      for index in model.graph.node[0].attribute.indices
      where model.graph.node[0].attribute[index].name == "classlabels_strings" {
        model.graph.node[0].attribute[index].name = "classlabels_int64s"
        model.graph.node[0].attribute[index].strings = []
        model.graph.node[0].attribute[index].ints = [0, 1, 2]
        model.graph.node[0].attribute[index].type = 7
      }
    }
    #expect { try model.forest() } throws: {
      "\($0)".contains("its classes are numbers (0, 1, 2)")
    }
    let forest = try model.forest(smallRequest(labels: ["yes", "no", "maybe"])).forest
    #expect(forest.schema.classes == ["no", "maybe", "yes"])
    #expect(try forest.predict([0, 0, 0]).probabilities == [0.5, 0, 0.5])
    #expect(throws: ONNXError.self) { try model.forest(smallRequest(labels: ["yes", "no"])) }
  }

  @Test func binsOfATableAreBinsOfTheForest() throws {
    var model = SmallModel.stumps
    model.trees[0][0].threshold = 0.5
    let made = try model.forest(smallRequest(columns: ["y_binned_b", "x", "c_red"]))
    #expect(made.encoding == 1)
    // In the bin above 0 and up to 1 the first test is false.
    #expect(try made.forest.predict([9, 1, 0]).probabilities == [0, 0.25, 0.75])
    #expect(try made.forest.predict([9, Double(1).nextUp, 0]).probabilities == [0.5, 0, 0.5])
  }

  @Test func weightsMayBeDividedBehindTheTrees() throws {
    var model = SmallModel.stumps
    for tree in model.trees.indices {
      for node in model.trees[tree].indices {
        model.trees[tree][node].weights = model.trees[tree][node].weights.map { $0 * 2 }
      }
    }
    #expect { try model.forest() } throws: { "\($0)".contains("its sums are no probabilities") }
    model.change = SmallModel.halveSums
    let made = try model.forest()
    #expect(!made.isFolded)
    #expect(try made.forest.predict([0, 0, 0]).probabilities == [0.5, 0.5, 0])
  }

  @Test func boostedTreesBecomeOneThatSaysTheSame() throws {
    var generator = SeededGenerator(seed: printedSeed())
    for treeCount in [1, 2, 3, 9, 30] {
      let model = SmallModel.random(&generator, treeCount: treeCount)
      let made = try model.forest()
      #expect(made.isFolded && made.treeCount == treeCount && made.forest.treeCount == 1)
      let numbers = model.thresholds.flatMap { [$0, $0.nextUp, $0.nextDown] }
      for _ in 0..<500 {
        let sample = (0..<3).map { column in
          column == 2 ? Double(generator.below(3)) : numbers[generator.below(numbers.count)]
        }
        let scores = model.scores(sample)
        let powers = scores.map { exp(Double($0)) }
        let sum = powers.reduce(0, +)
        let found = try made.forest.predict(sample)
        for (own, power) in zip(found.probabilities, powers) {
          #expect((own - power / sum).magnitude < 1e-12)
        }
        #expect(found.label == scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 })
      }
    }
  }

  @Test(arguments: ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"], [false, true])
  func infinityIsTestedAtInfinity(_ comparison: String, isFolded: Bool) throws {
    for threshold in [-Double.infinity, .infinity] {
      var model = SmallModel.stumps
      model.trees[0][0].comparison = comparison
      model.trees[0][0].threshold = threshold
      model.inputType = .double
      if isFolded { model.transform = "SOFTMAX" }
      let made = try model.forest()
      #expect(made.isFolded == isFolded)
      for x in [-Double.infinity, -1, 0, .infinity] {
        let scores = model.scores([x, 0, 0]).map(Double.init)
        let powers = isFolded ? scores.map(exp) : scores
        let sum = powers.reduce(0, +)
        let found = try made.forest.predict([x, 0, 0]).probabilities
        #expect(zip(found, powers).allSatisfy { ($0 - $1 / sum).magnitude < 1e-12 })
      }
    }
  }

  @Test func aModelThatNeverRecommendsAClassIsRead() throws {
    var model = SmallModel.stumps
    model.classes = ["yes", "no"]
    for tree in model.trees.indices {
      for node in model.trees[tree].indices where !model.trees[tree][node].weights.isEmpty {
        model.trees[tree][node].weights = node == 1 ? [0.5, 0] : [0.25, 0.25]
      }
    }
    model.change = { $0.graph.output.removeFirst() }
    #expect(try model.forest().forest.predict([0, 0, 0]).probabilities == [0, 0, 1])
  }
}
