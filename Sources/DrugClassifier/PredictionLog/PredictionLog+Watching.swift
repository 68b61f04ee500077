import GRDB

/// How often the recommended drug was given.
public struct Agreement: Sendable, Equatable {
  /// How many outcomes are known.
  public let outcomes: Int
  /// In how many of them the recommended drug was given.
  public let agreed: Int

  /// Creates an agreement.
  public init(outcomes: Int, agreed: Int) {
    self.outcomes = outcomes
    self.agreed = agreed
  }

  /// With fewer outcomes nothing is said of the share.
  public static let leastOutcomes = 20

  /// The share of outcomes that agree; nil with too few.
  public var share: Double? {
    outcomes >= Self.leastOutcomes ? Double(agreed) / Double(outcomes) : nil
  }

  /// What the share is with 95% confidence (Wilson's score interval, 1927); nil with too few.
  public var interval: ClosedRange<Double>? {
    guard let share else { return nil }
    let z = 1.959963984540054
    let n = Double(outcomes)
    let middle = share + z * z / (2 * n)
    let width = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let whole = 1 + z * z / n
    return max(0, (middle - width) / whole)...min(1, (middle + width) / whole)
  }
}

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
