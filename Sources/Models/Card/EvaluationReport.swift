public import Patients
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
    /// The ends of the interval that holds the true share with 95% confidence.
    public let interval: [Double]

    init(samples: Int, correct: Int) {
      self.samples = samples
      self.correct = correct
      let proportion = Proportion(correct, of: samples)
      accuracy = proportion.share
      interval = [proportion.interval.lowerBound, proportion.interval.upperBound]
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
  /// The interval that holds the true accuracy with 95% confidence.
  public var accuracyInterval: ClosedRange<Double> {
    Proportion.interval(of: accuracy, total: samples)
  }
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
  /// The share of right predictions by the values of the field that divides reports; nil where that was not
  /// taken apart.
  public var byGroup: [String: Part]? { groups ?? bySex }
  /// The same under the name that it had when only sexes were told apart, and still has where they are.
  private let bySex: [String: Part]?
  private let groups: [String: Part]?

  private enum CodingKeys: String, CodingKey {
    case samples, accuracy, macro, weighted, byClass, classes, confusionMatrix, logLoss, brierScore
    case expectedCalibrationError, reliability, bySex
    case groups = "byGroup"
  }

  /// Takes the scores from an evaluation.
  ///
  /// - Parameters:
  ///   - group: the field that divides reports; nil for none.
  ///   - byGroup: the evaluations of each of its values alone.
  public init(
    _ evaluation: Evaluation, of group: PatientField? = nil, _ byGroup: [String: Evaluation] = [:]
  ) {
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
    groups = group.map { _ in
      byGroup.filter { $0.value.confusion.total > 0 }.mapValues {
        Part(samples: $0.confusion.total, correct: $0.confusion.correct)
      }
    }
    bySex = group?.name == "Sex" ? groups : nil
  }
}
