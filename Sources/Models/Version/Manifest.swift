import Patients

/// The file `SHA256SUMS` of a version's folder: the SHA-256 digest of each other file but the signature,
/// as sha256sum(1) writes and checks it.
struct Manifest: Equatable {
  static let fileName = "SHA256SUMS"

  /// The digests by the names of the files.
  var digests: [String: String]

  init(_ digests: [String: String]) { self.digests = digests }

  /// Reads a manifest; nil for what `text` would not write.
  init?(parsing text: String) {
    digests = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[1].first == " ", SHA256.isDigest(String(parts[0])) else {
        return nil
      }
      digests[String(parts[1].dropFirst())] = String(parts[0])
    }
    guard text == self.text else { return nil }
  }

  /// A line for each file, by its name.
  var text: String {
    digests.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }.joined()
  }

  /// The digest of the text.
  var digest: String { SHA256.digest(of: text) }
}

extension SHA256 {
  /// Whether a text is 64 hexadecimal digits, none of them a capital.
  static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy { byte in
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
          || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
      }
  }
}
