import GRDB
public import RandomForest

/// How a shadow does beside the model that is served.
public struct ShadowComparison: Sendable {
  /// With fewer outcomes than this nothing is said of who is more often right.
  public static let leastOutcomes = Agreement.leastOutcomes
  /// So many of the newest outcomes are looked at.
  static let outcomeCount = 10_000

  /// All days together.
  public let total: ShadowDay
  /// Each by itself, the oldest first.
  public let days: [ShadowDay]
  /// Which versions had answered, those of the most patients first.
  public let champions: [(version: String, answered: Int)]
  /// From which drug to which, the most frequent first.
  public let changes: [(champion: String, shadow: String, answered: Int)]
  /// Why the shadow does not answer at present; nil when it does.
  public let failure: String?
  /// How many rows of the log it has not looked at yet; nil when the log cannot be read.
  public let behind: Int?
  /// What outcomes say of both; nil when the log cannot be read.
  public let outcomes: Outcomes?

  /// What recorded outcomes say of both.
  public struct Outcomes: Sendable, Equatable {
    /// The outcomes of patients whom both have answered.
    public internal(set) var count = 0
    /// In how many the drug that was recommended was given.
    public internal(set) var championRight = 0
    /// In how many the drug that the shadow names was given.
    public internal(set) var shadowRight = 0
    /// In how many the answer that was given alone was right.
    public internal(set) var onlyChampion = 0
    /// In how many the shadow alone was right.
    public internal(set) var onlyShadow = 0
    /// Those that something unmeasured has decided, which judge neither.
    public internal(set) var leftOut = 0

    /// The share of a count; nil with too few outcomes.
    public func share(_ right: Int) -> Proportion? {
      count >= leastOutcomes ? Proportion(right, of: count) : nil
    }
  }

  /// The share of patients who would have been recommended another drug; nil without an answer.
  public var changed: Proportion? { total.changedShare }

  /// Reads what is kept, and the log that others may be writing.
  ///
  /// - Parameter log: the database of the prediction log; nil for none.
  /// - Throws: what the database throws.
  public init(_ store: ShadowStore, log: String?) throws {
    (days, champions, changes, failure) = try store.queue.read { database in
      (
        try Row.fetchAll(database, sql: "SELECT * FROM day ORDER BY day").map(ShadowDay.init),
        try Row.fetchAll(
          database, sql: "SELECT version, answered FROM champion ORDER BY answered DESC, version"
        ).map { ($0[0], $0[1]) },
        try Row.fetchAll(
          database, sql: "SELECT * FROM change ORDER BY answered DESC, champion, shadow"
        ).map { ($0[0], $0[1], $0[2]) },
        try String.fetchOne(database, sql: "SELECT failure FROM shadow")
      )
    }
    total = days.reduce(into: ShadowDay("")) { $0.add($1) }
    let place = try store.place
    behind = log.flatMap { log in
      (try? PredictionLog.newestPlace(in: log)).map { max(0, Int($0.number - place.number)) }
    }
    outcomes = try log.flatMap { try Self.outcomes(store, $0) }
  }

  private static func outcomes(_ store: ShadowStore, _ log: String) throws -> Outcomes? {
    guard let first = try store.oldestNumber else { return Outcomes() }
    guard let judged = try? PredictionLog.judged(in: log, from: first, newest: outcomeCount) else {
      return nil
    }
    var found = Outcomes()
    for start in stride(from: 0, to: judged.count, by: 500) {
      let part = judged[start..<min(start + 500, judged.count)]
      let answers = try store.drugs(of: part.map(\.number))
      for one in part {
        guard let answer = answers[one.number], answer.id == one.id else { continue }
        guard one.reason?.isBeyondMeasurements != true else {
          found.leftOut += 1
          continue
        }
        let isRight = (champion: one.recommended == one.given, shadow: answer.drug == one.given)
        found.count += 1
        found.championRight += isRight.champion ? 1 : 0
        found.shadowRight += isRight.shadow ? 1 : 0
        found.onlyChampion += isRight.champion && !isRight.shadow ? 1 : 0
        found.onlyShadow += isRight.shadow && !isRight.champion ? 1 : 0
      }
    }
    return found
  }
}

extension ShadowDay {
  /// The share of patients who would have been recommended another drug; nil without an answer.
  public var changedShare: Proportion? { answered > 0 ? Proportion(changed, of: answered) : nil }
}
