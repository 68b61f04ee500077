import RandomForest
import Testing

/// Scores and calibrations against scikit-learn's and SciPy's.
struct GoldenScoreTests {
  struct Scored: Decodable, CustomTestStringConvertible {
    let name: String
    let actual: [Int]
    let weights: [Int]
    let probabilities: [Double]
    let accuracy: Double
    let balanced_accuracy: Double
    let precision: [Double]
    let recall: [Double]
    let f1: [Double]
    let support: [Int]
    let macro: [Double]
    let weighted: [Double]
    let confusion: [Int]
    let log_loss: Double
    let brier: Double
    let roc_auc: [Double?]
    let roc_auc_mean: Double?
    let calibration_error: Double
    let average_precision: [Double]
    let average_precision_mean: Double
    let matthews: Double
    /// For 1, 2 and so on up to one class less than there are.
    let top: [Double]

    var testDescription: String { name }

    var evaluation: Evaluation {
      let classCount = precision.count
      var evaluation = Evaluation(classes: (0..<classCount).map { "class \($0)" })
      for (row, label) in actual.enumerated() {
        evaluation.add(
          probabilities: Array(probabilities[row * classCount..<(row + 1) * classCount]),
          actual: label, weight: weights[row])
      }
      return evaluation
    }
  }

  struct Isotonic: Decodable {
    let labels: [Int]
    let probabilities: [Double]
    let grid: [Double]
    let curves: [[Double]]
  }

  struct Temperature: Decodable, CustomTestStringConvertible {
    let name: String
    let labels: [Int]
    let probabilities: [Double]
    let temperature: Double
    let log_loss: Double
    /// The first rows.
    let calibrated: [Double]

    var testDescription: String { name }
  }

  struct Values: Decodable {
    let evaluations: [Scored]
    let isotonic: Isotonic
    let temperatures: [Temperature]
  }

  static let golden: Values = Golden.read("scores")

  private func equal(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-12 }

  @Test(arguments: golden.evaluations)
  func countsAndTheirScoresAreScikitLearns(golden: Scored) {
    let confusion = golden.evaluation.confusion
    #expect(confusion.counts == golden.confusion)
    #expect(equal(confusion.accuracy, golden.accuracy))
    #expect(equal(confusion.balancedAccuracy, golden.balanced_accuracy))
    #expect(equal(confusion.matthewsCorrelation, golden.matthews))
    for label in confusion.classes.indices {
      let scores = confusion.scores(of: label)
      #expect(equal(scores.precision, golden.precision[label]))
      #expect(equal(scores.recall, golden.recall[label]))
      #expect(equal(scores.f1, golden.f1[label]))
      #expect(confusion.support(of: label) == golden.support[label])
    }
    for (ours, theirs) in [
      (confusion.macroAverage, golden.macro), (confusion.weightedAverage, golden.weighted),
    ] {
      #expect(agree([ours.precision, ours.recall, ours.f1], theirs))
    }
  }

  @Test(arguments: golden.evaluations)
  func scoresOfProbabilitiesAreScikitLearns(golden: Scored) {
    let evaluation = golden.evaluation
    #expect(equal(evaluation.logLoss, golden.log_loss))
    #expect(equal(evaluation.brierScore, golden.brier))
    #expect(equal(evaluation.expectedCalibrationError, golden.calibration_error))
    for (label, area) in golden.roc_auc.enumerated() {
      let ours = evaluation.rocAUC(of: label)
      #expect(area.map { equal(ours, $0) } ?? ours.isNaN)
    }
    #expect(golden.roc_auc_mean.map { equal(evaluation.rocAUC, $0) } ?? evaluation.rocAUC.isNaN)
    let classes = evaluation.confusion.classes.indices
    #expect(agree(classes.map(evaluation.averagePrecision(of:)), golden.average_precision))
    #expect(equal(evaluation.averagePrecision, golden.average_precision_mean))
    #expect(agree((1..<classes.count).map(evaluation.topAccuracy(_:)), golden.top))
    #expect(evaluation.topAccuracy(classes.count) == 1)
  }

  @Test func isotonicCurvesAreScikitLearns() throws {
    let golden = Self.golden.isotonic
    let calibration = try IsotonicCalibration(
      fitting: CalibrationSamples(
        probabilities: golden.probabilities, labels: golden.labels,
        classCount: golden.curves.count))
    for (curve, theirs) in zip(calibration.curves, golden.curves) {
      #expect(agree(golden.grid.map { curve($0) }, theirs))
    }
  }

  @Test(arguments: golden.temperatures)
  func theTemperatureIsWhereTheSlopeOfTheLogLossVanishes(golden: Temperature) throws {
    let calibration = try TemperatureCalibration(
      fitting: CalibrationSamples(
        probabilities: golden.probabilities, labels: golden.labels, classCount: 3))
    #expect(abs(calibration.temperature - golden.temperature) < 1e-6 * golden.temperature)
    var loss = 0.0
    var calibrated: [Double] = []
    for (row, label) in golden.labels.enumerated() {
      let own = calibration.calibrated(Array(golden.probabilities[row * 3..<row * 3 + 3]))
      var evaluation = Evaluation(classes: ["0", "1", "2"])
      evaluation.add(probabilities: own, actual: label)
      loss += evaluation.logLoss / Double(golden.labels.count)
      calibrated += own
    }
    #expect(equal(loss, golden.log_loss))
    let first = Array(calibrated.prefix(golden.calibrated.count))
    #expect(agree(first, golden.calibrated, within: 1e-6))
  }
}
