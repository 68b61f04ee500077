import GRDB
public import Patients

extension PredictionLog {
  /// A patient, and the number of the prediction.
  public struct NumberedPatient: Sendable {
    /// The prediction's place in the log.
    public let number: Int64
    /// The measurements.
    public let patient: Patient
  }

  /// The patients of a log that others may be writing whom somebody asked about one by one, or under a
  /// name: those of tables, lists and tensors have a dash in their identifier.
  ///
  /// - Parameters:
  ///   - path: the database file.
  ///   - number: only later predictions, unless the log has begun anew.
  ///   - count: the most patients, the newest.
  ///   - limit: only those among so many of the newest rows.
  /// - Returns: the oldest first, and the number of the newest row of any kind.
  /// - Throws: `PredictionLogError` when the file is no log or cannot be read.
  public static func singlePatients(
    in path: String, after number: Int64, count: Int, newest limit: Int64
  ) throws(PredictionLogError) -> (patients: [NumberedPatient], newest: Int64) {
    try read(path, patience: 1) { database in
      let newest = try Int64.fetchOne(
        database, sql: "SELECT COALESCE(MAX(number), 0) FROM prediction")!
      let descriptions = try LogDescriptions(database)
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT number, description, inputs FROM prediction
          WHERE number > ? AND (instr(id, '-') = 0 OR requested_by IS NOT NULL)
          ORDER BY number DESC LIMIT ?
          """,
        arguments: [max(number > newest ? 0 : number, newest - limit), count])
      var patients: [NumberedPatient] = []
      while let row = try rows.next() {
        // A row that somebody else wrote and that holds no patient says nothing of patients.
        guard let patient = descriptions.patient(row) else { continue }
        patients.append(NumberedPatient(number: row["number"], patient: patient))
      }
      return (patients.reversed(), newest)
    }
  }

  /// What came of the newest predictions that have an outcome.
  ///
  /// - Parameters:
  ///   - path: the database file.
  ///   - limit: the most outcomes.
  ///   - step: `stepped` takes no later outcomes into account than the last that makes their number a
  ///     multiple of this, in the order in which they were told.
  /// - Throws: `PredictionLogError` when the file is no log or cannot be read.
  public static func agreement(
    in path: String, newest limit: Int, step: Int
  ) throws(PredictionLogError) -> (exact: Agreement, stepped: Agreement) {
    try read(path, patience: 1) { database in
      let count = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM outcome")!
      return (
        try agreement("number DESC", limit, passing: 0, database),
        count < step
          ? Agreement(outcomes: 0, agreed: 0)
          : try agreement("time DESC, number DESC", limit, passing: count % step, database)
      )
    }
  }

  /// The time, in microseconds since 1970-01-01 UTC, and the drug of the predictions between two
  /// times, as far as they are among the newest, and whether more drugs than one were in the set.
  ///
  /// - Throws: `PredictionLogError` when the file is no log or cannot be read.
  public static func drugs(
    in path: String, between start: Int64, and end: Int64, newest limit: Int
  ) throws(PredictionLogError) -> [(time: Int64, drug: String, needsReview: Bool)] {
    try read(path, patience: 1) { database in
      // In the order of the numbers, which needs no index on the time.
      try Row.fetchAll(
        database,
        sql: """
          SELECT time, drug, COALESCE(needs_review, instr(prediction_set, '","') > 0)
          FROM (
            SELECT time, drug, needs_review, prediction_set FROM prediction
            ORDER BY number DESC LIMIT ?)
          WHERE time >= ? AND time < ?
          """,
        arguments: [limit, start, end]
      ).map { (time: $0[0], drug: $0[1], needsReview: $0[2]) }
    }
  }

  private static func agreement(
    _ order: String, _ limit: Int, passing: Int, _ database: Database
  ) throws -> Agreement {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT COUNT(*), COALESCE(SUM(agreed), 0)
        FROM (SELECT agreed FROM outcome ORDER BY \(order) LIMIT ? OFFSET ?)
        """,
      arguments: [limit, passing])!
    return Agreement(outcomes: row[0], agreed: row[1])
  }
}
