public import RandomForest

/// The scores of one feature set, as far as they were measured.
public struct FeatureSetScores: Codable, Sendable, Equatable {
  /// A mean over the repeats of a cross-validation and their standard deviation, the only one that is shown
  /// behind a ±.
  public struct Spread: Codable, Sendable, Equatable {
    /// The mean.
    public let mean: Double
    /// The standard deviation over the repeats, 0 for a single one.
    public let standardDeviation: Double

    init(_ values: [Double]) {
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      self.mean = mean
      standardDeviation = values.count > 1 ? (squares / (count - 1)).squareRoot() : 0
    }
  }

  /// What a repeated cross-validation found.
  public struct CrossValidated: Codable, Sendable, Equatable {
    /// The number of folds.
    public let folds: Int
    /// The number of repeats.
    public let repeats: Int
    /// The number of samples, nil where an older program wrote the scores.
    public let samples: Int?
    /// The share of samples predicted as what they are.
    public let accuracy: Spread
    /// The mean F1 over the classes.
    public let macroF1: Spread
    /// The mean negative logarithm of the actual class's probability.
    public let logLoss: Spread
    /// The mean squared distance of the probabilities from the truth.
    public let brierScore: Spread
    /// How far stated confidence lies from accuracy, on average.
    public let expectedCalibrationError: Spread

    /// The interval that holds the true accuracy with 95% confidence, as far as the number of samples
    /// decides; that they were chosen among themselves is not in it.
    public var accuracyInterval: ClosedRange<Double>? {
      samples.map { Proportion.interval(of: accuracy.mean, total: $0) }
    }

    /// Summarises the folds of a cross-validation, shape (repeats, folds); nil when there was none.
    public init?(_ folds: [[Evaluation]]) {
      guard let first = folds.first?.first else { return nil }
      let repeats = folds.map { folds in
        folds.reduce(into: Evaluation(classes: first.confusion.classes)) { $0.add($1) }
      }
      self.folds = folds[0].count
      self.repeats = repeats.count
      samples = repeats[0].confusion.total
      accuracy = Spread(repeats.map(\.confusion.accuracy))
      macroF1 = Spread(repeats.map(\.confusion.macroAverage.f1))
      logLoss = Spread(repeats.map(\.logLoss))
      brierScore = Spread(repeats.map(\.brierScore))
      expectedCalibrationError = Spread(repeats.map(\.expectedCalibrationError))
    }
  }

  /// The cross-validated scores, nil when there was no cross-validation.
  public let crossValidation: CrossValidated?
  /// The accuracy on the held-out rows.
  public let testAccuracy: Double
  /// The mean F1 over the classes on the held-out rows.
  public let testMacroF1: Double

  /// Takes the scores from evaluations.
  public init(crossValidation: CrossValidated?, test: Evaluation) {
    self.crossValidation = crossValidation
    testAccuracy = test.confusion.accuracy
    testMacroF1 = test.confusion.macroAverage.f1
  }

  /// What feature sets are compared on: cross-validated macro-F1, or the held-out rows' without it.
  public var rank: Double { crossValidation?.macroF1.mean ?? testMacroF1 }
}
