import GRDB
import POSIX

/// Makes the tables of months before they are needed, and deletes what is beyond the term: whole months
/// with their tables, and row by row what is left of the month in which it ends.
final class PostgresMaintainer: LogMaintainer, @unchecked Sendable {
  // `@unchecked Sendable` because one thread at a time works with it.

  private static let day: Int64 = 86_400_000_000
  private static let period = Duration.seconds(600)
  /// So many rows are deleted at once, and so often at a time.
  private static let chunk = 2000
  private static let chunkCount = 10

  private let database: PostgresDatabase
  private let term: Int64?
  private let report: @Sendable (PredictionLog.Event) -> Void
  private var clock = ClockWatch()
  private var next = ContinuousClock.now

  init(
    _ database: PostgresDatabase, _ settings: PredictionLog.Settings,
    _ report: @escaping @Sendable (PredictionLog.Event) -> Void
  ) {
    self.database = database
    self.report = report
    term = settings.retentionDays.map { Int64($0) * Self.day }
  }

  func work() {
    guard ContinuousClock.now >= next else { return }
    next = .now + Self.period
    do {
      let month = Month(of: Moment.now.microseconds)
      try database.write { try PostgresSchema.makeMonths([month, month.next], $0) }
      if let term, try delete(olderThan: term) { next = .now + .seconds(1) }
    } catch {
      next = .now + .seconds(10)
    }
  }

  /// - Returns: whether there is more to delete.
  private func delete(olderThan term: Int64) throws -> Bool {
    guard
      let newest: Int64 = try database.read({ log in
        try log.rows("SELECT time FROM prediction ORDER BY number DESC LIMIT 1").first?["time"]
      })
    else { return false }
    if let reason = clock.objection(to: term, newest: newest) {
      report(.deletionPaused(reason: reason))
      return false
    }
    let limit = Moment.now.microseconds - term
    var deleted = try dropMonths(before: limit)
    defer { if deleted > 0 { report(.deleted(beyondTerm: deleted, beyondLimit: 0)) } }
    for _ in 0..<Self.chunkCount {
      // In the order of the numbers, since times have no index; some that are a little out of turn wait for
      // those before them.
      let count = try database.write { log in
        try log.change(
          """
          DELETE FROM prediction WHERE time < ?1 AND number IN (
            SELECT number FROM prediction ORDER BY number LIMIT ?2)
          """, limit, Self.chunk)
      }
      deleted += count
      if count < Self.chunk { return false }
    }
    return true
  }

  /// Drops the tables of months that have ended before a time.
  ///
  /// - Returns: how many predictions they held.
  private func dropMonths(before limit: Int64) throws -> Int {
    let tables: [String] = try database.read { log in
      try log.rows(
        """
        SELECT inhrelid::regclass::text AS name FROM pg_inherits
        WHERE inhparent = 'prediction'::regclass
        """
      ).map { $0["name"] }
    }
    var count = 0
    for table in tables {
      guard let month = Month(table: table), month.next.start <= limit else { continue }
      count += try database.write { log in
        let count: Int = try log.rows("SELECT COUNT(*) AS count FROM \(table)")[0]["count"]
        try log.change("DELETE FROM outcome WHERE number IN (SELECT number FROM \(table))")
        try log.run("DROP TABLE \(table)")
        return count
      }
    }
    return count
  }
}
