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
  public let comparison: ModelComparison
  /// What it says otherwise than what was served.
  public let changed: ChangedPredictions
  /// How long all took, in seconds.
  public let durationS: Double
}
