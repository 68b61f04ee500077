import Patients

/// The public keys whose signatures let a version be served.
public struct TrustedKeys: Sendable {
  let keys: [Ed25519.PublicKey]

  /// Nobody's: no version is served.
  public static let none = TrustedKeys(keys: [])

  private init(keys: [Ed25519.PublicKey]) { self.keys = keys }

  /// Reads a file of one public key of Ed25519 or more, in PEM.
  ///
  /// - Throws: `RegistryError` for a file that cannot be read, or holds anything else.
  public init(path: String) throws(RegistryError) {
    do {
      keys = try Ed25519.PublicKey.all(pem: ImportedFile(path: path, limit: 1 << 16).bytes)
    } catch {
      throw RegistryError(description: "the key \(path) cannot be used: \(error)")
    }
  }
}

extension VersionFolder {
  /// Looks whether the version is signed with one of the keys, every byte of it as it is.
  ///
  /// - Throws: `RegistryError` when it is not.
  func requireSignature(by keys: TrustedKeys) throws(RegistryError) {
    func refusal(_ words: String) -> RegistryError {
      RegistryError(.notSigned, description: "model \(name) is not signed\(words)")
    }
    guard let manifest, let digest, let signature else { throw refusal("") }
    guard signature.version == name, signature.digest == digest,
      signature.files == manifest.digest
    else { throw refusal(" as it is: its files are others than those that were signed") }
    guard signature.isMade(byOneOf: keys) else { throw refusal(" with a key that is trusted here") }
  }
}
