import Patients
import RandomForest

/// What came of a retraining, under the names of the REST contract.
public struct RetrainingReport: Encodable, Sendable {
  /// The decisions, all filled in.
  public struct Parameters: Codable, Sendable, Equatable {
    /// The number of trees.
    public let nEstimators: Int
    /// The most leaves of a tree; nil for no limit.
    public let maxLeafNodes: Int?
    /// The share of the samples held out.
    public let testSize: Double
    /// Whether the classes of the training rows were balanced.
    public let applySmote: Bool
    /// The feature set of the new model.
    public let features: FeatureSet
    /// The seed.
    public let randomState: UInt64
    /// The table's name.
    public let dataset: String
    /// Whether outcomes of the prediction log were trained on too.
    public let includeOutcomes: Bool
    /// Whether the new model was to be promoted whatever the comparison says.
    public let force: Bool
    /// Whether it was to be promoted by itself, unless it is worse.
    public let promote: Bool
  }

  /// `success`.
  public let status: String
  /// What happened, in a sentence.
  public let message: String
  /// The accuracy on the held-out rows as a percentage.
  public let accuracy: String
  /// The decisions, all filled in.
  public let parameters: Parameters
  /// The forest's file.
  public let modelPath: String
  /// The new model's version.
  public let modelVersion: String
  /// Whether it is served now.
  public let promoted: Bool
  /// Whether the version was there before.
  public let alreadyExisted: Bool
  /// Whether it is served although it is worse.
  public let forced: Bool
  /// The comparison with what was served.
  public let comparison: ModelComparison?
  /// In what its questions and drugs are other than those of what was served; nil when they are not.
  public let differences: ModelDifferences?
  /// What it says otherwise than what was served.
  public let changed: ChangedPredictions
  /// How long all took, in seconds.
  public let durationS: Double
}

extension RetrainingReport {
  /// Tells of a training that was compared with the served model.
  ///
  /// - Parameter dataset: the table's name.
  public init(_ result: Training.Result, of training: Training, dataset: String) {
    let (options, judgement) = (training.options, result.judgement)
    status = "success"
    message = Self.message(result, isDecidedLater: training.promotion == .never)
    accuracy = Self.percentage(result.model.test.confusion.accuracy)
    parameters = Parameters(
      nEstimators: options.treeCount, maxLeafNodes: options.maximumLeafCount,
      testSize: options.testSize, applySmote: result.model.card.parameters?.applySmote ?? false,
      features: result.model.card.features, randomState: options.seed,
      dataset: dataset, includeOutcomes: judgement.table.includesOutcomes,
      force: training.promotion == .byForce, promote: training.promotion != .never)
    modelPath = "models/registry/\(result.version)/forest.rf"
    modelVersion = result.version
    promoted = result.isPromoted
    alreadyExisted = result.outcome == .alreadyThere
    forced = result.isPromoted && !judgement.favoursCandidate
    comparison = judgement.comparison
    differences = judgement.differences
    changed = judgement.changed
    durationS = (result.duration / .seconds(1) * 1000).rounded() / 1000
  }

  private static func message(_ result: Training.Result, isDecidedLater: Bool) -> String {
    let judgement = result.judgement
    let isNew = result.outcome == .saved
    let words =
      "Model \(result.version) " + (isNew ? "trained" : "was there already, byte for byte,")
    if judgement.comparison?.champion?.version == result.version {
      return words + " and is served already"
    }
    if isDecidedLater {
      return words + (isNew ? "; it" : " and") + " is not promoted by itself, as asked"
    }
    if let refusal = result.refusal {
      return words + (isNew ? ", not promoted: " : " and is not promoted: ") + refusal
    }
    if judgement.favoursCandidate { return words + (isNew ? " and promoted" : " and is promoted") }
    let reason =
      switch judgement.championProblem {
      case .incomparable(let version, let reason):
        result.isPromoted
          ? "the model served before, \(version), cannot be compared with: \(reason)"
          : "the served model \(version) cannot be compared with: \(reason); promote it by hand"
      case .damaged, nil: scarce(judgement) ?? worse(judgement.comparison)
      }
    return result.isPromoted
      ? words + (isNew ? " and promoted by force: " : " and is promoted by force: ") + reason
      : words + (isNew ? ", not promoted: " : " and is not promoted: ") + reason
  }

  private static func scarce(_ judgement: Training.Judgement) -> String? {
    guard !judgement.scarceDrugs.isEmpty else { return nil }
    let counts = judgement.scarceDrugs.map {
      "\($0.count == 0 ? "none" : "\($0.count)") of \($0.drug)"
    }
    return "the table has fewer than \(Training.Judgement.leastPatientCount) patients of drugs"
      + " that are recommended now: \(counts.joined(separator: ", "))"
  }

  private static func worse(_ comparison: ModelComparison?) -> String {
    let tenThousandths = Int((-(comparison?.difference?.mean ?? 0) * 10_000).rounded())
    let difference = "0." + String(10_000 + tenThousandths).dropFirst()
    return "its macro-F1 is \(difference) lower than that of model "
      + (comparison?.champion?.version ?? "")
  }

  /// A share with two decimal places, for example `98.33%`.
  static func percentage(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    let rest = String(100 + hundredths % 100).dropFirst()
    return "\(hundredths / 100).\(rest)%"
  }
}
