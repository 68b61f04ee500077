import FoundationEssentials
import POSIX
import Patients

extension ModelRegistry {
  /// One change of the served model.
  public struct Activation: Codable, Sendable, Equatable {
    /// What led to it.
    public enum Cause: String, Codable, Sendable {
      /// A training.
      case training
      /// A person chose the version.
      case activation
      /// A person went back to the version before.
      case rollback
    }

    /// When, RFC 3339 in UTC.
    public let time: String
    /// The version that is served since.
    public let version: String
    /// The version that was served before; nil for none.
    public let previous: String?
    /// What led to it.
    public let cause: Cause
    /// Why, in a person's words; nil when nobody said.
    public let reason: String?
    /// The whole digest of the version; nil where it was not kept.
    public let digest: String?
  }

  /// The file that holds every change of the served model, one JSON object a line.
  var historyPath: String { "\(root)/activations.jsonl" }

  /// The served version; nil when there is none.
  public var currentVersion: String? {
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: currentPath)
    else { return nil }
    return target.split(separator: "/").last.map(String.init)
  }

  /// The folder that `current` leads to, which is a version's.
  ///
  /// - Throws: `RegistryError` when it leads elsewhere.
  public func servedFolder() throws(RegistryError) -> String {
    guard let folder = DurableFile.resolved(currentPath),
      let registry = DurableFile.resolved("\(root)/registry"), let version = currentVersion,
      Self.isVersion(version), folder == "\(registry)/\(version)"
    else {
      throw RegistryError(.damaged, description: "current is no link to a version")
    }
    return folder
  }

  /// Every change of the served model, the oldest first; a line that is no change is passed over.
  public var activations: [Activation] {
    guard let content = try? Data(contentsOf: URL(filePath: historyPath)) else { return [] }
    let decoder = JSONDecoder()
    return content.split(separator: UInt8(ascii: "\n")).compactMap { line in
      try? decoder.decode(Activation.self, from: Data(line))
    }
  }

  /// Makes a saved version the served one.
  ///
  /// - Parameters:
  ///   - version: the version.
  ///   - cause: what led to it.
  ///   - reason: why, in a person's words.
  /// - Returns: the version that was served before; nil for none.
  /// - Throws: `RegistryError` when there is no such version, it is damaged or not signed as it must be,
  ///   `SystemError` when the swap fails; what was served then stays.
  @discardableResult
  public func activate(
    _ version: String, cause: Activation.Cause = .activation, reason: String? = nil
  ) throws -> String? {
    try locked { try swap(to: version, cause, reason) }
  }

  /// Serves the version before the served one again; once more, the one before that.
  ///
  /// - Returns: the version that is served now, and the one that was.
  /// - Throws: `RegistryError` when there is none before, and what `activate` throws.
  public func rollBack(reason: String? = nil) throws -> (version: String, previous: String) {
    try locked {
      guard let current = currentVersion, let version = versionBefore else {
        throw RegistryError(
          .nothingBefore, description: "no model was served in \(root) before the present one")
      }
      try swap(to: version, .rollback, reason)
      return (version, current)
    }
  }

  /// The version that `rollBack` would serve; nil for none.
  public var versionBefore: String? {
    guard let current = currentVersion else { return nil }
    // What was activated lies on a stack, from which a rollback takes the top.
    var stack: [String] = []
    func push(_ version: String) {
      if stack.last != version { stack.append(version) }
    }
    for activation in activations {
      if let previous = activation.previous { push(previous) }
      if activation.cause == .rollback {
        while let top = stack.last, top != activation.version { stack.removeLast() }
      }
      push(activation.version)
    }
    push(current)
    return stack.last { $0 != current && hasForest($0) }
  }

  @discardableResult
  private func swap(
    to version: String, _ cause: Activation.Cause, _ reason: String?
  ) throws -> String? {
    let digest = try soundModel(version, trusted: trusted).digest
    let previous = currentVersion
    var cause = cause
    if trusted != nil, previous != version, cause != .rollback, try checkOrder(of: version, digest)
    {
      // So that what it replaces, being withdrawn, is not one to go back to.
      cause = .rollback
    }
    try DurableFile.link(currentPath, to: "registry/\(version)")
    if previous != version || cause != .training {
      record(
        Activation(
          time: Moment.now.wholeSeconds, version: version, previous: previous, cause: cause,
          reason: reason, digest: digest))
    }
    return previous
  }

  /// Adds a line to the history. A failure changes nothing: the model is served, and the stack ends in
  /// what is served whatever the lines say.
  private func record(_ activation: Activation) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(activation) else { return }
    // A line break before as well: a line that a full disk cut short then costs itself alone.
    let bytes = Data("\n".utf8) + line + Data("\n".utf8)
    guard let file = try? FileDescriptor(opening: historyPath, O_WRONLY | O_APPEND | O_CREAT) else {
      return
    }
    defer { file.close() }
    try? bytes.withUnsafeBytes { try file.write($0) }
    try? file.sync()
  }

  func hasForest(_ version: String) -> Bool {
    access("\(folder(of: version))/forest.rf", R_OK) == 0
  }

  /// Whether a text can be the name of a version.
  public static func isVersion(_ text: String) -> Bool {
    UInt64(hexadecimal: text, digitCount: 12) != nil
  }

  /// Works while no other process changes which models there are and which is served.
  func locked<Result>(_ body: () throws -> Result) throws -> Result {
    try lock().whileHeld {
      try relinkCopiedCurrentInTurn()
      return try body()
    }
  }

  func lock() throws -> FileLock {
    do throws(SystemError) {
      return try FileLock("\(root)/.lock")
    } catch {
      guard error.code == ENOENT else { throw error }
      throw RegistryError(.unknownVersion, description: "there are no models in \(root)")
    }
  }
}
