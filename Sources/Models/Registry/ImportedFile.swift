import POSIX
import Patients

/// A file that a model or a table comes in, read whole.
public struct ImportedFile: Sendable {
  /// Its bytes.
  public let bytes: [UInt8]
  /// Their SHA-256 digest.
  public let sha256: String

  /// Reads a file.
  ///
  /// - Parameter limit: the most bytes; one more is read of a longer file, so that who asks can tell.
  /// - Throws: `SystemError` when it cannot be read or is not a regular file.
  public init(path: String, limit: Int) throws {
    let (file, status) = try FileDescriptor.regular(path)
    defer { file.close() }
    bytes = try file.bytes(min(status.size, limit + 1))
    sha256 = SHA256.digest(of: bytes)
  }
}
