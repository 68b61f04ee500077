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

  /// Names the folder; it is made when a model is saved.
  public init(root: String) {
    self.root = root
  }

  /// The link to the served model's folder.
  public var currentPath: String { "\(root)/current" }

  /// The folder of a version.
  public func folder(of version: String) -> String { "\(root)/registry/\(version)" }

  /// What became of a model that was to be saved.
  public enum Outcome: Sendable {
    /// It is new.
    case saved
    /// The same forest, byte for byte, was there already and stays.
    case alreadyThere
  }

  /// Saves a model as a new version; `current` stays as it is.
  ///
  /// - Parameter comparison: with the model served then, kept as `comparison.json` of a new version.
  /// - Throws: `RegistryError`, `SystemError` or what encoding throws; no half-written version is
  ///   left.
  public func save(
    _ model: TrainedModel, comparison: ModelComparison? = nil
  ) throws -> Outcome {
    try save(model.forest, model.card) { folder in
      try RegistryJSON.write(
        EvaluationReport(model.test, bySex: model.testBySex), to: "\(folder)/evaluation.json")
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
    try save(model.forest, model.card) { _ in }
  }

  /// - Parameter writeMore: writes the files besides the forest and the card into a folder.
  private func save(
    _ forest: Forest, _ card: ModelCard, _ writeMore: (_ folder: String) throws -> Void
  ) throws -> Outcome {
    let version = card.modelVersion
    let folder = folder(of: version)
    // Nothing is written for a version that is there: a disk may take long to sync.
    if holds(folder, forest) { return .alreadyThere }
    try DurableFile.makeFolders("\(root)/registry")
    let temporary = DurableFile.temporaryName(for: folder)
    try systemCall("mkdir", temporary) { mkdir(temporary, 0o755) }
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    // Not by `forest.write`, whose error has lost its code: a full disk is told as one.
    try forest.withBytes { bytes throws(SystemError) in
      try DurableFile.write(bytes, to: "\(temporary)/forest.rf")
    }
    try RegistryJSON.write(card, to: "\(temporary)/card.json")
    try writeMore(temporary)
    do throws(SystemError) {
      try DurableFile.rename(temporary, to: folder)
    } catch {
      guard error.code == EEXIST || error.code == ENOTEMPTY else { throw error }
      if holds(folder, forest) { return .alreadyThere }
      // What else has this name is damaged: it is kept, under another one.
      try DurableFile.rename(folder, to: "\(folder).damaged.\(UInt64.random(in: 0 ... .max))")
      try DurableFile.rename(temporary, to: folder)
    }
    return .saved
  }

  /// Loads a version, or the served one.
  ///
  /// - Throws: `RegistryError` when there is none, and what `DrugModel` throws for a damaged one.
  public func load(_ version: String?) throws -> DrugModel {
    let folder = version.map(folder(of:)) ?? currentPath
    guard FileStatus.exists("\(folder)/forest.rf") else {
      let name = version.map { "model \($0)" } ?? "model that is served"
      throw RegistryError(
        .unknownVersion, description: "there is no \(name) in \(root): drugctl pipeline makes one"
      )
    }
    return try DrugModel(folder: folder)
  }

  /// Whether a folder is a sound model of the same forest, byte for byte.
  private func holds(_ folder: String, _ forest: Forest) -> Bool {
    guard let existing = try? DrugModel(folder: folder) else { return false }
    return existing.forest.withBytes { old in
      forest.withBytes { new in old.elementsEqual(new) }
    }
  }

  private static func subtitle(_ card: ModelCard, samples: Int) -> String {
    "\(card.features.rawValue) features, \(samples.grouped) held-out patients, "
      + "model \(card.modelVersion)"
  }
}
