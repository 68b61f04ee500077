import GRDB

extension PredictionLog {
  /// A kept prediction, and what came of it.
  public struct Entry: Sendable, Equatable {
    /// Its place in the log: later ones have higher numbers.
    public let number: Int64
    /// The prediction.
    public let record: PredictionRecord
    /// What the patient was given; nil while nobody has told.
    public let outcome: OutcomeRecord?
  }

  /// What became of an outcome that was to be kept.
  public enum OutcomeResult: Sendable, Equatable {
    /// It is kept.
    case kept(OutcomeRecord)
    /// The same was kept before, and stays.
    case alreadyKept(OutcomeRecord)
    /// Another was kept before, and stays.
    case contradicts(OutcomeRecord)
    /// There is no such prediction.
    case unknownPrediction
  }

  /// Keeps what a patient was given, in turn with the predictions that are written; it is said
  /// once.
  ///
  /// - Throws: `PredictionLogError` when it could not be kept.
  public func keep(
    _ outcome: OutcomeRecord
  ) throws(PredictionLogError) -> OutcomeResult {
    if try write({ try outcome.insert(into: $0) }) { return .kept(outcome) }
    guard let found = try entry(outcome.predictionID), let before = found.outcome else {
      return .unknownPrediction
    }
    return before.saysTheSame(as: outcome) ? .alreadyKept(before) : .contradicts(before)
  }

  /// Keeps what a patient was given in the place of what was kept before, if anything was.
  ///
  /// - Returns: whether there is such a prediction.
  /// - Throws: `PredictionLogError` when it could not be kept.
  public func correct(_ outcome: OutcomeRecord) throws(PredictionLogError) -> Bool {
    try write { try outcome.insert(into: $0, replaces: true) }
  }

  /// The newest predictions, the newest first, each with its outcome.
  ///
  /// - Parameter number: only predictions before this place; nil for all.
  /// - Throws: `PredictionLogError` when the log cannot be read.
  public func entries(
    _ limit: Int, before number: Int64? = nil
  ) throws(PredictionLogError) -> [Entry] {
    try Self.read(settings.path) { log in
      try Self.entries(log, "prediction.number < ?1", number ?? .max, limit)
    }
  }

  /// The prediction of an identifier, nil when there is none.
  ///
  /// - Throws: `PredictionLogError` when the log cannot be read.
  public func entry(_ id: String) throws(PredictionLogError) -> Entry? {
    try Self.read(settings.path) { log in
      try Self.entries(log, "prediction.number = \(log.numberOfIdentifier)", id, 1).first
    }
  }

  /// - Parameter condition: of the predictions, in which `?1` stands for the argument.
  static func entries(
    _ log: any LogSession, _ condition: String, _ argument: any DatabaseValueConvertible,
    _ limit: Int, isReversed: Bool = true
  ) throws -> [Entry] {
    let descriptions = try LogDescriptions(log)
    return try log.rows(
      """
      SELECT prediction.*, outcome.time AS outcome_time, outcome."user" AS "user",
        outcome.drug AS outcome_drug, outcome.agreed AS agreed, outcome.reason AS reason
      FROM prediction LEFT JOIN outcome ON outcome.number = prediction.number
      WHERE \(condition) ORDER BY prediction.number \(isReversed ? "DESC" : "") LIMIT ?2
      """,
      argument, limit
    ).map { row in
      Entry(
        number: row["number"], record: try PredictionRecord(row: row, descriptions),
        outcome: row["outcome_time"] as Int64? == nil ? nil : OutcomeRecord(joined: row))
    }
  }
}

extension OutcomeRecord {
  /// Reads the columns of a row that begins with a prediction.
  fileprivate init(joined row: Row) {
    self.init(
      predictionID: row["id"], time: row["outcome_time"], user: row["user"],
      drug: row["outcome_drug"],
      agreed: row["agreed"], reason: (row["reason"] as String?).flatMap(Reason.init))
  }
}
