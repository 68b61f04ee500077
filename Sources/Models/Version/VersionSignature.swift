import Patients

/// The file `signature` of a version's folder: lines that say what is signed, and the signature of these
/// lines.
public struct VersionSignature: Sendable, Equatable {
  static let fileName = "signature"
  private static let title = "drug-classifier model signature 1"
  private static let names = ["version", "digest", "files", "replaces", "served", "key"]
  private static let nothing = "nothing"

  /// The version.
  public let version: String
  /// The version's whole digest.
  public let digest: String
  /// The digest of the manifest, and so of every byte of the folder.
  public let files: String
  /// The whole digest of the version that this one was signed to follow; nil for none.
  public let replaces: String?
  /// How often the version may have been served before it is served by this signature.
  public let servedCount: Int
  /// The SHA-256 digest of the public key.
  public let key: String
  private var bytes: [UInt8] = []

  /// Signs.
  init(
    version: String, digest: String, files: String, replaces: String?, servedCount: Int,
    by key: Ed25519.PrivateKey
  ) {
    self.version = version
    self.digest = digest
    self.files = files
    self.replaces = replaces
    self.servedCount = servedCount
    self.key = key.publicKey.name
    bytes = key.sign(Array(message.utf8))
  }

  /// Reads a signature, which may be anybody's; nil for what `text` would not write.
  init?(parsing text: [UInt8]) {
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    guard lines.count == Self.names.count + 2, lines[0] == Self.title else { return nil }
    var values: [String] = []
    for (line, name) in zip(lines[1...], Self.names + ["ed25519"]) {
      guard line.hasPrefix(name + " ") else { return nil }
      values.append(String(line.dropFirst(name.count + 1)))
    }
    let digits = Array(values[6])
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(hexadecimal: String(digits[$0...($0 + 1)]), digitCount: 2)
    }
    guard ModelRegistry.isVersion(values[0]), bytes.count == 64,
      let servedCount = Int(values[4]), servedCount >= 0,
      [values[1], values[2], values[5]].allSatisfy(SHA256.isDigest),
      values[3] == Self.nothing || SHA256.isDigest(values[3])
    else { return nil }
    version = values[0]
    digest = values[1]
    files = values[2]
    replaces = values[3] == Self.nothing ? nil : values[3]
    self.servedCount = servedCount
    key = values[5]
    self.bytes = bytes
    guard Array(self.text.utf8) == text else { return nil }
  }

  /// What is signed.
  var message: String {
    let values = [version, digest, files, replaces ?? Self.nothing, "\(servedCount)", key]
    return "\(Self.title)\n" + zip(Self.names, values).map { "\($0) \($1)\n" }.joined()
  }

  /// The file.
  var text: String {
    message + "ed25519 " + bytes.map { $0.hexadecimal(digitCount: 2) }.joined() + "\n"
  }

  /// Whether one of the keys made it.
  func isMade(byOneOf keys: TrustedKeys) -> Bool {
    keys.keys.contains { $0.name == key && $0.verifies(bytes, of: Array(message.utf8)) }
  }
}
