import GRDB
import POSIX

/// Makes the tables of months before they are needed, and deletes what is beyond the term: whole months
/// with their tables, and row by row what is left of the month in which it ends.
///
/// It has a thread of its own, since a server may take its time. Of all hosts one at a time deletes.
final class PostgresMaintainer: LogMaintainer, @unchecked Sendable {
  // `@unchecked Sendable` because the thread alone uses what changes.

  private static let day: Int64 = 86_400_000_000
  private static let hour = Duration.seconds(3600)
  /// So many rows are deleted at once, and for so long at a time.
  private static let chunk = 2000
  private static let stretch = Duration.seconds(5)
  /// Predictions wait for whoever waits to drop a table, so nobody waits for long.
  private static let lockPatience = "200ms"
  /// How long a statement of a whole month may take.
  private static let patience = Duration.seconds(600)

  private let database: PostgresDatabase
  private let term: Int64?
  private let report: @Sendable (PredictionLog.Event) -> Void
  private var clock = ClockWatch()
  private var next = ContinuousClock.now
  private var nextComplaint = ContinuousClock.now

  init(
    _ database: PostgresDatabase, _ settings: PredictionLog.Settings,
    _ report: @escaping @Sendable (PredictionLog.Event) -> Void
  ) {
    self.database = database
    self.report = report
    term = settings.retentionDays.map { Int64($0) * Self.day }
    _ = try? Thread { [weak self] in
      while self?.look() != nil { usleep(500_000) }
    }
  }

  /// Nothing: its own thread does what is due.
  func work() {}

  private func look() { if ContinuousClock.now >= next { maintain() } }

  /// Does what is due; what fails is tried again soon.
  func maintain() {
    do {
      let month = Month(of: Moment.now.microseconds)
      try database.write { try PostgresSchema.makeMonths([month, month.next], $0) }
      next = .now + (try delete())
    } catch {
      next = .now + .seconds(30)
    }
  }

  /// - Returns: when to look again.
  private func delete() throws -> Duration {
    guard let term, let limit = try oldestTime(term) else { return Self.hour }
    var deleted = 0
    defer { if deleted > 0 { report(.deleted(beyondTerm: deleted, beyondLimit: 0)) } }
    var pause = Self.hour
    for table in try tables() {
      guard let month = Month(table: table), month.start < limit else { continue }
      if month.next.start <= limit {
        // What somebody reads is left for the next time.
        guard let count = try? drop(table) else {
          pause = .seconds(5)
          continue
        }
        deleted += count
      } else {
        let end = ContinuousClock.now + Self.stretch
        var count = Self.chunk
        while count == Self.chunk, ContinuousClock.now < end {
          count = try deleteRows(of: table, before: limit)
          deleted += count
        }
        if count == Self.chunk { pause = .milliseconds(500) }
      }
    }
    return pause
  }

  /// Before when records are too old; nil while the clocks are not to be trusted with it, or another host
  /// deletes.
  private func oldestTime(_ term: Int64) throws -> Int64? {
    let found: (newest: Int64?, now: Int64) = try database.read { log in
      (
        try log.rows("SELECT time FROM prediction ORDER BY number DESC LIMIT 1").first?["time"],
        try log.rows("SELECT (EXTRACT(EPOCH FROM now()) * 1000000)::bigint AS now")[0]["now"]
      )
    }
    guard let newest = found.newest else { return nil }
    let now = Moment.now.microseconds
    let objection =
      abs(now - found.now) > Self.day
      ? "the clocks of this host and of the database are a day apart"
      : clock.objection(to: term, newest: newest)
    if let objection {
      if ContinuousClock.now >= nextComplaint {
        report(.deletionPaused(reason: objection))
        nextComplaint = .now + Self.hour
      }
      return nil
    }
    return min(now, found.now) - term
  }

  private func tables() throws -> [String] {
    try database.read { log in
      try log.rows(
        """
        SELECT inhrelid::regclass::text AS name FROM pg_inherits
        WHERE inhparent = 'prediction'::regclass
        """
      ).map { $0["name"] }
    }
  }

  private func deleteRows(of table: String, before limit: Int64) throws -> Int {
    try database.write { log in
      try log.change(
        """
        DELETE FROM \(table) WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM \(table) WHERE time < ?1 LIMIT ?2 FOR UPDATE SKIP LOCKED))
        """, limit, Self.chunk)
    }
  }

  /// Drops the table of a month.
  ///
  /// - Returns: how many predictions it held.
  private func drop(_ table: String) throws -> Int {
    let lock =
      "SET LOCAL lock_timeout = '\(Self.lockPatience)'; LOCK TABLE prediction IN ACCESS EXCLUSIVE MODE"
    // Before anything is counted.
    try database.write { try $0.run(lock) }
    return try database.write(limit: Self.patience) { log in
      try log.run("SET LOCAL statement_timeout = 0")
      _ = try log.rows("SELECT pg_advisory_xact_lock(?1)", PostgresSchema.tablesLock)
      let found = try log.rows("SELECT (to_regclass(?1) IS NOT NULL)::integer AS there", table)
      guard found.first?["there"] == 1 else { return 0 }
      let count: Int = try log.rows("SELECT COUNT(*) AS count FROM \(table)")[0]["count"]
      let outcomes = "DELETE FROM outcome USING \(table) AS gone WHERE outcome.number = gone.number"
      try log.change(outcomes)
      try log.run(lock)
      // Some may have been told meanwhile; predictions wait, so that not all are looked through again.
      try log.change("\(outcomes) AND outcome.time > ?1", Moment.now.microseconds - Self.day)
      try log.run("DROP TABLE \(table)")
      return count
    }
  }
}
