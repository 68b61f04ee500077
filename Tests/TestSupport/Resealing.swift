import FoundationEssentials
import POSIX
import Patients

/// Gives a version's folder whose files were changed the list of its files, and the name that these have,
/// as docs/decisions/registry.md tells it: what they hold is then looked at, not what they are called.
///
/// - Returns: the version that it is now.
public func reseal(_ folder: String) throws -> String {
  let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    .filter { !["SHA256SUMS", "signature"].contains($0) }.sorted()
  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
  }
  func digest(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes(SHA256.digest) }
  func list(_ names: [String], _ content: (String) throws -> [UInt8]) rethrows -> String {
    try names.map { "\(digest(try content($0)))  \($0)\n" }.joined()
  }
  var card = String(decoding: (try? bytes("card.json")) ?? [], as: UTF8.self)
  func emptying(_ member: String) -> String {
    card.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let start = "  \"\(member)\" : \""
      return line.hasPrefix(start) ? start + "\"" + (line.hasSuffix(",") ? "," : "") : String(line)
    }.joined(separator: "\n")
  }
  card = emptying("model_version")
  let named = card
  card = emptying("trained_at")
  let own = try list(
    names.filter { !["comparison.json", "confusion_matrix.png", "inspection.json"].contains($0) }
  ) {
    $0 == "card.json" ? Array(card.utf8) : try bytes($0)
  }
  let version = String(digest(Array(own.utf8)).prefix(12))
  if names.contains("card.json") {
    _ = try write(
      named.replacing("\"model_version\" : \"\"", with: "\"model_version\" : \"\(version)\"").utf8,
      to: "\(folder)/card.json")
  }
  _ = try write(list(names, bytes).utf8, to: "\(folder)/SHA256SUMS")
  let moved = "\(folder[..<folder.lastIndex(of: "/")!])/\(version)"
  try systemCall("rename", moved) { rename(folder, moved) }
  return version
}
