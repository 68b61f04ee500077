import RandomForest

/// A candidate beside the served model, both judged on the same held-out rows.
public struct ModelComparison: Codable, Sendable, Equatable {
  /// One of the two: the means of its scores in each fold, over all folds of all repeats, and the standard
  /// deviation of a repeat's mean over the repeats.
  public struct Contender: Codable, Sendable, Equatable {
    /// The version.
    public let version: String
    /// The feature set.
    public let features: FeatureSet
    /// The mean F1 over the classes.
    public let macroF1: FeatureSetScores.Spread
    /// The share of samples predicted as what they are.
    public let accuracy: FeatureSetScores.Spread
    /// The mean negative logarithm of the actual class's probability.
    public let logLoss: FeatureSetScores.Spread

    /// - Parameter folds: shape (repeats, folds).
    init(version: String, features: FeatureSet, _ folds: [[Evaluation]]) {
      func spread(_ score: (Evaluation) -> Double) -> FeatureSetScores.Spread {
        FeatureSetScores.Spread(
          folds.map { folds in folds.reduce(0) { $0 + score($1) } / Double(folds.count) })
      }
      self.version = version
      self.features = features
      macroF1 = spread(\.confusion.macroAverage.f1)
      accuracy = spread(\.confusion.accuracy)
      logLoss = spread(\.logLoss)
    }
  }

  /// By how much the candidate is better, negative when it is worse.
  public struct Difference: Codable, Sendable, Equatable {
    /// The mean over all folds.
    public let mean: Double
    /// The ends of the interval that holds the true difference with the confidence.
    public let interval: [Double]
    /// The confidence, 0 to 1.
    public let confidence: Double

    /// Whether there is none, in so many digits as are shown.
    public var isZero: Bool { abs(mean) < 0.000_05 }

    /// Takes the mean of paired differences and its interval, by the corrected resampled t test
    /// (Nadeau and Bengio, "Inference for the generalization error", 2003, section 3): since folds
    /// share most of their training rows, the variance of the mean is σ² (1/n + test/training rows)
    /// rather than σ²/n.
    ///
    /// - Parameters:
    ///   - differences: one a fold and repeat, two or more.
    ///   - foldCount: the folds of a repeat; test and training rows are as 1 to `foldCount` - 1.
    init(_ differences: [Double], foldCount: Int, confidence: Double = 0.95) {
      let spread = FeatureSetScores.Spread(differences)
      let variance = spread.standardDeviation * spread.standardDeviation
      let factor = 1 / Double(differences.count) + 1 / Double(foldCount - 1)
      let reach =
        StudentT.quantile(confidence: confidence, degrees: differences.count - 1)
        * (variance * factor).squareRoot()
      mean = spread.mean
      interval = [spread.mean - reach, spread.mean + reach]
      self.confidence = confidence
    }
  }

  /// What decides: `macro_f1`.
  public let metric: String
  /// The folds of a repeat.
  public let folds: Int
  /// How often the samples were dealt into folds.
  public let repeats: Int
  /// Over what the scores' standard deviations are, `repeats`; nil in comparisons of before, which took them
  /// over the folds.
  public let spread: String?
  /// Whether both were trained on the same data. Then both recipes are fitted anew in each fold; if
  /// not, the served forest is judged as it is, on rows that it may have seen in its training.
  public let sameData: Bool
  /// The new model.
  public let candidate: Contender
  /// The served model; nil when there was none.
  public let champion: Contender?
  /// The candidate's macro-F1 less the champion's; nil without a champion.
  public let difference: Difference?

  /// Compares evaluations of the same folds, shape (repeats, folds).
  init(
    candidate: (version: String, features: FeatureSet, folds: [[Evaluation]]),
    champion: (version: String, features: FeatureSet, folds: [[Evaluation]])?, sameData: Bool
  ) {
    metric = "macro_f1"
    folds = candidate.folds[0].count
    repeats = candidate.folds.count
    spread = "repeats"
    self.sameData = sameData
    self.candidate = Contender(
      version: candidate.version, features: candidate.features, candidate.folds)
    self.champion = champion.map {
      Contender(version: $0.version, features: $0.features, $0.folds)
    }
    difference = champion.map { champion in
      Difference(
        zip(candidate.folds.joined(), champion.folds.joined()).map {
          $0.confusion.macroAverage.f1 - $1.confusion.macroAverage.f1
        },
        foldCount: candidate.folds[0].count)
    }
  }

  /// Whether the candidate is not worse than what is served: its mean is no lower.
  public var favoursCandidate: Bool { difference.map { $0.mean >= 0 } ?? true }

  /// Whether its scores' standard deviations tell something: those over the repeats, of which there are several.
  public var hasSpread: Bool { spread == "repeats" && repeats > 1 }

  /// Writes every key, null for what there is none of.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(metric, forKey: .metric)
    try container.encode(folds, forKey: .folds)
    try container.encode(repeats, forKey: .repeats)
    try container.encodeIfPresent(spread, forKey: .spread)
    try container.encode(sameData, forKey: .sameData)
    try container.encode(candidate, forKey: .candidate)
    try container.encode(champion, forKey: .champion)
    try container.encode(difference, forKey: .difference)
  }
}
