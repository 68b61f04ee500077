import GRDB
import POSIX

/// The record of what administrators did: a table that grows and is never changed, of SQLite or PostgreSQL.
///
/// Each row holds a digest of itself and of the row before, so whoever changes one, even past the
/// triggers that forbid it, must change all that follow; `verify` finds the first that does not fit.
/// Each digest also goes to a second file (`AuditHeads`), so that rows are missed that were cut off the
/// end. Acts are rare: each is written on a connection of its own, in turn with other processes, and is
/// on the disk when `append` returns.
public struct AuditLog: Sendable {
  /// The database file, or a database of PostgreSQL, as `postgresql://name@host/database`.
  public let path: String
  /// The second record.
  public let heads: AuditHeads

  /// Names the files; they are made with the first act.
  ///
  /// - Parameter heads: the file of the second record; nil for one beside the database, or
  ///   `log/audit.heads` when that is PostgreSQL's: each host has its own, which tells of the acts of all.
  public init(path: String, heads: String? = nil) {
    self.path = path
    self.heads = AuditHeads(
      path: heads ?? LogPlace(path).filePath.map(AuditHeads.path) ?? "log/audit.heads")
  }

  /// Keeps an act.
  ///
  /// The row comes before its head, so that a head without a row is never an accident. A row without
  /// its head may be one, when the process died between the two, or the head's disk has become full: it
  /// can be the newest alone, because its head is written before another row is.
  ///
  /// - Returns: its row.
  /// - Throws: `PredictionLogError` when it could not be kept.
  @discardableResult
  public func append(_ act: AuditAct) throws(PredictionLogError) -> AuditEntry {
    do {
      return try lock.whileHeld { try append(act, waits: true) }
    } catch {
      throw PredictionLogError(error)
    }
  }

  /// Keeps an act, unless somebody else is at the files.
  ///
  /// - Returns: its row; nil when it was not kept, because somebody is.
  /// - Throws: `PredictionLogError` when it could not be kept.
  public func appendIfFree(_ act: AuditAct) throws(PredictionLogError) -> AuditEntry? {
    do {
      return try lock.ifFree { try append(act, waits: false) }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      return nil
    } catch let error as PredictionLogError where error.state == PostgresSchema.isLocked {
      return nil
    } catch {
      throw PredictionLogError(error)
    }
  }

  private func append(_ act: AuditAct, waits: Bool) throws -> AuditEntry {
    let entry = try write(waits: waits) { log in
      let last = try log.rows("SELECT * FROM audit ORDER BY number DESC LIMIT 1")
        .first.map(AuditEntry.init)
      try heads.probe()
      if let last { try completeHeads(to: last, log) }
      let newest = try heads.newest()
      // Behind rows that are missing a gap stays.
      let previous =
        if let newest, newest.number > last?.number ?? 0 {
          (newest.number, newest.hash)
        } else {
          last.map { ($0.number, $0.hash) }
        }
      let entry = AuditEntry(act, time: Moment.now.microseconds, after: previous)
      try entry.insert(into: log)
      return entry
    }
    // One that cannot be written stops the next act.
    try? heads.append(entry)
    return entry
  }

  /// Keeps rows of another log as they are, behind those that are there.
  func append(_ rows: [AuditEntry]) throws(PredictionLogError) {
    do {
      try lock.whileHeld {
        _ = try write(waits: true) { log in for row in rows { try row.insert(into: log) } }
        // The file may be that of the other log, which knows them.
        let newest = try heads.newest()?.number ?? 0
        try heads.append(rows.filter { !$0.isEarly && $0.number > newest })
      }
    } catch {
      throw PredictionLogError(error)
    }
  }

  /// Writes the heads that are missing at the end: the one of the newest row, or of all rows that other
  /// hosts have written.
  private func completeHeads(to last: AuditEntry, _ log: any LogSession) throws {
    guard !last.isEarly else { return }
    let newest = try heads.newest()
    guard newest?.number ?? 0 < last.number else { return }
    guard case .database = LogPlace(path) else { return try heads.append(last) }
    var previous = (number: newest?.number ?? 0, hash: newest?.hash ?? AuditEntry.firstHash)
    while previous.number < last.number {
      let rows = try Self.rows(log, after: previous.number, to: last.number)
      // What does not fit gets no head, and is found by whoever verifies.
      let fitting = rows.prefix { row in
        guard row.number == previous.number + 1, row.previousHash == previous.hash,
          row.holdsItsDigest
        else { return false }
        previous = (row.number, row.hash)
        return true
      }
      try heads.append(fitting.filter { !$0.isEarly })
      if rows.isEmpty || fitting.count < rows.count { return }
    }
  }

