@testable import Models
import Foundation
import RandomForest
import Testing

@Suite struct ModelComparisonTests {
  /// An evaluation of four samples of two classes, of which some are right.
  private func evaluation(right: Int) -> Evaluation {
    var evaluation = Evaluation(classes: ["a", "b"])
    for sample in 0..<4 {
      let actual = sample % 2
      let predicted = sample < right ? actual : 1 - actual
      evaluation.add(probabilities: predicted == 0 ? [0.9, 0.1] : [0.1, 0.9], actual: actual)
    }
    return evaluation
  }

  // Table of the t distribution, Abramowitz and Stegun, 1964, table 26.10.
  @Test(arguments: [
    (1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (29, 2.045), (30, 2.042),
    (60, 2.000), (120, 1.980),
  ])
  func theQuantilesOfTheTDistributionAreThoseOfTheTable(_ degrees: Int, _ expected: Double) {
    let found = StudentT.quantile(confidence: 0.95, degrees: degrees)
    #expect(abs(found - expected) < 0.0006)
    #expect(abs(StudentT.centralProbability(found, degrees: degrees) - 0.95) < 1e-9)
  }

  @Test func theIntervalIsThatOfTheCorrectedTest() {
    // Mean 0.02, sample variance 0.0004 / 1.5; by hand: t(3) = 3.18245,
    // √(0.000266667 · (1/4 + 1/1)) = 0.0182574.
    let difference = ModelComparison.Difference([0.02, 0.04, 0.02, 0.0], foldCount: 2)
    #expect(abs(difference.mean - 0.02) < 1e-12)
    #expect(abs(difference.interval[0] - (0.02 - 3.18245 * 0.0182574)) < 1e-6)
    #expect(abs(difference.interval[1] - (0.02 + 3.18245 * 0.0182574)) < 1e-6)
    #expect(difference.confidence == 0.95)
  }

  @Test func bothAreScoredOnTheSameFoldsAndTheLowerMeanLoses() {
    let good = [[evaluation(right: 4), evaluation(right: 3)]]
    let bad = [[evaluation(right: 4), evaluation(right: 0)]]
    func compare(_ own: [[Evaluation]], _ served: [[Evaluation]]) -> ModelComparison {
      ModelComparison(
        candidate: ("new", .continuous, own), champion: ("old", .binned, served), sameData: true)
    }
    let better = compare(good, bad)
    #expect(better.folds == 2 && better.repeats == 1)
    #expect(better.candidate.accuracy.mean == 0.875 && better.champion?.accuracy.mean == 0.5)
    let mean = better.candidate.macroF1.mean - better.champion!.macroF1.mean
    #expect(abs(better.difference!.mean - mean) < 1e-12 && mean > 0)
    #expect(better.favoursCandidate)
    #expect(!compare(bad, good).favoursCandidate)
    let same = compare(good, good)
    #expect(same.difference?.mean == 0 && same.difference?.interval == [0, 0])
    #expect(same.favoursCandidate)
  }

  @Test func theSpreadIsThatOfTheRepeatsAndOneRepeatHasNone() throws {
    // Accuracies by fold 1 and 0.5, 1 and 1: those of the repeats are 0.75 and 1.
    let folds = [[4, 2], [4, 4]].map { $0.map { evaluation(right: $0) } }
    let twice = ModelComparison(
      candidate: ("new", .binned, folds), champion: nil, sameData: false)
    #expect(twice.candidate.accuracy.mean == 0.875 && twice.hasSpread)
    #expect(abs(twice.candidate.accuracy.standardDeviation - 0.125 * 2.0.squareRoot()) < 1e-12)
    let once = ModelComparison(
      candidate: ("new", .binned, [folds[0]]), champion: nil, sameData: false)
    #expect(once.candidate.accuracy.standardDeviation == 0 && !once.hasSpread)
    // Before, it was that of the folds, which is another thing and not shown as this one.
    let kept = String(decoding: try RegistryJSON.encode(twice), as: UTF8.self)
    #expect(kept.contains(#""spread""#))
    let old = kept.replacing(#""spread""#, with: #""other""#)
    let read = try RegistryJSON.decode(
      ModelComparison.self, from: Data(old.utf8), of: "comparison.json")
    #expect(read.spread == nil && !read.hasSpread)
  }

  @Test func whereNothingWasServedTheKeysAreThereAndNull() throws {
    let alone = ModelComparison(
      candidate: ("new", .binned, [[evaluation(right: 4), evaluation(right: 3)]]), champion: nil,
      sameData: false)
    #expect(alone.favoursCandidate)
    let object = try JSONSerialization.jsonObject(with: RegistryJSON.encode(alone))
    let members = try #require(object as? [String: Any])
    #expect(members["champion"] is NSNull && members["difference"] is NSNull)
    #expect(members["same_data"] as? Bool == false)
    let candidate = try #require(members["candidate"] as? [String: Any])
    #expect(Set(candidate.keys) == ["version", "features", "macro_f1", "accuracy", "log_loss"])
  }
}
