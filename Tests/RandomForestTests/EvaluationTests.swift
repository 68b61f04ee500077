import RandomForest
import TestSupport
import Testing

struct EvaluationTests {
  private func equal(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-12 }

  @Test func aWeightCountsAsOftenAsItSays() {
    var weighted = Evaluation(classes: ["a", "b"])
    var single = weighted
    weighted.add(probabilities: [0.7, 0.3], actual: 1, weight: 4)
    for _ in 0..<4 { single.add(probabilities: [0.7, 0.3], actual: 1) }
    #expect(weighted.confusion == single.confusion)
    #expect(equal(weighted.logLoss, single.logLoss))
    #expect(equal(weighted.expectedCalibrationError, 0.7))
  }

  @Test func aSampleThatWeighsNothingChangesNoScoreOfTheOrder() {
    var evaluation = Evaluation(classes: ["a", "b", "c"])
    evaluation.add(probabilities: [0.6, 0.3, 0.1], actual: 0)
    evaluation.add(probabilities: [0.2, 0.5, 0.3], actual: 1)
    evaluation.add(probabilities: [0.3, 0.3, 0.4], actual: 2)
    let before = evaluation
    for label in 0..<3 { evaluation.add(probabilities: [0.9, 0.9, 0.9], actual: label, weight: 0) }
    for label in 0..<3 {
      #expect(evaluation.averagePrecision(of: label) == before.averagePrecision(of: label))
      #expect(evaluation.rocAUC(of: label) == before.rocAUC(of: label))
    }
    #expect(evaluation.topAccuracy(2) == before.topAccuracy(2))
    #expect(evaluation.confusion.matthewsCorrelation == 1)
  }

  @Test func confidentTruthHasNoCalibrationErrorAndHalfConfidentTruthAHalf() {
    var sure = Evaluation(classes: ["a", "b"])
    sure.add(probabilities: [1, 0], actual: 0)
    #expect(sure.expectedCalibrationError == 0)
    var unsure = Evaluation(classes: ["a", "b"])
    unsure.add(probabilities: [0.5, 0.5], actual: 0)
    #expect(equal(unsure.expectedCalibrationError, 0.5))
  }

  @Test func crossValidationPredictsEverySampleOnceARepeat() throws {
    let dataset = syntheticDataset(rowCount: 120, seed: 8)
    var trained: [Int] = []
    let repeats = try CrossValidation(foldCount: 4, repeatCount: 3, seed: 1).evaluate(dataset) {
      trained.append($0.sampleCount)
      return try syntheticForest($0, treeCount: 3)
    }
    #expect(repeats.map(\.confusion.total) == [120, 120, 120])
    #expect(trained == Array(repeating: 90, count: 12))
    #expect(repeats.allSatisfy { $0.confusion.accuracy > 0.7 })
  }
}
