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
      // What is served keeps its place, and its approval was used when it came there.
      let isServed = currentVersion == version
      let signature = VersionSignature(
        version: version, digest: digest, files: manifest.digest,
        replaces: try self.digest(of: predecessor, before: version),
        servedCount: max(0, servedCount(of: version, digest) - (isServed ? 1 : 0)), by: secret)
      try DurableFile.write(
        Array(signature.text.utf8), to: "\(files.path)/\(VersionSignature.fileName)")
      return signature
    }
  }

  private func digest(
    of predecessor: Predecessor, before version: String
  ) throws(RegistryError) -> String? {
    switch predecessor {
    case .nothing: return nil
    case .version(let named):
      guard let digest = try soundModel(named).digest else { throw Self.unlisted(named) }
      return digest
    case .served:
      guard currentVersion == version else { return try servedDigest() }
      // Not what a signature that it has says, which may be anybody's. Of what is no longer known, or
      // was of an older program, there is none; the approval is used in any case.
      let step = activations.last { $0.version == version && $0.previous != version }
      return step?.previous.flatMap { try? digest(of: $0) }
    }
  }

  /// The digest of what is served, which the next version must be signed to follow; nil when nothing
  /// ever was.
  ///
  /// - Throws: `RegistryError` when it cannot be told: a link that is gone or damaged makes nobody the
  ///   first.
  private func servedDigest() throws(RegistryError) -> String? {
    let version: String
    if FileStatus(of: currentPath, followsLinks: false) == nil {
      guard let last = activations.last else {
        guard FileStatus(of: historyPath)?.size ?? 0 == 0 else {
          throw RegistryError(.damaged, description: "the history of what was served is damaged")
        }
        return nil
      }
      version = last.version
    } else {
      guard let current = currentVersion, Self.isVersion(current) else {
        throw RegistryError(.damaged, description: "current is no link to a version")
      }
      version = current
    }
    return try digest(of: version)
  }

  /// The digest of a version that is or was served.
  private func digest(of version: String) throws(RegistryError) -> String {
    if let digest = servedDigest(of: version) { return digest }
    guard Self.isVersion(version), hasForest(version) else { throw unknown(version) }
    guard let digest = try VersionFolder(folder(of: version)).digest else {
      throw Self.unlisted(version)
    }
    return digest
  }

  /// How often a version began to be served.
  private func servedCount(of version: String, _ digest: String) -> Int {
    activations.count { ($0.digest ?? digest) == digest && $0.version == version }
  }

  /// Looks whether a version was signed to follow what is served, and was not served by that signature
  /// before: an approval holds once, not whenever somebody finds it.
  ///
  /// - Returns: whether it only goes back to what was served before, which needs no new signature.
  /// - Throws: `RegistryError` when it does neither.
  func checkOrder(of version: String, _ digest: String?) throws(RegistryError) -> Bool {
    let isBefore = version == versionBefore
    let served: String?
    do throws(RegistryError) {
      served = try servedDigest()
    } catch {
      guard isBefore else { throw error }
      return true
    }
    let signature = try VersionFolder(folder(of: version)).signature
    let follows = signature != nil && signature?.replaces == served
    if follows, let signature, let digest,
      servedCount(of: version, digest) <= signature.servedCount
    {
      return false
    }
    // The second is served still, and the link to it was lost.
    if isBefore || digest == served { return true }
    throw RegistryError(
      .notSigned,
      description: "model \(version) is signed to follow "
        + "\(signature?.replaces.map(VersionName.short) ?? "no model"), "
        + (follows
          ? "and has done so before"
          : "but what is served is \(served.map(VersionName.short) ?? "no model")")
        + ": sign it again")
  }

  private static func unlisted(_ version: String) -> RegistryError {
    RegistryError(
      description: "model \(version) is of an older program and has no list of its files: "
        + "'drugctl models verify --adopt' makes one")
  }
}
