public import RandomForest

/// The scores of a model on rows it was not trained on, in the form in which they are stored and
/// served.
public struct EvaluationReport: Codable, Sendable, Equatable {
  /// Precision, recall and F1, with the samples they are taken over.
  public struct Row: Codable, Sendable, Equatable {
    /// Of those predicted as the class, the share that are of it.
    public let precision: Double
    /// Of those of the class, the share that are predicted as it.
    public let recall: Double
    /// The harmonic mean of precision and recall.
    public let f1: Double
    /// The number of samples.
    public let support: Int

    init(_ scores: Scores, support: Int) {
      precision = scores.precision
      recall = scores.recall
      f1 = scores.f1
      self.support = support
    }
  }

  /// The share of right predictions of one part of the samples.
  public struct Part: Codable, Sendable, Equatable {
    /// The number of samples.
    public let samples: Int
    /// How many are predicted as what they are.
    public let correct: Int
    /// The share of samples predicted as what they are.
    public let accuracy: Double
    /// The ends of the interval that holds the true share with 95% confidence (Wilson, "Probable
    /// inference, the law of succession, and statistical inference", 1927).
    public let interval: [Double]

    init(samples: Int, correct: Int) {
      self.samples = samples
      self.correct = correct
      let n = Double(samples)
      let share = Double(correct) / n
      accuracy = share
      let z = 1.959964
      let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
      let reach =
        z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
      // Exact where rounding would leave a hair's breadth.
      interval = [
        correct == 0 ? 0 : max(0, middle - reach), correct == samples ? 1 : min(1, middle + reach),
      ]
    }
  }

  /// What predictions of about the same confidence were worth.
  public struct ReliabilityBin: Codable, Sendable, Equatable {
    /// The least confidence and the one that the bin ends at.
    public let range: [Double]
    /// The number of samples.
    public let samples: Int
    /// Their mean confidence.
    public let confidence: Double
    /// The share of them that are predicted as what they are.
    public let accuracy: Double

    init(_ reliability: Reliability) {
      range = [reliability.lowest, reliability.highest]
      samples = reliability.sampleCount
      confidence = reliability.confidence
      accuracy = reliability.accuracy
    }
  }

  /// The number of samples.
  public let samples: Int
  /// The share of samples predicted as what they are.
  public let accuracy: Double
  /// The mean over the classes.
  public let macro: Row
  /// The mean over the classes, by their samples.
  public let weighted: Row
  /// The scores of each class by its name.
  public let byClass: [String: Row]
  /// The class names in the order of the confusion matrix.
  public let classes: [String]
  /// Samples by actual (row) and predicted (column) class.
  public let confusionMatrix: [[Int]]
  /// The mean negative logarithm of the actual class's probability.
  public let logLoss: Double
  /// The mean squared distance of the probabilities from the truth, 0 to 2.
  public let brierScore: Double
  /// How far stated confidence lies from accuracy, on average.
  public let expectedCalibrationError: Double
  /// Stated confidence beside accuracy, in bins; nil in evaluations of before it was kept.
  public let reliability: [ReliabilityBin]?
  /// The share of right predictions by sex; nil where that was not taken apart.
  public let bySex: [String: Part]?

  /// Takes the scores from an evaluation.
  ///
  /// - Parameter bySex: the evaluations of each sex alone.
  public init(_ evaluation: Evaluation, bySex: [String: Evaluation]? = nil) {
    let confusion = evaluation.confusion
    samples = confusion.total
    accuracy = confusion.accuracy
    macro = Row(confusion.macroAverage, support: confusion.total)
    weighted = Row(confusion.weightedAverage, support: confusion.total)
    classes = confusion.classes
    byClass = Dictionary(
      uniqueKeysWithValues: confusion.classes.enumerated().map {
        ($1, Row(confusion.scores(of: $0), support: confusion.support(of: $0)))
      })
    confusionMatrix = classes.indices.map { actual in
      confusion.classes.indices.map { confusion[actual: actual, predicted: $0] }
    }
    logLoss = evaluation.logLoss
    brierScore = evaluation.brierScore
    expectedCalibrationError = evaluation.expectedCalibrationError
    reliability = evaluation.reliability.map(ReliabilityBin.init)
    self.bySex = bySex?.filter { $0.value.confusion.total > 0 }.mapValues {
      Part(samples: $0.confusion.total, correct: $0.confusion.correct)
    }
  }
}

/// The scores of one feature set, as far as they were measured.
public struct FeatureSetScores: Codable, Sendable, Equatable {
  /// A mean over the repeats of a cross-validation and their standard deviation.
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

    /// Summarises the repeats of a cross-validation; nil when there was none.
    public init?(_ repeats: [Evaluation], folds: Int) {
      guard !repeats.isEmpty else { return nil }
      self.folds = folds
      self.repeats = repeats.count
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
