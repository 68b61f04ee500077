import FoundationEssentials
import POSIX

extension ModelRegistry {
  /// The versions that are neither among the newest, nor served, nor what a rollback would serve; the
  /// oldest last.
  ///
  /// - Parameter keeping: how many of the newest stay.
  public func prunable(keeping count: Int) -> [ModelSummary] {
    let kept = [currentVersion, versionBefore]
    return summaries.dropFirst(count).filter { !kept.contains($0.version) }
  }

  /// Removes a version. A process that still has its forest mapped goes on.
  ///
  /// - Throws: `RegistryError` for the served version, the one before it and one that is not there.
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
      // Gone at once for whoever lists versions, whatever becomes of the files.
      let temporary = DurableFile.temporaryName(for: folder(of: version))
      try DurableFile.rename(folder(of: version), to: temporary)
      try FileManager.default.removeItem(atPath: temporary)
      try DurableFile.syncFolder(of: temporary)
    }
  }
}
