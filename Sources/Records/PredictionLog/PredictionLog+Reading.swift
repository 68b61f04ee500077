import GRDB
extension PredictionLog {
  /// Reads the newest records of a log that others may be writing.
  ///
  /// - Parameters:
  ///   - path: the database file, or a database of PostgreSQL, here and in all that follows.
  ///   - id: only the record of this identifier; nil for all.
  ///   - limit: the most records.
  /// - Returns: the newest first.
  /// - Throws: `PredictionLogError` when the file is missing or no log.
  public static func newest(
    _ limit: Int, in path: String, id: String? = nil
  ) throws(PredictionLogError) -> [PredictionRecord] {
    try LogPlace(path).requireFile()
    return try read(path) { log in
      let descriptions = try LogDescriptions(log)
      let rows =
        if let id {
          try log.rows("SELECT * FROM prediction WHERE number = \(log.numberOfIdentifier)", id)
        } else {
          try log.rows("SELECT * FROM prediction ORDER BY number DESC LIMIT ?1", limit)
        }
      return try rows.map { try PredictionRecord(row: $0, descriptions) }
    }
  }

  /// Reads a log that others may be writing.
  ///
  /// - Parameter patience: how many seconds to wait for those who hold a file; a question of PostgreSQL may take five
  ///   times as long.
  static func read<Result>(
    _ path: String, patience: Double = 5, _ body: (any LogSession) throws -> Result
  ) throws(PredictionLogError) -> Result {
    switch LogPlace(path) {
    case .file(let path):
      return try LogDatabase.read(path, patience: patience) { database in
        try LogSchema.require(database)
        return try body(database)
      }
    case .database(let database):
      // As much longer as a network is slower than a file.
      return try database.read(limit: .seconds(5 * patience), body)
    }
  }

  /// Changes what is beside the predictions, in turn with them.
  func write<Result>(
    _ body: (any LogSession) throws -> Result
  ) throws(PredictionLogError) -> Result {
    switch LogPlace(settings.path) {
    case .file(let path):
      do {
        return try LogDatabase(path: path, survivesLossOfPower: settings.survivesLossOfPower)
          .write(body)
      } catch {
        throw PredictionLogError(error)
      }
    case .database(let database): return try database.write(makesTables: true, body)
    }
  }
}
