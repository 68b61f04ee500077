import GRDB
import POSIX

/// What a shadow asks of a log that others may be writing. Each throws `PredictionLogError` when the file is
/// missing, no log or cannot be read.
extension PredictionLog {
  /// A row of the log; the record is nil for one that holds no patient.
  public struct NumberedRecord: Sendable {
    /// Its place: later ones have higher numbers.
    public let number: Int64
    /// The identifier.
    public let id: String
    /// What is kept.
    public let record: PredictionRecord?
  }

  /// A prediction of which somebody has told what the patient was given.
  public struct JudgedPrediction: Sendable {
    /// The prediction's place in the log.
    public let number: Int64
    /// The prediction's identifier.
    public let id: String
    /// The drug that was recommended.
    public let recommended: String
    /// The drug that was given.
    public let given: String
    /// Why it is another one.
    public let reason: OutcomeRecord.Reason?
  }

  /// Whether there is a log: a service makes it when it starts.
  public static func isThere(in path: String) -> Bool {
    LogPlace(path).filePath.map { FileStatus.exists($0) } ?? true
  }

  /// The rows from a place on, the oldest first.
  public static func rows(
    in path: String, from number: Int64, limit: Int
  ) throws(PredictionLogError) -> [NumberedRecord] {
    try LogPlace(path).requireFile()
    return try read(path) { log in
      let descriptions = try LogDescriptions(log)
      return try log.rows(
        "SELECT * FROM prediction WHERE number >= ?1 ORDER BY number LIMIT ?2", number, limit
      ).map { row in
        NumberedRecord(
          number: row["number"], id: row["id"],
          record: try? PredictionRecord(row: row, descriptions))
      }
    }
  }

  /// The newest row's place; before the first when there is none.
  public static func newestPlace(in path: String) throws(PredictionLogError) -> ShadowPlace {
    try LogPlace(path).requireFile()
    return try read(path) { log in
      try log.rows("SELECT number, id FROM prediction ORDER BY number DESC LIMIT 1").first
        .map { ShadowPlace(number: $0["number"], id: $0["id"]) } ?? .start
    }
  }

  /// The place of the newest row of before a time; before the first when there is none.
  ///
  /// - Parameter time: in microseconds since 1970-01-01 UTC.
  /// - Complexity: O(rows since).
  public static func place(
    in path: String, before time: Int64
  ) throws(PredictionLogError) -> ShadowPlace {
    try LogPlace(path).requireFile()
    return try read(path) { log in
      try log.rows(
        "SELECT number, id FROM prediction WHERE time < ?1 ORDER BY number DESC LIMIT 1", time
      ).first.map { ShadowPlace(number: $0["number"], id: $0["id"]) } ?? .start
    }
  }

  /// The identifiers of those rows that are there, by their numbers; a few hundred at a time.
  public static func identifiers(
    in path: String, of numbers: [Int64]
  ) throws(PredictionLogError) -> [Int64: String] {
    try LogPlace(path).requireFile()
    return try read(path) { log in
      Dictionary(
        uniqueKeysWithValues: try log.rows(
          "SELECT number, id FROM prediction WHERE number IN (\(list(numbers)))"
        ).map { ($0["number"], $0["id"]) })
    }
  }

  /// Those predictions that are there, by their numbers; a few hundred at a time.
  public static func records(
    in path: String, of numbers: [Int64]
  ) throws(PredictionLogError) -> [Int64: PredictionRecord] {
    try LogPlace(path).requireFile()
    return try read(path) { log in
      let descriptions = try LogDescriptions(log)
      return Dictionary(
        uniqueKeysWithValues: try log.rows(
          "SELECT * FROM prediction WHERE number IN (\(list(numbers)))"
        ).compactMap { row in
          (try? PredictionRecord(row: row, descriptions)).map { (row["number"], $0) }
        })
    }
  }

  /// The newest predictions from a place on of which it is known what was given, the newest first.
  public static func judged(
    in path: String, from number: Int64, newest limit: Int
  ) throws(PredictionLogError) -> [JudgedPrediction] {
    try LogPlace(path).requireFile()
    return try read(path) { log in
      try log.rows(
        """
        SELECT outcome.number AS number, prediction.id AS id, prediction.drug AS recommended,
          outcome.drug AS given, outcome.reason AS reason
        FROM outcome JOIN prediction ON prediction.number = outcome.number
        WHERE outcome.number >= ?1 ORDER BY outcome.number DESC LIMIT ?2
        """, number, limit
      ).map { row in
        JudgedPrediction(
          number: row["number"], id: row["id"], recommended: row["recommended"],
          given: row["given"],
          reason: (row["reason"] as String?).flatMap(OutcomeRecord.Reason.init))
      }
    }
  }

  private static func list(_ numbers: [Int64]) -> String {
    numbers.isEmpty ? "NULL" : numbers.map(String.init).joined(separator: ",")
  }
}
