import FoundationEssentials
import POSIX
import Synchronization

extension ModelRegistry {
  /// The file that holds all labels.
  var labelsPath: String { "\(root)/labels.json" }

  /// The names that are worked out and that nobody gives, with what they stand for now; nil while there is none.
  ///
  /// - Parameter served: the served version.
  func computedAliases(served: String?) -> [(name: String, version: String?)] {
    [("champion", served), ("shadow", shadow?.version)]
  }

  /// The version that a name stands for: a version is its own, and need not be there.
  ///
  /// - Parameter served: the served version, where a process knows it better than the link `current`.
  /// - Throws: `RegistryError` when nothing has the name, or the labels cannot be read.
  public func version(
    named name: String, served: String? = nil
  ) throws(RegistryError) -> String {
    if Self.isVersion(name) { return name }
    let computed = computedAliases(served: served ?? currentVersion).first { $0.name == name }
    let found: String? = if let computed { computed.version } else { try labels().aliases[name] }
    guard let found else { throw unknown(name) }
    return found
  }

  /// All labels; where they cannot be read, those alone that are worked out.
  public func allLabels(served: String? = nil) -> RegistryLabels {
    RegistryLabels(
      content: (try? labels()) ?? .init(),
      computed: computedAliases(served: served ?? currentVersion))
  }

  /// The labels of people, read again when the file is another.
  ///
  /// - Throws: `RegistryError` when they cannot be read, or somebody else than these programs wrote them.
  func labels() throws(RegistryError) -> RegistryLabels.Content {
    let status: FileStatus?
    do throws(SystemError) {
      status = try FileStatus.found(at: labelsPath, followsLinks: false)
    } catch {
      throw RegistryError(.unreadable, description: "\(error)")
    }
    guard let status else { return .init() }
    if let known = knownLabels.content(of: status) { return known }
    let content = try RegistryJSON.decode(
      RegistryLabels.Content.self, from: Data(VersionFolder.read(labelsPath)), of: labelsPath)
    do throws(RegistryError) {
      try content.check()
    } catch {
      throw RegistryError(.damaged, description: "\(labelsPath): \(error)")
    }
    knownLabels.keep(content, of: status)
    return content
  }

  /// Lets a name stand for a version, in place of the one that had it.
  ///
  /// - Parameter version: a version that is there, or an alias of one.
  /// - Returns: the version, and the one that had the name; nil for none.
  /// - Throws: `RegistryError` for a name that cannot be or a version that is not there, `SystemError` when it
  ///   cannot be written; all then stays as it was.
  @discardableResult
  public func setAlias(
    _ name: String, to version: String
  ) throws -> (version: String, previous: String?) {
    try AliasName.check(name)
    return try changingLabels { labels in
      let version = try present(version)
      let previous = labels.aliases.updateValue(version, forKey: name)
      return (version, previous)
    }
  }

  /// Takes a name away.
  ///
  /// - Parameter version: the version, or an alias of it, from which it is taken; nil for whichever has it.
  /// - Returns: the version that had it.
  /// - Throws: `RegistryError` when none of them has it, and as above.
  @discardableResult
  public func removeAlias(_ name: String, of version: String? = nil) throws -> String {
    try changingLabels { labels in
      let wanted = try version.map { try self.version(named: $0) }
      guard let found = labels.aliases[name], wanted ?? found == found else {
        throw RegistryError(.unknownAlias, description: "no version has the alias \(name)")
      }
      labels.aliases[name] = nil
      return found
    }
  }

  /// Changes the tags and the note of a version.
  ///
  /// - Parameter version: a version that is there, or an alias of one.
  /// - Returns: the version.
  /// - Throws: `RegistryError` for what cannot be kept and a version that is not there, and as above.
  @discardableResult
  public func remark(
    on version: String, _ change: (_ tags: inout [String: String], _ note: inout String?) -> Void
  ) throws -> String {
    try changingLabels { labels in
      let version = try present(version)
      var remark = labels.versions[version] ?? .init()
      change(&remark.tags, &remark.note)
      labels.versions[version] = remark.isEmpty ? nil : remark
      return version
    }
  }

  /// Forgets tags and note of a version that was removed, by whoever holds the lock.
  func forgetLabels(of version: String) throws {
    var labels = try labels()
    guard labels.versions.removeValue(forKey: version) != nil else { return }
    try write(labels)
  }

  private func changingLabels<Result>(
    _ change: (inout RegistryLabels.Content) throws -> Result
  ) throws -> Result {
    try locked {
      let before = try labels()
      var labels = before
      let result = try change(&labels)
      if labels != before {
        try labels.check()
        try write(labels)
      }
      return result
    }
  }

  private func write(_ labels: RegistryLabels.Content) throws {
    let bytes = try RegistryJSON.encode(labels)
    guard bytes.count <= VersionFolder.maximumPaperSize else {
      throw RegistryError(.label, description: "there is no room for more labels")
    }
    try bytes.withUnsafeBytes { try DurableFile.write($0, to: labelsPath) }
  }

  /// A version that is there, by itself or by an alias.
  private func present(_ name: String) throws(RegistryError) -> String {
    let version = try version(named: name)
    guard FileStatus.exists(folder(of: version)) else { throw unknown(version) }
    return version
  }
}

/// The labels as they were read last; copies of a registry share them.
final class KnownLabels: Sendable {
  private let known = Mutex<(status: FileStatus, content: RegistryLabels.Content)?>(nil)

  /// What a file of this status held; nil for another than was read last.
  func content(of status: FileStatus) -> RegistryLabels.Content? {
    known.withLock { $0?.status == status ? $0?.content : nil }
  }

  func keep(_ content: RegistryLabels.Content, of status: FileStatus) {
    known.withLock { $0 = (status, content) }
  }
}
