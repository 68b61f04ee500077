import POSIX
import Patients

/// What a program says who it is with. The key itself is random and not kept, so its digest does without
/// the work that a password's hash makes.
package struct AccessKey: Sendable, Equatable {
  /// How often it may ask in a minute, unless that is said.
  package static let usualQuota = 1000

  /// What stands in the log of predictions.
  package let name: String
  /// The SHA-256 digest of the key, 64 hexadecimal digits.
  package let digest: String
  /// How many requests a minute it is good for, from each responder process.
  package let perMinute: Int
  /// When it was made, RFC 3339 in UTC.
  package let created: String
  /// When it was revoked; nil while it is good.
  package var revoked: String?

  /// Makes a key.
  ///
  /// - Returns: the key, which nobody can tell again, and what is kept of it.
  package static func make(_ name: String, perMinute: Int) -> (key: String, kept: AccessKey) {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    // 258 bits of the system's random numbers.
    let key = "dk_" + String((0..<43).map { _ in alphabet.randomElement()! })
    return (
      key,
      AccessKey(
        name: name, digest: digest(of: key), perMinute: perMinute,
        created: Moment.now.wholeSeconds)
    )
  }

  /// What is kept of a key.
  package static func digest(of key: String) -> String { SHA256.digest(of: key) }

  /// The line of the file: the five parts with spaces between them, `-` for a key that is good.
  package var line: String { "\(name) \(digest) \(perMinute) \(created) \(revoked ?? "-")" }

  private init(
    name: String, digest: String, perMinute: Int, created: String, revoked: String? = nil
  ) {
    self.name = name
    self.digest = digest
    self.perMinute = perMinute
    self.created = created
    self.revoked = revoked
  }

  /// Reads a line; nil for what is none.
  package init?(line: some StringProtocol) {
    let parts = String(line).split(separator: " ").map { String($0) }
    guard parts.count == 5, Person.isName(parts[0]), parts[1].utf8.count == 64,
      let perMinute = Int(parts[2]), perMinute > 0
    else { return nil }
    self.init(
      name: parts[0], digest: parts[1], perMinute: perMinute, created: parts[3],
      revoked: parts[4] == "-" ? nil : parts[4])
  }
}

/// The keys of programs, as a file lists them.
package struct KeyFile: Sendable {
  /// All of them, also those that were revoked.
  package let keys: [AccessKey]
  private let good: [String: AccessKey]

  /// Reads a file's text; what is no line of a key is passed over.
  package init(_ text: String) {
    keys = text.split(whereSeparator: \.isNewline).compactMap { AccessKey(line: $0) }
    good = Dictionary(
      keys.filter { $0.revoked == nil }.map { ($0.digest, $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// What is kept of a key that is good; nil for every other text.
  package func holder(of key: String) -> AccessKey? { good[AccessKey.digest(of: key)] }
}
