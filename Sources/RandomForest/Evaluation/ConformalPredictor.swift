/// Sets of classes that hold the right one with a chosen probability, from any forest's
/// probabilities.
///
/// Split conformal prediction (Vovk, Gammerman and Shafer, 2005): a class is in the set unless its
/// score is worse than almost all scores of the right classes of samples that the forest had not
/// seen. The promise holds on average over samples like the calibration's, whatever the forest.
public struct ConformalPredictor: Sendable, Equatable {
  /// How badly a class fits a sample.
  public enum Score: String, Sendable, Codable {
    /// 1 minus the class's probability: the smallest sets on average (Sadinle, Lei and Wasserman,
    /// "Least ambiguous set-valued classifiers with bounded error levels", 2019).
    case leastAmbiguous = "least_ambiguous"
    /// The probability of all classes before it, the likeliest first: the fewest likeliest classes
    /// that hold a calibrated probability together, more of them where the forest is in doubt (Romano,
    /// Sesia and Candès, "Classification with valid and adaptive coverage", 2020, without
    /// randomisation, so a set covers at least as often as promised and holds the likeliest class).
    case adaptive
  }

  /// The score.
  public let score: Score
  /// The share of samples whose set is to hold the right class.
  public let coverage: Double
  /// The greatest score of a class in a set.
  public let threshold: Double

  /// Restores a predictor.
  public init(score: Score, coverage: Double, threshold: Double) {
    self.score = score
    self.coverage = coverage
    self.threshold = threshold
  }

  /// Calibrates on samples that the forest had not seen, for example its out-of-bag estimates.
  ///
  /// - Parameters:
  ///   - samples: the samples; too few of them, or none, rule out no class.
  ///   - score: how badly a class fits a sample.
  ///   - coverage: the share of samples whose set is to hold the right class, above 0 and below 1.
  public init(
    calibratingOn samples: CalibrationSamples, score: Score = .leastAmbiguous,
    coverage: Double = 0.95
  ) {
    self.init(
      score: score, coverage: coverage,
      threshold: score.threshold(samples.rows, coverage: coverage))
  }

  /// Calibrates on a forest's out-of-bag estimates.
  ///
  /// - Parameters:
  ///   - outOfBag: the estimates.
  ///   - rows: the rows of the training dataset to calibrate on: those that were measured, not those
  ///     that resampling made.
  ///   - score: how badly a class fits a sample.
  ///   - coverage: the share of samples whose set is to hold the right class, above 0 and below 1.
  public init(
    calibratingOn outOfBag: OutOfBag, rows: Range<Int>, score: Score = .leastAmbiguous,
    coverage: Double = 0.95
  ) {
    self.init(
      calibratingOn: CalibrationSamples(outOfBag, rows: rows), score: score, coverage: coverage)
  }

  /// The classes that cannot be ruled out, the likeliest first; never none: where no class fits, the
  /// likeliest alone, which costs no coverage. The less coverage, the smaller the set.
  public func predictionSet(for probabilities: [Double]) -> [Int] {
    let fitting = fittingClasses(for: probabilities)
    return fitting.isEmpty ? [probabilities.indexOfLargest] : fitting
  }

  /// The classes whose score is within the threshold, the likeliest first; none for a sample that is
  /// unlike those of the calibration.
  public func fittingClasses(for probabilities: [Double]) -> [Int] {
    score.classes(fitting: probabilities) { _ in threshold }
  }
}

extension ConformalPredictor.Score {
  /// The ⌈(n + 1) · coverage⌉-th smallest of the n samples' scores of their right classes, beyond all
  /// of them when n is too small.
  func threshold(_ rows: [CalibrationSamples.Row], coverage: Double) -> Double {
    precondition(coverage > 0 && coverage < 1, "a coverage lies between 0 and 1")
    let scores = rows.map { row in
      (score: self.scores(of: row.probabilities)[row.label], weight: row.weight)
    }
    let count = scores.reduce(0) { $0 + $1.weight }
    var rest = Int((Double(count + 1) * coverage).rounded(.up))
    let quantile = scores.sorted { $0.score < $1.score }.first { entry in
      rest -= entry.weight
      return rest <= 0
    }
    return quantile?.score ?? .infinity
  }

  /// The classes whose score is within their threshold, the likeliest first.
  func classes(fitting probabilities: [Double], threshold: (_ label: Int) -> Double) -> [Int] {
    let scores = self.scores(of: probabilities)
    return order(of: probabilities).filter { scores[$0] <= threshold($0) }
  }

  /// The score of each class of a sample.
  private func scores(of probabilities: [Double]) -> [Double] {
    switch self {
    case .leastAmbiguous: return probabilities.map { 1 - $0 }
    case .adaptive:
      var (scores, sum) = (probabilities, 0.0)
      for label in order(of: probabilities) {
        scores[label] = sum
        sum += probabilities[label]
      }
      return scores
    }
  }

  /// The classes by falling probability, of equals the first one first.
  private func order(of probabilities: [Double]) -> [Int] {
    probabilities.indices.sorted {
      (-probabilities[$0], $0) < (-probabilities[$1], $1)
    }
  }
}
