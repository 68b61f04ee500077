import POSIX
import Patients

extension ModelRegistry {
  /// What a version is signed to follow.
  public enum Predecessor: Sendable, Equatable {
    /// What is served now.
    case served
    /// A version that is there.
    case version(String)
    /// None.
    case nothing
  }

  /// Signs a version, after a check of every byte of it, in place of the signature that it had.
  ///
  /// - Parameters:
  ///   - key: a file with a private key of Ed25519 in PEM.
  ///   - predecessor: what it is to follow.
  /// - Throws: `RegistryError` for a version that cannot be served and for a key that cannot be used,
  ///   `SystemError` when the signature cannot be written.
  public func sign(
    _ version: String, key: String, following predecessor: Predecessor = .served
  ) throws -> VersionSignature {
    try locked {
      let secret: Ed25519.PrivateKey
      do {
        secret = try Ed25519.PrivateKey(pem: ImportedFile(path: key, limit: 1 << 16).bytes)
      } catch {
        throw RegistryError(description: "the key \(key) cannot be used: \(error)")
      }
      let model = try soundModel(version)
      let files = try VersionFolder(folder(of: version))
      guard let manifest = files.manifest, let digest = files.digest, digest == model.digest else {
        throw Self.unlisted(version)
      }
      let signature = VersionSignature(
        version: version, digest: digest, files: manifest.digest,
        replaces: try self.digest(of: predecessor, before: files), by: secret)
      try DurableFile.write(
        Array(signature.text.utf8), to: "\(files.path)/\(VersionSignature.fileName)")
      return signature
    }
  }

  private func digest(
    of predecessor: Predecessor, before files: VersionFolder
  ) throws(RegistryError) -> String? {
    let version: String
    switch predecessor {
    case .nothing: return nil
    case .version(let named): version = named
    case .served:
      guard let current = currentVersion else { return nil }
      // Signed again, perhaps with another key, it keeps its place.
      if current == files.name { return files.signature?.replaces }
      version = current
    }
    guard Self.isVersion(version), hasForest(version) else { throw unknown(version) }
    guard let digest = try VersionFolder(folder(of: version)).digest else {
      throw Self.unlisted(version)
    }
    return digest
  }

  /// Looks whether a version was signed to follow what is served. Who goes back to what was served before
  /// needs no new signature.
  ///
  /// - Throws: `RegistryError` when it was not: an approval holds once, not whenever somebody finds it.
  func checkOrder(of version: String) throws(RegistryError) {
    let signature = try VersionFolder(folder(of: version)).signature
    let served = currentVersion.flatMap { try? VersionFolder(folder(of: $0)).digest }
    guard signature?.replaces != served, version != versionBefore else { return }
    throw RegistryError(
      .notSigned,
      description: "model \(version) is signed to follow "
        + "\(signature?.replaces.map(VersionName.short) ?? "no model"), but what is served is "
        + "\(served.map(VersionName.short) ?? "of no known digest"): sign it again")
  }

  private static func unlisted(_ version: String) -> RegistryError {
    RegistryError(
      description: "model \(version) is of an older program and has no list of its files: "
        + "'drugctl models verify --adopt' makes one")
  }
}