  /// Lets the second record follow what other hosts have written, as far as it can be; to be called while
  /// the lock is held. Where there is none it is not made: it would only say what the database says now.
  func completeHeads() {
    guard case .database(let database) = LogPlace(path), heads.exists else { return }
    try? database.read { log in
      let last = try log.rows("SELECT * FROM audit ORDER BY number DESC LIMIT 1").first
      if let last { try completeHeads(to: AuditEntry(row: last), log) }
    }
  }

  /// Writes to the files without changing what they hold, to see whether that is possible.
  ///
  /// - Throws: `PredictionLogError` when it is not.
  public func probe() throws(PredictionLogError) {
    do {
      try lock.whileHeld {
        try heads.probe()
        _ = try write(waits: true) { log in
          try log.change(
            log is Database
              ? "PRAGMA user_version = 1" : "UPDATE log_version SET version = version")
        }
      }
    } catch {
      throw PredictionLogError(error)
    }
  }

  /// Whether there is a second record, or is to be: a host that shares a database has one from its first act on.
  var hasHeads: Bool { LogPlace(path).filePath != nil || heads.exists }

  /// Whether there is a database, which the first act makes.
  public var exists: Bool {
    if case .file(let path) = LogPlace(path) { FileStatus.exists(path) } else { true }
  }

  /// The newest rows, the newest first.
  ///
  /// - Throws: `PredictionLogError` when the file is no audit log; one that was never written is
  ///   empty.
  public func newest(_ limit: Int) throws(PredictionLogError) -> [AuditEntry] {
    try read(empty: []) { log in
      try log.rows("SELECT * FROM audit ORDER BY number DESC LIMIT ?1", limit).map(AuditEntry.init)
    }
  }

  static func rows(
    _ log: any LogSession, after number: Int64, to end: Int64
  ) throws -> [AuditEntry] {
    try log.rows(
      "SELECT * FROM audit WHERE number > ?1 AND number <= ?2 ORDER BY number LIMIT ?3",
      number, end, pieceCount
    ).map(AuditEntry.init)
  }

  /// How many rows are read at once. Those who write wait for a read, not for the digests after it.
  private static let pieceCount = 500

  /// What the processes of this machine take in turn.
  var lock: FileLock {
    get throws {
      try LogDatabase.lock(of: LogPlace(path).filePath ?? heads.path)
    }
  }

  /// Changes the table; to be called while the lock is held.
  ///
  /// - Parameter waits: whether others who are at it are waited for, for longer than a few rows take.
  private func write<Result>(
    waits: Bool, _ body: (any LogSession) throws -> Result
  ) throws -> Result {
    switch LogPlace(path) {
    case .file(let path):
      var configuration = Configuration()
      configuration.label = "audit log"
      configuration.busyMode = .timeout(waits ? 5 : 0.25)
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      PrivateDatabase.prepare(path)
      return try DatabaseQueue(path: path, configuration: configuration).write { database in
        try AuditEntry.prepare(database)
        return try body(database)
      }
    case .database(let database):
      return try database.write(makesTables: true) { log in
        try log.run("LOCK TABLE audit IN EXCLUSIVE MODE\(waits ? "" : " NOWAIT")")
        return try body(log)
      }
    }
  }

  func read<Result>(
    empty: Result, _ body: (any LogSession) throws -> Result
  ) throws(PredictionLogError) -> Result {
    switch LogPlace(path) {
    case .file(let path):
      guard FileStatus.exists(path) else { return empty }
      return try LogDatabase.read(path) { database in
        // A process may have died between making the file and its table.
        try database.tableExists("audit") ? try body(database) : empty
      }
    case .database(let database): return try database.read(body)
    }
  }
}
