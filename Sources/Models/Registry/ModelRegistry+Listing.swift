import FoundationEssentials
import POSIX

extension ModelRegistry {
  /// What a list tells of a version, and what can be compared with another.
  public struct Listing: Sendable {
    /// What is told.
    public let summary: ModelSummary
    /// Its questions and drugs.
    public let side: ModelDifferences.Side
  }

  /// The models whose card and evaluation can be read, the newest first.
  ///
  /// - Complexity: reads two small files a model, no forest.
  public var summaries: [ModelSummary] {
    let labels = allLabels()
    return versions.compactMap { version in
      var summary = summary(of: version)
      summary?.labels = labels[version]
      return summary
    }.sorted { $0.isNewer(than: $1) }
  }

  /// What a list tells of a version; nil when its card or evaluation cannot be read.
  public func summary(of version: String) -> ModelSummary? { listing(of: version)?.summary }

  /// The same, with its questions and drugs.
  public func listing(of version: String) -> Listing? {
    guard let details = try? details(of: version) else { return nil }
    let card = details.card
    let summary = ModelSummary(
      version: version, trainedAt: card.trainedAt, features: card.features,
      dataSha256: card.data?.sha256,
      nEstimators: card.imported?.trees ?? card.parameters?.nEstimators ?? 0,
      maxLeafNodes: card.parameters?.maxLeafNodes, testAccuracy: details.evaluation?.accuracy,
      testAccuracyInterval: details.evaluation?.accuracyInterval,
      cvMacroF1: card.featureSets[card.features.rawValue]?.crossValidation?.macroF1.mean,
      isCurrent: version == currentVersion, sizeBytes: size(of: version),
      importedFrom: card.imported?.format)
    return Listing(summary: summary, side: ModelDifferences.Side(details))
  }

  /// The names of all versions, sound or not.
  public var versions: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(root)/registry")
    return (names ?? []).filter(Self.isVersion).sorted()
  }

  /// The card, the evaluation and the comparison of a version, or of the served one.
  ///
  /// Its files are checked, but for the forest and the picture.
  ///
  /// - Throws: `RegistryError` when there is none, its files are damaged or cannot be read.
  public func details(of version: String? = nil) throws(RegistryError) -> ModelDetails {
    let path = version.map(folder(of:)) ?? currentPath
    guard version.map(Self.isVersion) ?? true, FileStatus.exists("\(path)/card.json") else {
      let name = version.map { "model \($0)" } ?? "model that is served"
      throw RegistryError(.unknownVersion, description: "there is no \(name) in \(root)")
    }
    let files = try VersionFolder(version == nil ? servedFolder() : path)
    let card = try files.card()
    return ModelDetails(
      card: card, schema: try files.schema(),
      evaluation: card.imported == nil
        ? try files.decode(EvaluationReport.self, "evaluation.json") : nil,
      comparison: try files.decodeIfPresent(ModelComparison.self, "comparison.json"),
      digest: files.digest, files: files.manifest?.digests.keys.sorted() ?? [],
      signature: files.signature)
  }

  /// What a look inside of a version shows; nil for one of before it was kept, and where it cannot be read.
  public func inspection(of version: String) -> ModelInspection? {
    try? RegistryJSON.read(ModelInspection.self, from: "\(folder(of: version))/inspection.json")
  }

  /// The bytes of a version's files.
  func size(of version: String) -> Int {
    let folder = folder(of: version)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.reduce(0) { $0 + (FileStatus(of: "\(folder)/\($1)")?.size ?? 0) }
  }
}
