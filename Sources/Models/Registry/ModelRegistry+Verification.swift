import POSIX

extension ModelRegistry {
  /// What a check of every byte of a version has found.
  public enum Finding: Sendable {
    /// It is what its name stands for; the signature is checked when signatures are asked for.
    case sound(digest: String, signature: VersionSignature?)
    /// The same, of an older program: its name stands for the forest and the card alone.
    case older
    /// Something is wrong.
    case faulty(RegistryError)
  }

  /// Checks every byte of a version, and its signature if it needs one.
  public func verify(_ version: String) -> Finding {
    do throws(RegistryError) {
      let model = try soundModel(version, trusted: trusted)
      guard let digest = model.digest else { return .older }
      return .sound(digest: digest, signature: try VersionFolder(folder(of: version)).signature)
    } catch {
      return .faulty(error)
    }
  }

  /// Lists the files of a version of an older program, which then has a digest and can be signed; it
  /// keeps its name, by which rows of the log know it.
  ///
  /// - Throws: `RegistryError` when it is damaged, `SystemError` when the list cannot be written.
  public func adopt(_ version: String) throws {
    try locked {
      guard try soundModel(version).digest == nil else { return }
      try VersionFolder.seal(folder(of: version))
    }
  }

  /// Loads a version that can be served.
  ///
  /// - Throws: `RegistryError` for one that cannot.
  func soundModel(
    _ version: String, trusted: TrustedKeys? = nil
  ) throws(RegistryError) -> DrugModel {
    guard Self.isVersion(version), hasForest(version) else { throw unknown(version) }
    func refusal(_ words: String) -> RegistryError {
      RegistryError(.damaged, description: "model \(version) cannot be served: \(words)")
    }
    let model: DrugModel
    do {
      model = try DrugModel(folder: folder(of: version), trusted: trusted)
    } catch let error as RegistryError where error.code == .notSigned {
      throw error
    } catch {
      throw refusal("\(error)")
    }
    guard model.passesSelfTest() else { throw refusal("it no longer says what its training did") }
    let before = servedDigest(of: version)
    guard before == nil || before == model.digest else {
      throw refusal("another model had its name when it was served before")
    }
    return model
  }

  /// The digest that a version had when it was served last; nil when it was not, or none was kept.
  func servedDigest(of version: String) -> String? {
    activations.last { $0.version == version && $0.digest != nil }?.digest
  }

  func unknown(_ version: String) -> RegistryError {
    RegistryError(.unknownVersion, description: "there is no model \(version) in \(root)")
  }
}
