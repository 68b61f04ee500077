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
