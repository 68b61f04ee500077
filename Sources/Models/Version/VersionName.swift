import Patients
import RandomForest

/// What a version is called, by what its files hold.
enum VersionName {
  /// Files that tell how a version came about or draw what others hold: the same training makes them
  /// otherwise another time, or on another machine, or with another version of the program.
  static let circumstances: Set = ["comparison.json", "confusion_matrix.png", "inspection.json"]

  /// The digest that a version's name is the beginning of: that of a manifest of its files, without
  /// `circumstances`, in which the card counts without its name and its time.
  ///
  /// - Parameter manifest: of all files, as they are.
  static func digest(_ manifest: Manifest, card: [UInt8]) -> String {
    var own = Manifest(manifest.digests.filter { !circumstances.contains($0.key) })
    own.digests["card.json"] = SHA256.digest(of: withoutNameAndTime(card))
    return own.digest
  }

  /// The first digits, which are the folder's name.
  static func short(_ digest: String) -> String { String(digest.prefix(12)) }

  /// The name that versions of before there were manifests have: it stands for the forest and the card
  /// alone.
  static func older(_ forest: Forest, card: [UInt8]) -> String {
    let hash = SHA256()
    forest.withBytes { hash.update($0) }
    withoutNameAndTime(card).withUnsafeBytes { hash.update($0) }
    return short(hash.finish())
  }

  /// A card with its name and its time empty; what is not written as `RegistryJSON` writes them stays.
  static func withoutNameAndTime(_ card: [UInt8]) -> [UInt8] {
    var rest: [String: (String) -> Bool] = [
      "  \"model_version\" : \"": ModelRegistry.isVersion, "  \"trained_at\" : \"": isTime,
    ]
    let newline = UInt8(ascii: "\n")
    let lines = card.split(separator: newline, omittingEmptySubsequences: false).map { bytes in
      let line = String(decoding: bytes, as: UTF8.self)
      for (start, isValue) in rest where line.hasPrefix(start) {
        let end = line.hasSuffix(",") ? "\"," : "\""
        guard line.hasSuffix(end), isValue(String(line.dropFirst(start.count).dropLast(end.count)))
        else { continue }
        // A second one would be no card's.
        rest[start] = nil
        return Array((start + end).utf8)
      }
      return Array(bytes)
    }
    return Array(lines.joined(separator: [newline]))
  }

  /// Whether a text is a moment as RFC 3339 has it in UTC, to the second.
  static func isTime(_ text: String) -> Bool {
    let form = "0000-00-00T00:00:00Z".utf8
    let zero = UInt8(ascii: "0")
    return text.utf8.count == form.count
      && zip(text.utf8, form).allSatisfy { byte, place in
        place == zero ? zero...UInt8(ascii: "9") ~= byte : byte == place
      }
  }
}
