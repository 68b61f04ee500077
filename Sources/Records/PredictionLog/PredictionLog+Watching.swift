import GRDB
public import Patients

extension PredictionLog {
  /// The newest patients of a log that others may be writing, and what came of predictions.
  ///
  /// - Parameters:
  ///   - path: the database file.
  ///   - patients: the most patients.
  ///   - outcomes: the most outcomes, the newest.
  /// - Throws: `PredictionLogError` when the file is no log or cannot be read.
  public static func watch(
    _ path: String, patients: Int, outcomes: Int
  ) throws(PredictionLogError) -> (patients: [Patient], agreement: Agreement) {
    try read(path, patience: 1) { database in
      (try newestPatients(patients, database), try agreement(outcomes, database))
    }
  }

  /// The time, in microseconds since 1970-01-01 UTC, and the drug of the predictions between two
  /// times, as far as they are among the newest.
  ///
  /// - Throws: `PredictionLogError` when the file is no log or cannot be read.
  public static func drugs(
    in path: String, between start: Int64, and end: Int64, newest limit: Int
  ) throws(PredictionLogError) -> [(time: Int64, drug: String)] {
    try read(path, patience: 1) { database in
      // In the order of the numbers, which needs no index on the time.
      try Row.fetchAll(
        database,
        sql: """
          SELECT time, drug FROM (SELECT time, drug FROM prediction ORDER BY number DESC LIMIT ?)
          WHERE time >= ? AND time < ?
          """,
        arguments: [limit, start, end]
      ).map { (time: $0[0], drug: $0[1]) }
    }
  }

  private static func newestPatients(_ limit: Int, _ database: Database) throws -> [Patient] {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT age, sex, bp, cholesterol, na_to_k FROM prediction ORDER BY number DESC LIMIT ?
        """,
      arguments: [limit])
    var patients: [Patient] = []
    while let row = try rows.next() {
      // A row that somebody else wrote and that holds no patient says nothing of patients.
      if let patient = try? Patient(row: row) { patients.append(patient) }
    }
    return patients
  }

  private static func agreement(_ limit: Int, _ database: Database) throws -> Agreement {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT COUNT(*), COALESCE(SUM(agreed), 0)
        FROM (SELECT agreed FROM outcome ORDER BY number DESC LIMIT ?)
        """,
      arguments: [limit])!
    return Agreement(outcomes: row[0], agreed: row[1])
  }
}
