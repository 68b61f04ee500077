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
    // SQLite would make the file.
    guard FileManager.default.fileExists(atPath: path) else {
      throw PredictionLogError(.notWritable, "\(path): there is no such file")
    }
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.readonly = true
    do {
      return try DatabaseQueue(path: path, configuration: configuration).read { database in
        try PredictionRecord.fetchAll(
          database,
          sql: """
            SELECT * FROM prediction WHERE ?1 IS NULL OR id = ?1 ORDER BY number DESC LIMIT ?2
            """,
          arguments: [id, limit])
      }
    } catch {
      throw PredictionLogError(error)
    }
  }
}
