import GRDB

/// What came of a day's patients, or of those of all days: numbers and sums alone, nothing of one of them.
public struct ShadowDay: Sendable, Equatable {
  /// The day in UTC, as in 2026-11-30; empty for all.
  public let day: String
  /// How many patients both have answered.
  public internal(set) var answered = 0
  /// How many of them would have been recommended another drug.
  public internal(set) var changed = 0
  /// For how many other drugs could not be ruled out.
  public internal(set) var setsChanged = 0
  /// How many answers are other in drug, probability or set, as `drugctl replay` counts.
  public internal(set) var differing = 0
  /// How many patients the shadow could not be asked about.
  public internal(set) var leftOut = 0
  /// At how many a person had to look.
  public internal(set) var championReviews = 0
  /// At how many a person would have had to look, by what the shadow says.
  public internal(set) var shadowReviews = 0
  /// The drugs of all sets.
  var championSizes = 0
  var shadowSizes = 0
  /// Sums of probabilities of the recommended drugs, and of how much the shadow's are other.
  var championProbabilities = 0.0
  var shadowProbabilities = 0.0
  var changes = 0.0
  /// How many patients both were asked about with the clock running, and the processor's time in seconds.
  public internal(set) var timed = 0
  var championSeconds = 0.0
  var shadowSeconds = 0.0

  /// Nobody on no day.
  public static let none = ShadowDay("")

  /// Begins a day.
  init(_ day: String) { self.day = day }

  /// The mean of a sum over the answered patients; nil for none.
  private func mean(_ sum: Double, of count: Int? = nil) -> Double? {
    let count = count ?? answered
    return count > 0 ? sum / Double(count) : nil
  }

  /// The mean probability of the recommended drug, 0 to 1; nil without an answer.
  public var meanProbability: (champion: Double, shadow: Double)? {
    pair(mean(championProbabilities), mean(shadowProbabilities))
  }

  /// By how much the probability of the drug that was recommended is other on average, 0 to 1.
  public var meanChange: Double? { mean(changes) }

  /// How many drugs a set has on average.
  public var meanSetSize: (champion: Double, shadow: Double)? {
    pair(mean(Double(championSizes)), mean(Double(shadowSizes)))
  }

  /// The processor's time of an answer on average, in seconds.
  public var meanSeconds: (champion: Double, shadow: Double)? {
    pair(mean(championSeconds, of: timed), mean(shadowSeconds, of: timed))
  }

  private func pair(_ champion: Double?, _ shadow: Double?) -> (champion: Double, shadow: Double)? {
    guard let champion, let shadow else { return nil }
    return (champion, shadow)
  }

  /// Adds a patient.
  mutating func add(
    _ answer: ShadowAnswer, kept: PredictionRecord, change: Double,
    seconds: (champion: Double, shadow: Double)?
  ) {
    answered += 1
    changed += answer.drug == kept.drug ? 0 : 1
    setsChanged += Set(answer.predictionSet) == Set(kept.predictionSet) ? 0 : 1
    differing += answer.isSame(as: kept) ? 0 : 1
    championReviews += kept.needsReview ? 1 : 0
    shadowReviews += answer.needsReview ? 1 : 0
    championSizes += kept.predictionSet.count
    shadowSizes += answer.predictionSet.count
    championProbabilities += kept.probability
    shadowProbabilities += answer.probability
    changes += change
    guard let seconds else { return }
    timed += 1
    championSeconds += seconds.champion
    shadowSeconds += seconds.shadow
  }

  /// Adds another day's.
  mutating func add(_ other: ShadowDay) {
    for path in Self.counts { self[keyPath: path.path] += other[keyPath: path.path] }
    for path in Self.sums { self[keyPath: path.path] += other[keyPath: path.path] }
  }

  private typealias Column<Value> = (name: String, path: WritableKeyPath<ShadowDay, Value>)

  private static var counts: [Column<Int>] {
    [
      ("answered", \.answered), ("changed", \.changed), ("sets_changed", \.setsChanged),
      ("differing", \.differing), ("left_out", \.leftOut), ("timed", \.timed),
      ("champion_reviews", \.championReviews), ("shadow_reviews", \.shadowReviews),
      ("champion_sizes", \.championSizes), ("shadow_sizes", \.shadowSizes),
    ]
  }

  private static var sums: [Column<Double>] {
    [
      ("champion_probabilities", \.championProbabilities),
      ("shadow_probabilities", \.shadowProbabilities), ("changes", \.changes),
      ("champion_seconds", \.championSeconds), ("shadow_seconds", \.shadowSeconds),
    ]
  }

  static var createTable: String {
    let columns =
      counts.map { "\($0.name) INTEGER NOT NULL" } + sums.map { "\($0.name) REAL NOT NULL" }
    return "CREATE TABLE day (day TEXT PRIMARY KEY, \(columns.joined(separator: ", "))) STRICT;"
  }

  /// Adds the day to what is kept of it.
  func add(to database: Database) throws {
    let names = Self.counts.map(\.name) + Self.sums.map(\.name)
    let values: [any DatabaseValueConvertible] =
      [day] + Self.counts.map { self[keyPath: $0.path] } + Self.sums.map { self[keyPath: $0.path] }
    try database.execute(
      sql: """
        INSERT INTO day (day, \(names.joined(separator: ", ")))
        VALUES (\(values.map { _ in "?" }.joined(separator: ", ")))
        ON CONFLICT (day) DO UPDATE SET
          \(names.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
        """, arguments: StatementArguments(values))
  }

  init(row: Row) {
    day = row["day"]
    for column in Self.counts { self[keyPath: column.path] = row[column.name] }
    for column in Self.sums { self[keyPath: column.path] = row[column.name] }
  }
}

extension ShadowAnswer {
  /// Whether a kept prediction says the same, as `drugctl replay` judges.
  func isSame(as kept: PredictionRecord) -> Bool {
    drug == kept.drug && probability == kept.probability && predictionSet == kept.predictionSet
  }
}
