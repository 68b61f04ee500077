import Patients
import RandomForest
import TestSupport
import Testing
@testable import Models

@Suite struct PredictionSetTests {
  @Test(
    "A set holds what fits, or else the likeliest that hold the coverage together",
    arguments: [
      ([0.9, 0.1, 0], 0.2, [0]), ([0.1, 0.9, 0], 0.2, [1]), ([0.9, 0.1, 0], 0.95, [0, 1]),
      ([0.9, 0.1, 0], .infinity, [0, 1, 2]), ([0.79, 0.2, 0.01], 0.2, [0, 1]),
      ([0.1, 0.4, 0.5], 0.2, [2, 1, 0]), ([0, 1, 0], 0, [1]), ([0.96, 0.04, 0], 0.01, [0]),
    ])
  func set(_ probabilities: [Double], _ threshold: Double, _ expected: [Int]) {
    let predictor = ConformalPredictor(
      score: .leastAmbiguous, coverage: 0.95, threshold: threshold)
    #expect(predictor.reviewSet(for: probabilities) == expected)
  }

  /// Splits the 200 patients anew 50 times and counts how often the set of a held-out patient holds
  /// the right drug, and how many drugs it holds on average.
  private static func coverage(
    _ featureSet: FeatureSet
  ) throws -> (share: Double, count: Int, meanSize: Double) {
    let patients = try drug200().dataset
    var (covered, count, size) = (0, 0, 0)
    for seed in 0..<50 {
      var options = TrainingOptions()
      options.treeCount = 30
      options.seed = UInt64(seed)
      let split = try options.split(patients)
      let training = try options.train(options.prepare(featureSet, .drug200, split.training))
      let predictor = try #require(training.conformal)
      for row in 0..<split.test.rowCount {
        let found = predictor.reviewSet(
          for: try training.forest.predict(Array(split.test.row(row))).probabilities)
        covered += found.contains(split.test.labels[row]) ? 1 : 0
        size += found.count
        count += 1
      }
    }
    return (Double(covered) / Double(count), count, Double(size) / Double(count))
  }

  @Test(arguments: FeatureSet.allCases)
  func theSetHoldsTheRightDrugAsOftenAsPromised(_ featureSet: FeatureSet) throws {
    let found = try Self.coverage(featureSet)
    print(
      "\(featureSet): coverage \(found.share) of \(found.count), \(found.meanSize) drugs a set")
    // Three standard deviations of a binomial share at the promised coverage.
    let band = 3 * (0.95 * 0.05 / Double(found.count)).squareRoot()
    #expect(found.share >= 0.95 - band)
    // A set of all drugs would cover too, and say nothing.
    #expect(found.meanSize < (featureSet == .continuous ? 1.1 : 2.5))
  }

  @Test func moreThanOneDrugAsksForAReview() throws {
    for model in ExplanationTests.models.map(\.model) {
      var sizes: Set<Int> = []
      for age in stride(from: 44.0, through: 56, by: 1) {
        for ratio in stride(from: 13.0, through: 16, by: 0.1) {
          let found = try model.recommend(for: patient(age, "F", "HIGH", "NORMAL", ratio))
          #expect(
            found.needsReview == (found.predictionSet.count > 1 || !found.warnings.isEmpty))
          #expect(found.predictionSet.first == found.drug)
          #expect(Set(found.predictionSet).count == found.predictionSet.count)
          sizes.insert(found.predictionSet.count)
        }
      }
      #expect(sizes.contains { $0 > 1 })
    }
  }
}
