import FoundationEssentials
import Glibc
import RandomForest

/// A folder in which MLflow keeps its experiments and runs: its file store.
///
/// A folder for each experiment holds one for each run; in it lies a small file for each parameter,
/// metric and tag, and the run's artifacts, as MLflow calls its files.
public struct MLflowStore: Sendable {
  /// The experiment that runs go into when nobody names another.
  public static let defaultExperiment = "drug-classifier"
  /// Where MLflow puts experiments that were deleted.
  private static let trash = ".trash"

  /// The folder, without links in its path.
  public let root: String
  /// The experiment's name.
  public let experiment: String
  /// The name of the experiment's folder.
  let experimentID: String

  /// Opens a store, or makes one; the experiment is made when it is not there.
  ///
  /// - Throws: `RegistryError` when the folder holds something else or the experiment cannot be
  ///   used, `SystemError` when nothing can be written there.
  public init(folder: String, experiment: String = Self.defaultExperiment) throws {
    // MLflow looks for a name between such quotes.
    let isName =
      1...250 ~= experiment.utf8.count && !experiment.contains("'")
      && experiment.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    guard isName else {
      throw RegistryError(
        description: "an experiment's name is 1 to 250 bytes on one line, without '")
    }
    try ModelRegistry.makeFolders(folder)
    guard let path = realpath(folder, nil) else { throw SystemError("realpath", folder) }
    defer { free(path) }
    root = String(cString: path)
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: root) else {
      throw RegistryError(description: "\(folder) is no folder that can be read")
    }
    let experiments = Self.experiments(in: root)
    guard names.isEmpty || names.contains(Self.trash) || !experiments.isEmpty else {
      throw RegistryError(
        description: "\(folder) is not empty, and no MLflow store: name a new folder")
    }
    guard Self.experiments(in: "\(root)/\(Self.trash)")[experiment] == nil else {
      throw RegistryError(
        description: "experiment \(experiment) was deleted in MLflow: restore it there, or name "
          + "another by --experiment")
    }
    self.experiment = experiment
    experimentID = experiments[experiment] ?? Self.newID(experiment)
    if experiments[experiment] == nil { try makeExperiment() }
  }

  /// The experiments of a folder: the names of their folders by their own names.
  private static func experiments(in root: String) -> [String: String] {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    var found: [String: String] = [:]
    for folder in folders.sorted() {
      let path = "\(root)/\(folder)/meta.yaml"
      guard let data = try? Data(contentsOf: URL(filePath: path)) else { continue }
      let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
      guard let line = lines.first(where: { $0.hasPrefix("name: ") }) else { continue }
      found[MLflowText.value(line.dropFirst("name: ".count))] = folder
    }
    return found
  }

  /// A number of 18 digits that is always the same for a name, as MLflow's are.
  private static func newID(_ name: String) -> String {
    let digest = MLflowText.digest("experiment \(name)").prefix(15)
    let number = UInt64(digest, radix: 16) ?? 0
    return "\(100_000_000_000_000_000 + number % 900_000_000_000_000_000)"
  }

  private func makeExperiment() throws {
    let folder = "\(root)/\(experimentID)"
    try ModelRegistry.makeFolders(folder)
    let now = Int(Date.now.timeIntervalSince1970 * 1000)
    try MLflowText.write(
      MLflowText.yaml([
        ("artifact_location", MLflowText.quoted(MLflowText.address(of: folder))),
        ("creation_time", "\(now)"), ("experiment_id", MLflowText.quoted(experimentID)),
        ("last_update_time", "\(now)"), ("lifecycle_stage", "active"),
        ("name", MLflowText.quoted(experiment)),
      ]), to: "\(folder)/meta.yaml")
  }
}

/// The texts of MLflow's files.
enum MLflowText {
  /// A mapping of YAML.
  static func yaml(_ members: [(name: String, value: String)]) -> String {
    members.map { "\($0.name): \($0.value)\n" }.joined()
  }

  /// A text of one line for YAML.
  static func quoted(_ text: String) -> String {
    "'\(text.replacing("'", with: "''"))'"
  }

  /// A value of YAML on one line: quoted in one of two ways, or as it stands.
  static func value(_ text: some StringProtocol) -> String {
    var text = String(text)
    while text.last == " " { text.removeLast() }
    if text.count >= 2, text.first == "'", text.last == "'" {
      return String(text.dropFirst().dropLast()).replacing("''", with: "'")
    }
    let decoded = try? JSONDecoder().decode(String.self, from: Data(text.utf8))
    return decoded ?? text
  }

  /// A path as the URI of a file.
  static func address(of path: String) -> String {
    URL(filePath: path, directoryHint: .notDirectory).absoluteString
  }

  /// The SHA-256 digest of a text.
  static func digest(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes(SHA256.digest)
  }

  /// Text without line ends: MLflow's values have one line.
  static func line(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }

  /// Writes a file, unless it is as it should be.
  static func write(_ bytes: Data, to path: String) throws {
    if let old = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe), old == bytes {
      return
    }
    try bytes.withUnsafeBytes { try DurableFile.write($0, to: path) }
  }

  static func write(_ text: String, to path: String) throws {
    try write(Data(text.utf8), to: path)
  }
}
