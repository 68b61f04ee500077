import Glibc
import RandomForest

/// A file that a model comes in, read whole.
public struct ImportedFile: Sendable {
  /// Its bytes.
  public let bytes: [UInt8]
  /// Their SHA-256 digest.
  public let sha256: String

  /// Reads a file.
  ///
  /// - Parameter limit: the most bytes; one more is read of a longer file, so that who asks can tell.
  /// - Throws: `RegistryError` when it is not a regular file, `SystemError` when it cannot be read.
  public init(path: String, limit: Int) throws {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SystemError("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError("fstat", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw RegistryError(description: "\(path) is not a regular file")
    }
    let capacity = min(Int(status.st_size), limit + 1)
    var failure: SystemError?
    bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      while count < capacity {
        let more = read(descriptor, buffer.baseAddress! + count, capacity - count)
        if more < 0, errno == EINTR { continue }
        if more < 0 { failure = SystemError("read", path) }
        if more <= 0 { return }
        count += more
      }
    }
    if let failure { throw failure }
    sha256 = bytes.withUnsafeBytes(SHA256.digest)
  }
}
