import POSIX
import Patients

/// Names that stand for versions wherever one is asked for.
public enum AliasName {
  /// What an alias of one's own is, in words.
  public static let words = "1 to 40 of a-z, 0-9 and -, beginning with a letter"

  /// The names that mean something already, or will: those that are worked out, words of commands, and parts of
  /// addresses. MLflow refuses `latest` too.
  public static let reserved: Set = [
    "champion", "shadow", "served", "current", "latest", "nothing", "none", "activate", "aliases",
    "changes", "disagreements", "infer", "labels", "misses", "plots", "ready", "report",
    "signature", "trees", "versions",
  ]

  /// Looks whether people may give a name to versions.
  ///
  /// - Throws: `RegistryError` with the reason.
  static func check(_ name: String) throws(RegistryError) {
    func refusal(_ words: String) -> RegistryError { RegistryError(.label, description: words) }
    let small = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let first = name.utf8.first, small ~= first, name.utf8.count <= 40,
      name.utf8.allSatisfy({ small ~= $0 || digits ~= $0 || $0 == UInt8(ascii: "-") })
    else { throw refusal("an alias is \(words)") }
    guard !reserved.contains(name) else { throw refusal("the name \(name) is reserved") }
    // Of a whole version or the beginning of one nobody could tell; MLflow counts versions as v1, v2.
    let isHexadecimal = name.utf8.allSatisfy {
      digits ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
    }
    let isNumbered =
      name.first == "v" && name.count > 1 && name.utf8.dropFirst().allSatisfy { digits ~= $0 }
    guard !isNumbered, !isHexadecimal || name.utf8.count < 6 else {
      throw refusal("an alias must not look like a version")
    }
  }
}
