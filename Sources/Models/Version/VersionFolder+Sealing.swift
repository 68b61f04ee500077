import FoundationEssentials
import POSIX
import Patients

extension VersionFolder {
  /// Writes the manifest of a folder that has none yet.
  static func seal(_ path: String) throws {
    var digests: [String: String] = [:]
    for file in try files(in: path) where file != VersionSignature.fileName {
      digests[file] = try digest(ofFile: "\(path)/\(file)")
    }
    try DurableFile.write(
      Array(Manifest(digests).text.utf8), to: "\(path)/\(Manifest.fileName)")
  }
}
