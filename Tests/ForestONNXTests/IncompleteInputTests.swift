import Foundation
import RandomForest
import TestSupport
import Testing

@testable import ForestONNX

/// What models say of samples that lack a value.
struct IncompleteInputTests {
  private static let comparisons = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"]

  /// What the model itself says, as shares.
  private func expected(_ model: SmallModel, _ sample: [Double]) -> [Double] {
    let scores = model.scores(sample).map(Double.init)
    let powers = model.transform == "SOFTMAX" ? scores.map(exp) : scores
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  @Test(arguments: comparisons, [false, true])
  func aMissingNumberGoesWhereItsNodeSendsIt(comparison: String, tracksTrue: Bool) throws {
    var model = SmallModel.stumps
    model.trees[0][0].comparison = comparison
    model.trees[0][0].tracksTrue = tracksTrue
    let made = try model.forest(incompleteRequest())
    #expect(!made.isFolded)
    for x in [.nan, 1.1, -.infinity, .infinity, 7] {
      #expect(
        agree(try made.forest.predict([x, 0, 0]).probabilities, expected(model, [x, 0, 0])), "\(x)")
    }
  }

  @Test func aTestThatEveryNumberPassesPartsTheMissing() throws {
    var model = SmallModel.stumps
    model.trees[0][0].threshold = .infinity
    model.inputType = .double
    let made = try model.forest(incompleteRequest())
    #expect(!made.isFolded && made.forest.nodeCount == 6)
    #expect(made.forest.thresholds(ofInput: 0).isEmpty)
    #expect(try made.forest.predict([.infinity, 0, 0]).probabilities == [0.5, 0.5, 0])
    #expect(try made.forest.predict([.nan, 0, 0]).probabilities == [0, 0.75, 0.25])
    // Nobody who is whole fails it.
    #expect(try model.forest().forest.nodeCount == 4)
  }

  /// Whoever asks for whole samples gets what there was before nodes said where missing values go.
  @Test func whatIsNeverMissingIsReadAsEver() throws {
    var generator = SeededGenerator(seed: printedSeed())
    for treeCount in [1, 2, 9] {
      var model = SmallModel.random(&generator, treeCount: treeCount, tracks: true)
      let tracked = try model.forest().forest.fileBytes
      for tree in model.trees.indices {
        for node in model.trees[tree].indices { model.trees[tree][node].tracksTrue = false }
      }
      #expect(try model.forest().forest.fileBytes == tracked)
    }
  }

  @Test func foldedTreesKeepWhereMissingValuesGo() throws {
    var generator = SeededGenerator(seed: printedSeed())
    for treeCount in [1, 2, 3, 9, 20] {
      let model = SmallModel.random(&generator, treeCount: treeCount, tracks: true)
      let made = try model.forest(incompleteRequest())
      #expect(made.isFolded && made.forest.treeCount == 1)
      let numbers: [Double] = model.thresholds.flatMap { [$0, $0.nextUp, $0.nextDown] } + [0]
      for _ in 0..<500 {
        let sample = (0..<3).map { column -> Double in
          if generator.below(3) == 0 { return .nan }
          return column == 2 ? Double(generator.below(3)) : numbers[generator.below(numbers.count)]
        }
        #expect(
          agree(try made.forest.predict(sample).probabilities, expected(model, sample)),
          "\(sample)")
      }
    }
  }

  @Test(arguments: [false, true])
  func aMissingLevelIsNoneOfTheColumns(asksOtherLevel: Bool) throws {
    // Of two levels each column answers for the other, but not for what is missing.
    var model = SmallModel.stumps
    model.trees[1][0].comparison = "BRANCH_LEQ"
    model.trees[1][0].threshold = 0.5
    var request = incompleteRequest(columns: ["x", "c_red", asksOtherLevel ? "c_red" : "c_green"])
    request.features[2] = Feature(name: "c", kind: .categorical(levels: ["red", "green"]))
    let made = try model.forest(request)
    #expect(!made.isFolded)
    let names = asksOtherLevel ? ["c_red"] : ["c_green"]
    let columns = made.forest.schema.columnNames
    let asked = try (0..<2).flatMap { try made.forest.tree($0).nodes }.compactMap { node in
      if case .split(let column, _, _) = node { columns[column] } else { nil }
    }
    #expect(asked.filter { $0.hasPrefix("c") } == names)
    for level in [0, 1, .nan] {
      let isHot = level == (asksOtherLevel ? 0 : 1)
      #expect(
        agree(
          try made.forest.predict([0, 0, level]).probabilities,
          expected(model, [0, 0, isHot ? 1 : 0])))
    }
  }

  private func agree(_ one: [Double], _ other: [Double]) -> Bool {
    zip(one, other).allSatisfy { ($0 - $1).magnitude < 1e-6 }
  }
}
