package import POSIX

/// A file of people or of keys.
package enum AccountFile {
  /// The longest file, in bytes.
  private static let maximumSize = 1 << 20

  /// Its text; bytes that are not UTF-8 become U+FFFD.
  ///
  /// - Throws: `SystemError`.
  package static func read(_ path: String) throws(SystemError) -> String {
    let (file, status) = try FileDescriptor.regular(path)
    defer { file.close() }
    guard status.size <= maximumSize else {
      throw SystemError("read", path, reason: "it is longer than \(maximumSize) bytes")
    }
    return String(decoding: try file.bytes(status.size), as: UTF8.self)
  }
}
