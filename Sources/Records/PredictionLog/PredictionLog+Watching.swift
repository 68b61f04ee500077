import GRDB
import POSIX
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
    try read(path, patience: 1) { log in
      let newest: Int64 = try log.rows(
        "SELECT COALESCE(MAX(number), 0) AS newest FROM prediction")[0]["newest"]
      let descriptions = try LogDescriptions(log)
      let rows = try log.rows(
        """
        SELECT number, description, inputs FROM prediction
        WHERE number > ?1 AND (id NOT LIKE '%-%' OR requested_by IS NOT NULL)
        ORDER BY number DESC LIMIT ?2
        """,
        max(number > newest ? 0 : number, newest - limit), count)
      // A row that somebody else wrote and that holds no patient says nothing of patients.
      let patients = rows.compactMap { row in
        descriptions.patient(row).map { NumberedPatient(number: row["number"], patient: $0) }
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
    try read(path, patience: 1) { log in
      let count: Int = try log.rows("SELECT COUNT(*) AS count FROM outcome")[0]["count"]
      return (
        try agreement("number DESC", limit, passing: 0, log),
        count < step
          ? Agreement(outcomes: 0, agreed: 0)
          : try agreement("time DESC, number DESC", limit, passing: count % step, log)
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
    try read(path, patience: 1) { log in
      // In the order of the numbers, which needs no index on the time.
      try log.rows(
        """
        SELECT time, drug,
          COALESCE(needs_review, CASE WHEN prediction_set LIKE '%","%' THEN 1 ELSE 0 END) AS review
        FROM (
          SELECT time, drug, needs_review, prediction_set FROM prediction
          ORDER BY number DESC LIMIT ?1) AS newest
        WHERE time >= ?2 AND time < ?3
        """,
        limit, start, end
      ).map { (time: $0["time"], drug: $0["drug"], needsReview: $0["review"]) }
    }
  }

  private static func agreement(
    _ order: String, _ limit: Int, passing: Int, _ log: any LogSession
  ) throws -> Agreement {
    let row = try log.rows(
      """
      SELECT COUNT(*) AS outcomes, COALESCE(SUM(agreed), 0) AS agreed
      FROM (SELECT agreed FROM outcome ORDER BY \(order) LIMIT ?1 OFFSET ?2) AS newest
      """,
      limit, passing)[0]
    return Agreement(outcomes: row["outcomes"], agreed: row["agreed"])
  }

  /// The file of a log; nil when PostgreSQL keeps it.
  public static func filePath(_ place: String) -> String? { LogPlace(place).filePath }

  /// How many bytes a log takes with what belongs to it; 0 when that cannot be found out.
  public static func size(of path: String) -> Int {
    switch LogPlace(path) {
    case .file(let path):
      [path, "\(path)-wal"].reduce(0) { $0 + (FileStatus(of: $1)?.size ?? 0) }
    case .database(let database):
      (try? database.read { log in
        try log.rows(
          """
          SELECT COALESCE(SUM(pg_total_relation_size(inhrelid)), 0)::bigint AS size
          FROM pg_inherits WHERE inhparent = 'prediction'::regclass
          """)[0]["size"]
      }) ?? 0
    }
  }
}
