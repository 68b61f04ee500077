import POSIX
import Patients

/// What people call a version, and note of it.
public struct VersionLabels: Sendable, Equatable {
  /// Its names: those that are worked out, then those of one's own by the alphabet.
  public let aliases: [String]
  /// Values by their keys.
  public let tags: [String: String]
  /// A note; nil for none.
  public let note: String?
}

/// The labels of all versions, which lie beside them: a version's files and its signature know nothing of them.
public struct RegistryLabels: Sendable, Equatable {
  /// The most aliases of one's own.
  public static let maximumAliasCount = 100
  /// The most tags of a version.
  public static let maximumTagCount = 20
  /// The most characters of a note.
  public static let maximumNoteLength = 500

  /// Tags and the note of a version.
  struct Remark: Codable, Sendable, Equatable {
    var tags: [String: String] = [:]
    var note: String?

    var isEmpty: Bool { tags.isEmpty && note == nil }
  }

  /// What is written.
  struct Content: Codable, Sendable, Equatable {
    /// Versions by the names that people gave them.
    var aliases: [String: String] = [:]
    /// Remarks by versions.
    var versions: [String: Remark] = [:]

    /// Looks whether somebody has written what would not have been taken.
    ///
    /// - Throws: `RegistryError`.
    func check() throws(RegistryError) {
      for (name, version) in aliases {
        try AliasName.check(name)
        guard ModelRegistry.isVersion(version) else {
          throw RegistryError(.label, description: "\(name) is no version's alias")
        }
      }
      guard aliases.count <= maximumAliasCount else {
        throw RegistryError(
          .label, description: "there may be at most \(maximumAliasCount) aliases of one's own")
      }
      for remark in versions.values { try remark.check() }
    }
  }

  var content = Content()
  /// The names that are worked out, with the versions that they stand for.
  var computed: [(name: String, version: String?)] = []

  /// What there is of a version.
  public subscript(version: String) -> VersionLabels {
    let own = content.aliases.filter { $0.value == version }.keys.sorted()
    let remark = content.versions[version]
    return VersionLabels(
      aliases: computed.filter { $0.version == version }.map(\.name) + own,
      tags: remark?.tags ?? [:], note: remark?.note)
  }

  /// Whether somebody counts on a version: it has a name that a person gave it.
  public func isNamed(_ version: String) -> Bool { content.aliases.values.contains(version) }

  /// Whether both say the same.
  public static func == (a: RegistryLabels, b: RegistryLabels) -> Bool {
    a.content == b.content && a.computed.elementsEqual(b.computed) { $0 == $1 }
  }
}

extension RegistryLabels.Remark {
  func check() throws(RegistryError) {
    guard tags.count <= RegistryLabels.maximumTagCount else {
      throw RegistryError(
        .label,
        description: "a version may have at most \(RegistryLabels.maximumTagCount) tags")
    }
    for (key, value) in tags {
      guard Self.isKey(key) else {
        throw RegistryError(
          .label,
          description:
            "a tag's key is 1 to 60 of a-z, A-Z, 0-9 and _ - . /, beginning with a letter")
      }
      guard Self.isLine(value, longest: 200) else {
        throw RegistryError(
          .label, description: "a tag's value is 1 to 200 characters on one line")
      }
    }
    guard note.map({ Self.isLine($0, longest: RegistryLabels.maximumNoteLength) }) ?? true else {
      throw RegistryError(
        .label,
        description:
          "a note is 1 to \(RegistryLabels.maximumNoteLength) characters on one line")
    }
  }

  private static func isKey(_ text: String) -> Bool {
    1...60 ~= text.utf8.count && text.first?.isLetter == true
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "_-./".utf8.contains(byte)
        }
      }
  }

  private static func isLine(_ text: String, longest: Int) -> Bool {
    // Letters made of many scalars are as long as they are many.
    1...longest ~= text.unicodeScalars.count && text.unicodeScalars.allSatisfy(\.isVisible)
  }
}
