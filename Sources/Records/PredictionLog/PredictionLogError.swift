import GRDB

/// Why a prediction, or an act of the audit log, could not be kept or read.
public struct PredictionLogError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable, CaseIterable {
    /// There is no room left on the disk.
    case full
    /// The file or its folder cannot be written or read.
    case notWritable = "not_writable"
    /// The database does not answer, or lets nobody in.
    case unreachable
    /// The file is not a sound database.
    case corrupt
    /// Anything else that the database reports.
    case other
  }

  /// The kind of fault.
  public let code: Code
  /// What is wrong, in words, for the operator.
  public let description: String
  /// PostgreSQL's own code, where it has given one.
  var state: String?

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  /// What a failure of the database or the system means for the log.
  init(_ error: any Error) {
    switch error {
    case let error as PredictionLogError: self = error
    case let error as DatabaseError:
      let words = error.message ?? "\(error.resultCode)"
      switch error.resultCode {
      case .SQLITE_FULL: self.init(.full, words)
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: self.init(.corrupt, words)
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM, .SQLITE_AUTH:
        self.init(.notWritable, words)
      default: self.init(.other, words)
      }
    default: self.init(.notWritable, "\(error)")
    }
  }
}
