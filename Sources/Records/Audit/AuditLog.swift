import GRDB
import POSIX

/// The record of what administrators did: an SQLite table that grows and is never changed.
///
/// Each row holds a digest of itself and of the row before, so whoever changes one, even past the
/// triggers that forbid it, must change all that follow; `verify` finds the first that does not fit.
/// Each digest also goes to a second file (`AuditHeads`), so that rows are missed that were cut off the
/// end. Acts are rare: each is written on a connection of its own, in turn with other processes, and is
/// on the disk when `append` returns.
public struct AuditLog: Sendable {
  /// The database file.
  public let path: String
  /// The second record.
  public let heads: AuditHeads

  /// Names the files; they are made with the first act.
  ///
  /// - Parameter heads: the file of the second record; nil for one beside the database.
  public init(path: String, heads: String? = nil) {
    self.path = path
    self.heads = AuditHeads(path: heads ?? AuditHeads.path(beside: path))
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
    try inTurn { try append(act, on: $0) }
  }

  /// Keeps an act, unless somebody else is at the files.
  ///
  /// - Returns: its row; nil when it was not kept, because somebody is.
  /// - Throws: `PredictionLogError` when it could not be kept.
  public func appendIfFree(_ act: AuditAct) throws(PredictionLogError) -> AuditEntry? {
    do {
      return try LogDatabase.lock(of: path).ifFree {
        // Somebody may be reading, for as long as a few rows take.
        try append(act, on: open(patience: 0.25))
      }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      return nil
    } catch {
      throw PredictionLogError(error)
    }
  }

  private func append(_ act: AuditAct, on queue: DatabaseQueue) throws -> AuditEntry {
    let last = try queue.write { database in
      try AuditEntry.prepare(database)
      return try Row.fetchOne(
        database, sql: "SELECT * FROM audit ORDER BY number DESC LIMIT 1"
      ).map(AuditEntry.init)
    }
    try heads.probe()
    var newest = try heads.newest()
    if let last, !last.isEarly, newest?.number ?? 0 < last.number {
      try heads.append(last)
      newest = AuditHeads.Head(last)
    }
    // Behind rows that are missing a gap stays.
    let previous =
      if let newest, newest.number > last?.number ?? 0 {
        (newest.number, newest.hash)
      } else {
        last.map { ($0.number, $0.hash) }
      }
    let entry = AuditEntry(act, time: Moment.now.microseconds, after: previous)
    try queue.write { try $0.execute(sql: AuditEntry.insert, arguments: entry.arguments) }
    // One that cannot be written stops the next act.
    try? heads.append(entry)
    return entry
  }

  /// Writes to the files without changing what they hold, to see whether that is possible.
  ///
  /// - Throws: `PredictionLogError` when it is not.
  public func probe() throws(PredictionLogError) {
    try inTurn { queue in
      try heads.probe()
      try queue.write { try $0.execute(sql: "PRAGMA user_version = 1") }
    }
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

  /// Works on the file while no other process does.
  private func inTurn<Result>(
    _ body: (DatabaseQueue) throws -> Result
  ) throws(PredictionLogError) -> Result {
    do {
      return try LogDatabase.locked(path) { try body(open(patience: 5)) }
    } catch {
      throw PredictionLogError(error)
    }
  }

  /// - Parameter patience: how many seconds to wait for other programs that hold the file.
  private func open(patience: Double) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.label = "audit log"
    configuration.busyMode = .timeout(patience)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    PrivateDatabase.prepare(path)
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  func read<Result>(
    empty: Result, _ body: (Database) throws -> Result
  ) throws(PredictionLogError) -> Result {
    guard FileStatus.exists(path) else { return empty }
    return try LogDatabase.read(path) { database in
      // A process may have died between making the file and its table.
      try database.tableExists("audit") ? try body(database) : empty
    }
  }
}
