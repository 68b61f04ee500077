import GRDB
import POSIX

/// One connection to the log's file, and the lock by which processes take turns.
///
/// A lock on a file of its own is used because it wakes whoever waits; SQLite's busy handler would
/// sleep and ask again.
final class LogDatabase {
  private let path: String
  let queue: DatabaseQueue
  let lock: FileLock
  /// The number of the open file.
  let inode: UInt64
  private let insertion: Insertion

  /// Opens or makes the database.
  ///
  /// - Parameters:
  ///   - survivesLossOfPower: whether each commit waits for the disk; without it a commit survives the
  ///     death of the process, and what the system has not yet written may be lost with the machine's
  ///     power.
  ///   - patience: how many seconds to wait for other programs that hold the file.
  init(path: String, survivesLossOfPower: Bool, patience: Double = 5) throws {
    var configuration = Configuration()
    configuration.label = "prediction log"
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(patience)
    configuration.prepareDatabase { database in
      // Small pages, since the write-ahead log takes pages whole, however little was added to them;
      // they count for a new file only.
      try database.execute(sql: "PRAGMA page_size = 1024")
      try database.execute(
        sql: "PRAGMA synchronous = \(survivesLossOfPower ? "FULL" : "NORMAL")")
      // Checkpoints are made between requests, not inside the one that fills a page too many.
      try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
      // What is deleted is written over.
      try database.execute(sql: "PRAGMA secure_delete = ON")
    }
    self.path = path
    let lock = try Self.lock(of: path)
    self.lock = lock
    // In turn: of two who make the file write-ahead at the same moment SQLite refuses one.
    (queue, inode, insertion) = try lock.whileHeld {
      PrivateDatabase.prepare(path)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let insertion = try queue.writeWithoutTransaction { database in
        try LogSchema.prepare(database)
        return try Insertion(database)
      }
      guard let status = FileStatus(of: path) else { throw SystemError("stat", path) }
      return (queue, status.inode, insertion)
    }
  }

  /// Reads a database that others may be writing.
  ///
  /// - Parameter patience: how many seconds to wait for those who hold the file.
  static func read<Result>(
    _ path: String, patience: Double = 5, _ body: (Database) throws -> Result
  ) throws(PredictionLogError) -> Result {
    do {
      return try PrivateDatabase.reader(path, patience: patience).read(body)
    } catch {
      throw PredictionLogError(error)
    }
  }

  /// Whether the path still leads to the file that is open; another process may have set a corrupt
  /// file aside and begun a new one.
  var isCurrent: Bool {
    FileStatus(of: path)?.inode == inode
  }

  /// Inserts records in one transaction.
  func insert(_ entries: [LogEntry]) throws {
    try lock.whileHeld { try queue.inDatabase { _ in try insertion.insert(entries) } }
  }

  /// The numbers of the newest prediction and of the newest that is indexed, 0 when there is none.
  func newestNumbers() throws -> (kept: Int64, indexed: Int64) {
    try queue.read { database in
      let row = try Row.fetchOne(
        database,
        sql: "SELECT (SELECT COALESCE(MAX(number), 0) FROM prediction), last FROM indexed")!
      return (row[0], row[1])
    }
  }

  /// Adds the oldest predictions that are not in the index of identifiers yet.
  ///
  /// - Returns: whether there were as many as `limit`.
  func indexIdentifiers(limit: Int) throws -> Bool {
    try lock.whileHeld {
      try queue.write { database in
        let last = try Int64.fetchOne(database, sql: "SELECT last FROM indexed")!
        let next = try Int64.fetchAll(
          database, sql: "SELECT number FROM prediction WHERE number > ? ORDER BY number LIMIT ?",
          arguments: [last, limit])
        guard let end = next.last else { return false }
        try database.execute(
          sql: """
            INSERT OR IGNORE INTO prediction_id
              SELECT id, number FROM prediction WHERE number > ?1 AND number <= ?2;
            """,
          arguments: [last, end])
        try database.execute(sql: "UPDATE indexed SET last = ?", arguments: [end])
        return next.count == limit
      }
    }
  }

  /// Changes something, in turn with who commits.
  func write<Result>(_ body: (any LogSession) throws -> Result) throws -> Result {
    try lock.whileHeld { try queue.write { try body($0) } }
  }

  /// Writes to the file without changing what it holds, to see whether that is possible.
  func probe() throws {
    try lock.whileHeld {
      try queue.write { try $0.execute(sql: "PRAGMA user_version = \(LogSchema.version)") }
    }
  }

  /// Moves what was committed from the write-ahead log into the database, while others go on
  /// writing.
  func checkpoint() throws {
    _ = try queue.writeWithoutTransaction { try $0.checkpoint(.passive) }
  }

  /// Moves the rest, while nobody writes, so that the log begins anew in the place it has: a file
  /// that grows costs the system more than one that is written again.
  func restartLog() throws {
    try lock.whileHeld { _ = try queue.writeWithoutTransaction { try $0.checkpoint(.restart) } }
  }

  /// Empties the write-ahead log, while nobody writes.
  func truncateLog() throws {
    try lock.whileHeld { _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) } }
  }

  /// Works while no process commits to the log of a path.
  static func locked<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    try lock(of: path).whileHeld(body)
  }

  static func lock(of path: String) throws(SystemError) -> FileLock {
    try FileLock("\(path).lock", mode: 0o600)
  }
}
