import GRDB
import POSIX

/// Where a log is kept, which is all that tells one database from the other: a path is SQLite's file, and
/// `postgresql://name@host/database` is what it says.
enum LogPlace {
  case file(String)
  case database(PostgresDatabase)

  init(_ text: String) {
    self =
      ["postgresql://", "postgres://"].contains { text.hasPrefix($0) }
      ? .database(.named(text)) : .file(text)
  }

  /// The path of a file.
  var filePath: String? { if case .file(let path) = self { path } else { nil } }

  /// Says in plain words that a file is missing, which SQLite would not.
  func requireFile() throws(PredictionLogError) {
    guard case .file(let path) = self, !FileStatus.exists(path) else { return }
    throw PredictionLogError(.notWritable, "\(path): there is no such file")
  }
}

/// One reading or change of a log, whichever database keeps it.
protocol LogSession {
  /// The number of the prediction with the identifier `?1`, in parentheses.
  static var numberOfIdentifier: String { get }
  /// What keeps a row that is selected from being deleted meanwhile, where that needs words.
  static var keepsRow: String { get }

  /// The rows of a query, in which `?1` stands for the first argument.
  func rows(_ sql: String, list: [(any DatabaseValueConvertible)?]) throws -> [Row]

  /// Changes something.
  ///
  /// - Returns: how many rows.
  @discardableResult
  func change(_ sql: String, list: [(any DatabaseValueConvertible)?]) throws -> Int
}

extension LogSession {
  /// The number of the prediction with the identifier `?1`, in parentheses.
  var numberOfIdentifier: String { Self.numberOfIdentifier }

  func rows(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws -> [Row] {
    try rows(sql, list: arguments)
  }

  @discardableResult
  func change(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws -> Int {
    try change(sql, list: arguments)
  }
}

extension Database: LogSession {
  static var numberOfIdentifier: String { LogSchema.numberOfIdentifier }
  static var keepsRow: String { "" }

  func rows(_ sql: String, list: [(any DatabaseValueConvertible)?]) throws -> [Row] {
    try Row.fetchAll(self, sql: sql, arguments: StatementArguments(list))
  }

  @discardableResult
  func change(_ sql: String, list: [(any DatabaseValueConvertible)?]) throws -> Int {
    try execute(sql: sql, arguments: StatementArguments(list))
    return changesCount
  }
}
