public import Patients

/// What a list of models tells of one.
public struct ModelSummary: Encodable, Sendable, Equatable {
  /// The version.
  public let version: String
  /// When it was trained, or imported; RFC 3339 in UTC.
  public let trainedAt: String
  /// The feature set.
  public let features: FeatureSet
  /// The digest of the data; nil for a model that was not trained here.
  public let dataSha256: String?
  /// The number of trees.
  public let nEstimators: Int
  /// The most leaves of a tree; nil for no limit.
  public let maxLeafNodes: Int?
  /// The accuracy on the held-out rows; nil for a model that was not trained here.
  public let testAccuracy: Double?
  /// The interval that holds the true accuracy with 95% confidence; not told in JSON.
  public let testAccuracyInterval: ClosedRange<Double>?
  /// The cross-validated macro-F1; nil without a cross-validation.
  public let cvMacroF1: Double?
  /// Whether it is served.
  public var isCurrent: Bool
  /// The bytes of its files.
  public let sizeBytes: Int
  /// The format of the file that it was imported from; nil for a model that was trained here.
  public let importedFrom: String?
  /// In what its questions and drugs are other than the served model's; nil when they are not, or nobody looked.
  public var differences: ModelDifferences?
  /// What people call it and note of it; nil when nobody looked, in JSON as when there is nothing.
  public var labels: VersionLabels?

  private enum CodingKeys: String, CodingKey {
    case version, features
    case trainedAt = "trained_at", dataSha256 = "data_sha256", nEstimators = "n_estimators"
    case maxLeafNodes = "max_leaf_nodes", testAccuracy = "test_accuracy"
    case cvMacroF1 = "cv_macro_f1", isCurrent = "is_current", sizeBytes = "size_bytes"
    case importedFrom = "imported_from", differences, aliases, tags, note
  }

  /// Whether it comes before another in a list.
  public func isNewer(than other: ModelSummary) -> Bool {
    (trainedAt, version) > (other.trainedAt, other.version)
  }

  /// Writes every key, null for what there is none of.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(version, forKey: .version)
    try container.encode(trainedAt, forKey: .trainedAt)
    try container.encode(features, forKey: .features)
    try container.encode(dataSha256, forKey: .dataSha256)
    try container.encode(nEstimators, forKey: .nEstimators)
    try container.encode(maxLeafNodes, forKey: .maxLeafNodes)
    try container.encode(testAccuracy, forKey: .testAccuracy)
    try container.encode(cvMacroF1, forKey: .cvMacroF1)
    try container.encode(isCurrent, forKey: .isCurrent)
    try container.encode(sizeBytes, forKey: .sizeBytes)
    try container.encode(importedFrom, forKey: .importedFrom)
    try container.encode(differences, forKey: .differences)
    try container.encode(labels?.aliases ?? [], forKey: .aliases)
    try container.encode(labels?.tags ?? [:], forKey: .tags)
    try container.encode(labels?.note, forKey: .note)
  }
}

/// What is known of one version.
public struct ModelDetails: Sendable {
  /// The card.
  public let card: ModelCard
  /// What it knows of patients.
  public let schema: PatientSchema
  /// The evaluation on the held-out rows; nil for a model that was not trained here.
  public let evaluation: EvaluationReport?
  /// The comparison with the model served before; nil when `drugctl retrain` did not make it.
  public let comparison: ModelComparison?
  /// The whole digest; nil in versions of before it was kept.
  public let digest: String?
  /// The files that its manifest lists, by name; none in versions of before there were any.
  public let files: [String]
  /// The signature, by anybody's key; nil for none.
  public let signature: VersionSignature?
}
