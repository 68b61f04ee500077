import GRDB
import POSIX

extension PredictionLog {
  /// Reads the newest records of a log that others may be writing.
  ///
  /// - Parameters:
  ///   - path: the database file.
  ///   - id: only the record of this identifier; nil for all.
  ///   - limit: the most records.
  /// - Returns: the newest first.
  /// - Throws: `PredictionLogError` when the file is missing or no log.
  public static func newest(
    _ limit: Int, in path: String, id: String? = nil
  ) throws(PredictionLogError) -> [PredictionRecord] {
    try requireFile(path)
    return try read(path) { database in
      let descriptions = try LogDescriptions(database)
      return try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM prediction
          WHERE ?1 IS NULL OR number = \(LogSchema.numberOfIdentifier)
          ORDER BY number DESC LIMIT ?2
          """,
        arguments: [id, limit]
      ).map { try PredictionRecord(row: $0, descriptions) }
    }
  }

  /// Says in plain words that a file is missing, which SQLite would not.
  static func requireFile(_ path: String) throws(PredictionLogError) {
    guard FileStatus.exists(path) else {
      throw PredictionLogError(.notWritable, "\(path): there is no such file")
    }
  }

  /// Reads a log that others may be writing.
  ///
  /// - Parameter patience: how many seconds to wait for those who hold the file.
  static func read<Result>(
    _ path: String, patience: Double = 5, _ body: (Database) throws -> Result
  ) throws(PredictionLogError) -> Result {
    try LogDatabase.read(path, patience: patience) { database in
      try LogSchema.require(database)
      return try body(database)
    }
  }
}
