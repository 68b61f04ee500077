import FoundationEssentials
import Glibc
import RandomForest

/// What went wrong with a registry of models.
public struct RegistryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// There is no model of the version.
    case unknownVersion = "unknown_version"
    /// The version is there, but it is damaged or no model of patients.
    case damaged
    /// No version was served before the present one.
    case nothingBefore = "nothing_before"
    /// There is no table of the name.
    case unknownDataset = "unknown_dataset"
    /// Anything else.
    case other
  }

  /// The kind of fault.
  public let code: Code
  /// What is wrong, in words.
  public let description: String

  init(_ code: Code = .other, description: String) {
    self.code = code
    self.description = description
  }
}

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
      try plot.png().withUnsafeBytes {
        try DurableFile.write($0, to: "\(folder)/confusion_matrix.png")
      }
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
    try Self.makeFolders("\(root)/registry")
    let temporary = "\(root)/registry/.\(version).\(Self.unique).tmp"
    guard mkdir(temporary, 0o755) == 0 else { throw SystemError("mkdir", temporary) }
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    try forest.write(to: "\(temporary)/forest.rf")
    try RegistryJSON.write(card, to: "\(temporary)/card.json")
    try writeMore(temporary)
    if rename(temporary, folder) != 0 {
      guard errno == EEXIST || errno == ENOTEMPTY else { throw SystemError("rename", folder) }
      if holds(folder, forest) { return .alreadyThere }
      // What else has this name is damaged: it is kept, under another one.
      let damaged = "\(folder).damaged.\(Self.unique)"
      guard rename(folder, damaged) == 0 else { throw SystemError("rename", folder) }
      guard rename(temporary, folder) == 0 else { throw SystemError("rename", folder) }
    }
    try DurableFile.syncFolder(of: folder)
    return .saved
  }

  /// Loads a version, or the served one.
  ///
  /// - Throws: `RegistryError` when there is none, and what `DrugModel` throws for a damaged one.
  public func load(_ version: String?) throws -> DrugModel {
    let folder = version.map(folder(of:)) ?? currentPath
    guard access("\(folder)/forest.rf", F_OK) == 0 else {
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

  /// A part of a name that no other process or thread uses, nor a later one.
  static var unique: UInt64 { .random(in: 0 ... .max) }

  private static func subtitle(_ card: ModelCard, samples: Int) -> String {
    "\(card.features.rawValue) features, \(samples.grouped) held-out patients, "
      + "model \(card.modelVersion)"
  }

  /// Makes a folder and those above it that are not there.
  static func makeFolders(_ path: String) throws(SystemError) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw SystemError("mkdir", path)
    }
    try makeFolders(String(path[..<slash]))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw SystemError("mkdir", path) }
  }
}
