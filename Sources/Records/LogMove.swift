import GRDB
import POSIX

/// Brings what one place holds to another, which may be a file and PostgreSQL, the one way or the other.
///
/// What is there already is passed over, so that a move that was ended goes on when it is begun anew, and
/// what has come meanwhile follows. The place that it comes from stays as it is.
public enum LogMove {
  private static let pieceCount = 4000

  /// Brings predictions and outcomes, in their order; they get new numbers.
  ///
  /// - Parameter progress: called with how many have been looked at.
  /// - Returns: how many predictions there were, and how many outcomes.
  /// - Throws: `PredictionLogError` when a place is none, cannot be read or written, or holds a row that
  ///   is no prediction; what was brought before stays.
  public static func predictions(
    from source: String, to target: String, progress: (Int) -> Void = { _ in }
  ) throws(PredictionLogError) -> (predictions: Int, outcomes: Int) {
    try LogPlace(source).requireFile()
    var settings = PredictionLog.Settings(path: target)
    settings.survivesLossOfPower = true
    let log = PredictionLog(settings)
    if let failure = log.failure { throw failure }
    var counts = (predictions: 0, outcomes: 0)
    var last: Int64 = 0
    while true {
      let entries = try PredictionLog.read(source) { session in
        try PredictionLog.entries(
          session, "prediction.number > ?1", last, pieceCount, isReversed: false)
      }
      guard let end = entries.last else { return counts }
      last = end.number
      try log.append(entries.map(\.record))
      let outcomes = entries.compactMap(\.outcome)
      if !outcomes.isEmpty {
        try log.write { session in for outcome in outcomes { _ = try outcome.insert(into: session) }
        }
      }
      counts.predictions += entries.count
      counts.outcomes += outcomes.count
      progress(counts.predictions)
    }
  }

  /// Brings the rows of an audit log as they are, behind those that are there.
  ///
  /// - Returns: how many rows were brought.
  /// - Throws: `PredictionLogError` when they do not follow those that are there.
  public static func acts(
    from source: AuditLog, to target: AuditLog
  ) throws(PredictionLogError) -> Int {
    let known = try target.newest(1).first
    let before = try known.map { row throws(PredictionLogError) in
      try source.rows(after: row.number - 1, to: row.number).first?.hash
    }
    guard known == nil || before == known?.hash else {
      throw PredictionLogError(.other, "the target holds acts of its own: none was brought")
    }
    let end = try source.newest(1).first?.number ?? 0
    var last = known?.number ?? 0
    var count = 0
    while last < end {
      let rows = try source.rows(after: last, to: end)
      guard let newest = rows.last else { break }
      try target.append(rows)
      last = newest.number
      count += rows.count
    }
    return count
  }

  /// Brings the runs, with their numbers.
  ///
  /// - Parameters:
  ///   - source: the folder of models, or a database of PostgreSQL; `target` likewise.
  /// - Returns: how many were brought.
  /// - Throws: `RunError` when the target has other runs of the same numbers; what the databases throw.
  public static func runs(from source: String, to target: String) throws -> Int {
    guard RunStore.exists(source) else { return 0 }
    return try RunStore(reading: source).copy(to: RunStore(root: target))
  }
}
