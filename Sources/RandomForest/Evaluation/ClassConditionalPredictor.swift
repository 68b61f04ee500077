/// Sets of classes that hold the right one with a chosen probability within each class, also the
/// rare ones, which ``ConformalPredictor`` may leave uncovered where the others make up for them.
///
/// Mondrian conformal prediction (Vovk, "Conditional validity of inductive conformal predictors",
/// 2012, with the label as the category): a class has its own threshold, of the samples of
/// that class alone. Sets are larger for it.
public struct ClassConditionalPredictor: Sendable, Equatable {
  /// The score.
  public let score: ConformalPredictor.Score
  /// The share of the samples of each class whose set is to hold it.
  public let coverage: Double
  /// The greatest score of each class in a set, shape (classCount); infinite, so that the class is in
  /// every set, for one of fewer than coverage / (1 - coverage) samples, 19 at 0.95.
  public let thresholds: [Double]

  /// Restores a predictor.
  public init(score: ConformalPredictor.Score, coverage: Double, thresholds: [Double]) {
    self.score = score
    self.coverage = coverage
    self.thresholds = thresholds
  }

  /// Calibrates on samples that the forest had not seen, for example its out-of-bag estimates.
  ///
  /// - Parameters:
  ///   - samples: the samples.
  ///   - score: how badly a class fits a sample.
  ///   - coverage: the share of the samples of each class whose set is to hold it, above 0 and
  ///     below 1.
  public init(
    calibratingOn samples: CalibrationSamples, score: ConformalPredictor.Score = .leastAmbiguous,
    coverage: Double = 0.95
  ) {
    let thresholds = (0..<samples.classCount).map { label in
      score.threshold(samples.rows.filter { $0.label == label }, coverage: coverage)
    }
    self.init(score: score, coverage: coverage, thresholds: thresholds)
  }

  /// The classes that cannot be ruled out, the likeliest first; never none: where no class fits, the
  /// likeliest alone. The likeliest class is missing where it does not fit and another does.
  public func predictionSet(for probabilities: [Double]) -> [Int] {
    precondition(probabilities.count == thresholds.count, "a class has a probability")
    let fitting = score.classes(fitting: probabilities) { thresholds[$0] }
    return fitting.isEmpty ? [probabilities.indexOfLargest] : fitting
  }
}
