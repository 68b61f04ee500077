import GRDB
import POSIX

/// The record of what administrators did: an SQLite table that grows and is never changed.
///
/// Each row holds a digest of itself and of the row before, so whoever changes one, even past the
/// triggers that forbid it, must change all that follow; `verify` finds the first that does not fit.
/// Acts are rare: each is written on a connection of its own, in turn with other processes, and is
/// on the disk when `append` returns.
public struct AuditLog: Sendable {
  /// Whether the rows are what was written.
  public enum Verdict: Sendable, Equatable {
    /// All of them, so many.
    case intact(count: Int)
    /// The first row that does not fit, and why, in words.
    case broken(number: Int64, reason: String)
  }

  /// The database file.
  public let path: String

  /// Names the file; it is made with the first act.
  public init(path: String) {
    self.path = path
  }

  /// Keeps an act.
  ///
  /// - Returns: its row.
  /// - Throws: `PredictionLogError` when it could not be kept.
  @discardableResult
  public func append(_ act: AuditAct) throws(PredictionLogError) -> AuditEntry {
    try write { database in
      let last = try Row.fetchOne(
        database, sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
      let entry = AuditEntry(
        act, time: Moment.now.microseconds, after: last.map { ($0["number"], $0["hash"]) })
      try database.execute(sql: AuditEntry.insert, arguments: entry.arguments)
      return entry
    }
  }

  /// Writes to the file without changing what it holds, to see whether that is possible.
  ///
  /// - Throws: `PredictionLogError` when it is not.
  public func probe() throws(PredictionLogError) {
    try write { try $0.execute(sql: "PRAGMA user_version = 1") }
  }

  /// The newest rows, the newest first.
  ///
  /// - Throws: `PredictionLogError` when the file is no audit log; one that was never written is
  ///   empty.
  public func newest(_ limit: Int) throws(PredictionLogError) -> [AuditEntry] {
    try read(empty: []) { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM audit ORDER BY number DESC LIMIT ?", arguments: [limit]
      ).map(AuditEntry.init)
    }
  }

  /// Compares every row with its digest, and with the row before.
  ///
  /// Rows that were cut off the end are noticed unless SQLite's own count of them was set back too.
  ///
  /// - Complexity: O(rows).
  /// - Throws: `PredictionLogError` when the file is no audit log.
  public func verify() throws(PredictionLogError) -> Verdict {
    try read(empty: .intact(count: 0)) { database in
      var previous = (number: Int64(0), hash: AuditEntry.firstHash)
      let rows = try Row.fetchCursor(database, sql: "SELECT * FROM audit ORDER BY number")
      while let row = try rows.next().map(AuditEntry.init) {
        guard row.number == previous.number + 1 else {
          return .broken(number: previous.number + 1, reason: "the row is missing")
        }
        guard row.previousHash == previous.hash else {
          return .broken(number: row.number, reason: "it does not follow the row before it")
        }
        guard row.holdsItsDigest else {
          return .broken(number: row.number, reason: "it was changed after it was written")
        }
        previous = (row.number, row.hash)
      }
      let written = try Int64.fetchOne(
        database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
      guard written ?? 0 == previous.number else {
        return .broken(number: previous.number + 1, reason: "the row is missing")
      }
      return .intact(count: Int(previous.number))
    }
  }

  private func write<Result>(
    _ body: (Database) throws -> Result
  ) throws(PredictionLogError) -> Result {
    var configuration = Configuration()
    configuration.label = "audit log"
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    do {
      return try LogDatabase.locked(path) {
        PrivateDatabase.prepare(path)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        return try queue.write { database in
          try database.execute(sql: AuditEntry.createTable)
          return try body(database)
        }
      }
    } catch {
      throw PredictionLogError(error)
    }
  }

  private func read<Result>(
    empty: Result, _ body: (Database) throws -> Result
  ) throws(PredictionLogError) -> Result {
    guard FileStatus.exists(path) else { return empty }
    return try LogDatabase.read(path) { database in
      // A process may have died between making the file and its table.
      try database.tableExists("audit") ? try body(database) : empty
    }
  }
}
