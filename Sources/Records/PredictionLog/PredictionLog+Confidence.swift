import GRDB

extension PredictionLog {
  /// How sure a kept prediction was.
  public struct Confidence: Sendable, Equatable {
    /// The prediction's place in the log.
    public let number: Int64
    /// When it was answered, in microseconds since 1970-01-01 UTC.
    public let time: Int64
    /// The probability of the recommended drug.
    public let probability: Double
    /// The version of the model that answered.
    public let modelVersion: String
  }

  /// How sure the newest predictions of a log were that others may be writing.
  ///
  /// - Parameters:
  ///   - path: the database file.
  ///   - number: only later predictions, unless the log has begun anew.
  ///   - count: the most predictions, the newest.
  ///   - limit: only those among so many of the newest rows.
  ///   - version: of this version alone; nil for all.
  ///   - includesTables: whether rows of tables, lists and tensors count that nobody's name stands behind.
  /// - Returns: the oldest first, and the number of the newest row of any kind.
  /// - Throws: `PredictionLogError` when the file is missing, no log or cannot be read.
  public static func confidences(
    in path: String, after number: Int64 = 0, count: Int, newest limit: Int64,
    of version: String? = nil,
    includesTables: Bool = false
  ) throws(PredictionLogError) -> (confidences: [Confidence], newest: Int64) {
    try LogPlace(path).requireFile()
    return try read(path, patience: 1) { log in
      let newest: Int64 = try log.rows(
        "SELECT COALESCE(MAX(number), 0) AS newest FROM prediction")[0]["newest"]
      let single = "AND (id NOT LIKE '%-%' OR requested_by IS NOT NULL)"
      let rows = try log.rows(
        """
        SELECT number, time, probability, model_version FROM prediction
        WHERE number > ?1 \(includesTables ? "" : single)
          AND model_version = COALESCE(?3, model_version) AND probability BETWEEN 0 AND 1
        ORDER BY number DESC LIMIT ?2
        """,
        max(number > newest ? 0 : number, newest - limit), count, version)
      return (
        rows.reversed().map {
          Confidence(
            number: $0["number"], time: $0["time"], probability: $0["probability"],
            modelVersion: $0["model_version"])
        }, newest
      )
    }
  }

  /// Whether the recommended drug was given, by the numbers of those predictions whose outcome is known.
  ///
  /// - Parameters:
  ///   - path: the database file.
  ///   - numbers: the predictions that are asked for.
  ///   - step: no later outcomes count than the last that makes the number of all outcomes a multiple of this,
  ///     in the order in which they were told.
  /// - Throws: `PredictionLogError` when the file is no log or cannot be read.
  public static func agreements(
    in path: String, of numbers: [Int64], step: Int = 1
  ) throws(PredictionLogError) -> [Int64: Bool] {
    try read(path, patience: 1) { log in
      let list = numbers.isEmpty ? "NULL" : numbers.map(String.init).joined(separator: ",")
      let rows = try log.rows(
        """
        SELECT number, agreed FROM outcome
        WHERE number IN (\(list)) AND (time, number) <= (
          SELECT time, number FROM outcome ORDER BY time DESC, number DESC
          LIMIT 1 OFFSET (SELECT COUNT(*) % ?1 FROM outcome))
        """, step)
      return Dictionary(uniqueKeysWithValues: rows.map { ($0["number"], $0["agreed"]) })
    }
  }
}
