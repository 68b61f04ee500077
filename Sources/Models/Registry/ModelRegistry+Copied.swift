import FoundationEssentials
import POSIX

extension ModelRegistry {
  /// Makes `current` a link again where it is a copy of the folder it led to: programs that follow links
  /// when they copy leave it so.
  ///
  /// - Returns: the version that it was a copy of; nil when it was no folder.
  /// - Throws: `RegistryError` when it is no sound version, or another than the registry has under the
  ///   name, and `SystemError` when the folder of models cannot be changed; all then stays as it is.
  @discardableResult
  public func relinkCopiedCurrent() throws -> String? {
    guard currentIsFolder else { return nil }
    return try lock().whileHeld(relinkCopiedCurrentInTurn)
  }

  private var currentIsFolder: Bool {
    FileStatus(of: currentPath, followsLinks: false)?.isFolder == true
  }

  /// The same, by whoever holds the lock.
  @discardableResult
  func relinkCopiedCurrentInTurn() throws -> String? {
    guard currentIsFolder else { return nil }
    let card = try RegistryJSON.read(ModelCard.self, from: "\(currentPath)/card.json")
    let version = card.modelVersion
    guard Self.isVersion(version) else {
      throw RegistryError(.damaged, description: "the folder current is no version")
    }
    let folder = folder(of: version)
    let isThere = FileStatus(of: folder, followsLinks: false) != nil
    if isThere {
      func papers(_ folder: String) -> Data? {
        try? Data(contentsOf: URL(filePath: "\(folder)/\(Manifest.fileName)"))
      }
      guard let own = papers(currentPath), own == papers(folder) else {
        throw RegistryError(
          .clash, description: "the folder current is another model \(version) than \(folder)")
      }
    }
    let aside = isThere ? DurableFile.temporaryName(for: folder) : folder
    try DurableFile.makeFolders("\(root)/registry")
    try DurableFile.rename(currentPath, to: aside)
    do {
      // A version is sound under its own name alone.
      _ = try DrugModel(folder: folder)
      try DurableFile.link(currentPath, to: "registry/\(version)")
    } catch {
      try DurableFile.rename(aside, to: currentPath)
      throw error
    }
    if isThere { try? FileManager.default.removeItem(atPath: aside) }
    return version
  }
}
