import FoundationEssentials
import GRDB

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
      try PredictionRecord.fetchAll(
        database,
        sql: """
          SELECT * FROM prediction WHERE ?1 IS NULL OR id = ?1 ORDER BY number DESC LIMIT ?2
          """,
        arguments: [id, limit])
    }
  }

  /// Says in plain words that a file is missing, which SQLite would not.
  static func requireFile(_ path: String) throws(PredictionLogError) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw PredictionLogError(.notWritable, "\(path): there is no such file")
    }
  }

  /// Reads a database that others may be writing.
  ///
  /// - Parameter patience: how many seconds to wait for those who hold the file.
  static func read<Result>(
    _ path: String, patience: Double = 5, _ body: (Database) throws -> Result
  ) throws(PredictionLogError) -> Result {
    var configuration = Configuration()
    configuration.busyMode = .timeout(patience)
    configuration.readonly = true
    do {
      return try DatabaseQueue(path: path, configuration: configuration).read(body)
    } catch {
      throw PredictionLogError(error)
    }
  }
}
