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
    /// The probability of all classes at least as likely: sets that grow where the forest is in
    /// doubt (Romano, Sesia and Candès, "Classification with valid and adaptive coverage", 2020,
    /// without randomisation, so a set covers at least as often as promised).
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
  ///   - probabilities: row-major, shape (labels.count, classCount); rows of NaN are passed over.
  ///   - labels: the right classes.
  ///   - weights: how many samples each row stands for; nil for one each.
  ///   - classCount: the number of classes.
  ///   - score: how badly a class fits a sample.
  ///   - coverage: the share of samples whose set is to hold the right class, above 0 and below 1.
  public init(
    calibratingOn probabilities: [Double], labels: [Int], weights: [Int]? = nil, classCount: Int,
    score: Score = .leastAmbiguous, coverage: Double = 0.95
  ) {
    precondition(coverage > 0 && coverage < 1, "a coverage lies between 0 and 1")
    precondition(probabilities.count == labels.count * classCount, "a row has a value a class")
    var scores: [(score: Double, weight: Int)] = []
    for (row, label) in labels.enumerated() {
      let own = Array(probabilities[row * classCount..<(row + 1) * classCount])
      guard !own[label].isNaN else { continue }
      scores.append((Self.score(of: label, own, score), weights?[row] ?? 1))
    }
    scores.sort { $0.score < $1.score }
    // The ⌈(n + 1) · coverage⌉-th smallest of n scores, beyond all of them when n is too small.
    let count = scores.reduce(0) { $0 + $1.weight }
    var rest = Int((Double(count + 1) * coverage).rounded(.up))
    let quantile = scores.first { entry in
      rest -= entry.weight
      return rest <= 0
    }
    self.init(score: score, coverage: coverage, threshold: quantile?.score ?? .infinity)
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
    let classCount = outOfBag.evaluation.confusion.classes.count
    self.init(
      calibratingOn: Array(
        outOfBag.probabilities[rows.lowerBound * classCount..<rows.upperBound * classCount]),
      labels: Array(outOfBag.labels[rows]), weights: Array(outOfBag.weights[rows]),
      classCount: classCount, score: score, coverage: coverage)
  }

  /// The classes that cannot be ruled out, the likeliest first; never none.
  ///
  /// A sample that no class fits is unlike those of the calibration, and the forest less sure of it.
  /// It gets the likeliest classes that hold the coverage together: more of them cost no coverage.
  public func predictionSet(for probabilities: [Double]) -> [Int] {
    let order = Self.order(of: probabilities)
    let kept = order.prefix { Self.score(of: $0, probabilities, score) <= threshold }
    guard kept.isEmpty else { return Array(kept) }
    var sum = 0.0
    return Array(
      order.prefix { label in
        defer { sum += probabilities[label] }
        return sum < coverage
      })
  }

  /// The classes by falling probability, of equals the first one first.
  private static func order(of probabilities: [Double]) -> [Int] {
    probabilities.indices.sorted {
      (-probabilities[$0], $0) < (-probabilities[$1], $1)
    }
  }

  private static func score(of label: Int, _ probabilities: [Double], _ score: Score) -> Double {
    switch score {
    case .leastAmbiguous: return 1 - probabilities[label]
    case .adaptive:
      var sum = 0.0
      for other in order(of: probabilities) {
        sum += probabilities[other]
        if other == label { break }
      }
      return sum
    }
  }
}
