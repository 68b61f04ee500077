import FoundationEssentials
import Glibc

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
  /// The cross-validated macro-F1; nil without a cross-validation.
  public let cvMacroF1: Double?
  /// Whether it is served.
  public let isCurrent: Bool
  /// The bytes of its files.
  public let sizeBytes: Int
  /// The format of the file that it was imported from; nil for a model that was trained here.
  public let importedFrom: String?

  private enum CodingKeys: String, CodingKey {
    case version, features
    case trainedAt = "trained_at", dataSha256 = "data_sha256", nEstimators = "n_estimators"
    case maxLeafNodes = "max_leaf_nodes", testAccuracy = "test_accuracy"
    case cvMacroF1 = "cv_macro_f1", isCurrent = "is_current", sizeBytes = "size_bytes"
    case importedFrom = "imported_from"
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
  }
}

/// What is known of one version.
public struct ModelDetails: Sendable {
  /// The card.
  public let card: ModelCard
  /// The evaluation on the held-out rows; nil for a model that was not trained here.
  public let evaluation: EvaluationReport?
  /// The comparison with the model served before; nil when `drugctl retrain` did not make it.
  public let comparison: ModelComparison?
}

extension ModelRegistry {
  /// The models whose card and evaluation can be read, the newest first.
  ///
  /// - Complexity: reads two small files a model, no forest.
  public var summaries: [ModelSummary] {
    let current = currentVersion
    return versions.compactMap { version in
      guard let details = try? details(of: version) else { return nil }
      let card = details.card
      return ModelSummary(
        version: version, trainedAt: card.trainedAt, features: card.features,
        dataSha256: card.data?.sha256,
        nEstimators: card.imported?.trees ?? card.parameters?.nEstimators ?? 0,
        maxLeafNodes: card.parameters?.maxLeafNodes, testAccuracy: details.evaluation?.accuracy,
        cvMacroF1: card.featureSets[card.features.rawValue]?.crossValidation?.macroF1.mean,
        isCurrent: version == current, sizeBytes: size(of: version),
        importedFrom: card.imported?.format)
    }.sorted { ($0.trainedAt, $0.version) > ($1.trainedAt, $1.version) }
  }

  /// The names of all versions, sound or not.
  public var versions: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(root)/registry")
    return (names ?? []).filter(Self.isVersion).sorted()
  }

  /// The card, the evaluation and the comparison of a version, or of the served one.
  ///
  /// - Throws: `RegistryError` when there is none, or its files cannot be read.
  public func details(of version: String? = nil) throws(RegistryError) -> ModelDetails {
    let folder = version.map(folder(of:)) ?? currentPath
    guard version.map(Self.isVersion) ?? true, access("\(folder)/card.json", F_OK) == 0 else {
      let name = version.map { "model \($0)" } ?? "model that is served"
      throw RegistryError(.unknownVersion, description: "there is no \(name) in \(root)")
    }
    let comparison = "\(folder)/comparison.json"
    let card = try RegistryJSON.read(ModelCard.self, from: "\(folder)/card.json")
    return ModelDetails(
      card: card,
      evaluation: card.imported == nil
        ? try RegistryJSON.read(EvaluationReport.self, from: "\(folder)/evaluation.json") : nil,
      comparison: access(comparison, F_OK) == 0
        ? try RegistryJSON.read(ModelComparison.self, from: comparison) : nil)
  }

  /// The bytes of a version's files.
  func size(of version: String) -> Int {
    let folder = folder(of: version)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.reduce(0) { sum, name in
      var status = stat()
      return stat("\(folder)/\(name)", &status) == 0 ? sum + Int(status.st_size) : sum
    }
  }
}
