/// Why a forest file was not opened, trusted or predicted from.
public struct ForestFileError: Error, Equatable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// A system call failed; the message names call, path and reason.
    case system
    /// The path is not a regular file.
    case notAFile
    /// The file does not begin with the forest file's signature.
    case notAForest
    /// The version of the format, or a required section, is unknown here; or the file is sound and
    /// cannot do what was asked, as to explain without covers.
    case unsupported
    /// The file ends before or after the length that it states.
    case wrongLength
    /// A checksum does not match its bytes.
    case checksum
    /// A field has a value that it cannot have.
    case invalid
  }

  /// The kind of fault.
  public let code: Code
  /// Where in the file the fault lies, in bytes from its start.
  public let byteOffset: Int
  /// What is wrong, in words.
  public let message: String

  init(_ code: Code, at byteOffset: Int = 0, _ message: String) {
    self.code = code
    self.byteOffset = byteOffset
    self.message = message
  }

  /// The message, with the byte offset where there is one.
  public var description: String {
    code == .system || code == .notAFile ? message : "\(message) (byte \(byteOffset))"
  }
}
