import FoundationEssentials
import POSIX

extension ModelRegistry {
  /// The versions that are neither among the newest, nor served, nor what a rollback would serve, nor the
  /// shadow, nor named by somebody, who counts on them; the oldest last.
  ///
  /// - Parameter keeping: how many of the newest stay.
  /// - Throws: `RegistryError` when the labels cannot be read: then nobody knows which are named.
  public func prunable(keeping count: Int) throws(RegistryError) -> [ModelSummary] {
    let kept = Set(
      [currentVersion, versionBefore, shadow?.version].compactMap(\.self)
        + (try labels().aliases.values))
    return summaries.dropFirst(count).filter { !kept.contains($0.version) }
  }

  /// Removes a version with its tags and its note. A process that still has its forest mapped goes on.
  ///
  /// - Throws: `RegistryError` for the served version, the one before it, one with an alias of somebody's and one
  ///   that is not there.
  public func remove(_ version: String) throws {
    try locked {
      guard Self.isVersion(version), FileStatus.exists(folder(of: version)) else {
        throw RegistryError(
          .unknownVersion, description: "there is no model \(version) in \(root)")
      }
      guard ![currentVersion, versionBefore].contains(version) else {
        throw RegistryError(
          description: "model \(version) stays: it is served, or a rollback would serve it")
      }
      let names = try labels().aliases.filter { $0.value == version }.keys.sorted()
      guard names.isEmpty else {
        throw RegistryError(
          description: "model \(version) stays: it has the alias \(names.joined(separator: ", "))")
      }
      // Gone at once for whoever lists versions, whatever becomes of the files.
      let temporary = DurableFile.temporaryName(for: folder(of: version))
      try DurableFile.rename(folder(of: version), to: temporary)
      try FileManager.default.removeItem(atPath: temporary)
      try DurableFile.syncFolder(of: temporary)
      // It is gone whether or not what was noted of it can be taken away.
      try? forgetLabels(of: version)
    }
  }
}
