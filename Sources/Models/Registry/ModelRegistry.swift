import FoundationEssentials
import POSIX
import Patients
import RandomForest

/// The folder of models: `registry/<version>/` for each and the link `current` to the served one.
///
/// A version's folder appears whole, by rename, and is never changed; `current` is swapped by
/// rename, so that a reader sees the old model or the new one.
public struct ModelRegistry: Sendable {
  /// The folder that holds `registry` and `current`.
  public let root: String
  /// Whose signature a version needs to be served; nil when it needs none.
  public let trusted: TrustedKeys?
  let knownLabels = KnownLabels()

  /// Names the folder; it is made when a model is saved.
  ///
  /// - Parameter trusted: whose signature a version needs to be served; nil when it needs none.
  public init(root: String, trusted: TrustedKeys? = nil) {
    self.root = root
    self.trusted = trusted
  }

  /// The link to the served model's folder.
  public var currentPath: String { "\(root)/current" }

  /// The folder of a version.
  public func folder(of version: String) -> String { "\(root)/registry/\(version)" }

  /// What became of a model that was to be saved.
  public enum Outcome: Sendable {
    /// It is new.
    case saved
    /// The same forest, card and evaluation, byte for byte, were there already and stay.
    case alreadyThere
  }

  /// Saves a model as a new version; `current` stays as it is.
  ///
  /// - Parameter comparison: with the model served then, kept as `comparison.json` of a new version.
  /// - Throws: `RegistryError` when its name is that of another version or of a damaged one, which stay
  ///   as they are, `SystemError` or what encoding throws; no half-written version is left.
  public func save(
    _ model: TrainedModel, comparison: ModelComparison? = nil
  ) throws -> Outcome {
    let evaluation = model.evaluation
    return try save(model.forest, model.schema, model.card, evaluation) { folder in
      try RegistryJSON.write(evaluation, to: "\(folder)/evaluation.json")
      if let inspection = model.inspection {
        try RegistryJSON.encode(inspection, indents: false).withUnsafeBytes {
          try DurableFile.write($0, to: "\(folder)/inspection.json")
        }
      }
      if let comparison { try RegistryJSON.write(comparison, to: "\(folder)/comparison.json") }
      let plot = ConfusionMatrixPlot(
        model.test.confusion,
        subtitle: Self.subtitle(model.card, samples: model.test.confusion.total))
      try DurableFile.write(plot.png(), to: "\(folder)/confusion_matrix.png")
    }
  }

  /// Saves an imported model as a new version; `current` stays as it is.
  ///
  /// - Throws: as above.
  public func save(_ model: ImportedModel) throws -> Outcome {
    try save(model.forest, model.schema, model.card, nil) { _ in }
  }

  /// - Parameter writeMore: writes the files besides the forest, the schema and the card into a folder.
  private func save(
    _ forest: Forest, _ schema: PatientSchema, _ card: ModelCard, _ evaluation: EvaluationReport?,
    _ writeMore: (_ folder: String) throws -> Void
  ) throws -> Outcome {
    let version = card.modelVersion
    let folder = folder(of: version)
    let digest = try card.digest(forest, schema, evaluation)
    // Nothing is written for a version that is there: a disk may take long to sync.
    if try holds(version, digest) { return .alreadyThere }
    try DurableFile.makeFolders("\(root)/registry")
    let temporary = DurableFile.temporaryName(for: folder)
    try systemCall("mkdir", temporary) { mkdir(temporary, 0o755) }
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    // Not by `forest.write`, whose error has lost its code: a full disk is told as one.
    try forest.withBytes { bytes throws(SystemError) in
      try DurableFile.write(bytes, to: "\(temporary)/forest.rf")
    }
    try DurableFile.write(Array(schema.text.utf8), to: "\(temporary)/schema.json")
    try RegistryJSON.write(card, to: "\(temporary)/card.json")
    try writeMore(temporary)
    try VersionFolder.seal(temporary)
    do throws(SystemError) {
      try DurableFile.rename(temporary, to: folder)
    } catch {
      guard error.code == EEXIST || error.code == ENOTEMPTY else { throw error }
      guard try holds(version, digest) else { throw error }
      return .alreadyThere
    }
    return .saved
  }

  /// Loads a version, or the served one.
  ///
  /// - Throws: `RegistryError` when there is none, and what `DrugModel` throws for a damaged one.
  public func load(_ version: String?) throws -> DrugModel {
    if version == nil { try relinkCopiedCurrent() }
    let folder = version.map(folder(of:)) ?? currentPath
    guard FileStatus.exists("\(folder)/forest.rf") else {
      let name = version.map { "model \($0)" } ?? "model that is served"
      throw RegistryError(
        .unknownVersion, description: "there is no \(name) in \(root): drugctl pipeline makes one"
      )
    }
    return try DrugModel(folder: version == nil ? servedFolder() : folder)
  }

  /// Whether a version is there, sound and of a digest.
  ///
  /// - Throws: `RegistryError` when its name is another one's: nothing is moved for that.
  private func holds(_ version: String, _ digest: String) throws -> Bool {
    let folder = folder(of: version)
    guard FileStatus(of: folder, followsLinks: false) != nil else { return false }
    let existing: DrugModel
    do {
      existing = try DrugModel(folder: folder)
    } catch {
      throw RegistryError(
        .damaged,
        description:
          "\(folder) is there, damaged, and stays as it is; move it away and save again: "
          + "\(error)")
    }
    guard existing.digest == digest else {
      throw RegistryError(
        .clash,
        description: "another model has the name \(version), with the digest "
          + "\(existing.digest ?? "of an older program"); nothing was saved. Whoever made this one "
          + "may have made it so: see which is right, and remove the other")
    }
    return true
  }

  private static func subtitle(_ card: ModelCard, samples: Int) -> String {
    "\(card.features.rawValue) features, \(samples.grouped) held-out patients, "
      + "model \(card.modelVersion)"
  }
}
