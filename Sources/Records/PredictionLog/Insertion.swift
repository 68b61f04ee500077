import GRDB
import GRDBSQLite
import POSIX
import Patients

/// Inserts records, with statements that are prepared once.
///
/// SQLite is called directly: the values that GRDB would make of each column cost more than the
/// insert itself.
final class Insertion {
  private let begin: Statement
  private let describe: Statement
  private let description: Statement
  private let newest: Statement
  private let later: Statement
  private let index: Statement
  private let insert: Statement
  private let commit: Statement
  private let rollback: Statement
  private let database: OpaquePointer
  /// The description of the newest record, and its number; most records have the one of the last.
  private var known: (schema: PatientSchema, number: Int64)?
  private var recent = RecentIdentifiers()
  /// The number of the newest record that `recent` knows.
  private var last: Int64 = 0

  /// - Throws: `DatabaseError` when a table is missing.
  init(_ database: Database) throws {
    begin = try database.makeStatement(sql: "BEGIN IMMEDIATE")
    describe = try database.makeStatement(
      sql: "INSERT OR IGNORE INTO description (digest, text) VALUES (?, ?)")
    description = try database.makeStatement(
      sql: "SELECT number FROM description WHERE digest = ?")
    newest = try database.makeStatement(sql: "SELECT MAX(number) FROM prediction")
    later = try database.makeStatement(
      sql: """
        SELECT id FROM (
          SELECT number, id, time FROM prediction WHERE number > ?
          ORDER BY number DESC LIMIT \(RecentIdentifiers.capacity))
        WHERE time > ? ORDER BY number
        """)
    index = try database.makeStatement(sql: "INSERT OR IGNORE INTO prediction_id VALUES (?, ?)")
    insert = try database.makeStatement(sql: PredictionRecord.insert)
    commit = try database.makeStatement(sql: "COMMIT")
    rollback = try database.makeStatement(sql: "ROLLBACK")
    self.database = database.sqliteConnection!
  }

  /// Inserts records in one transaction, except those that are there already; to be called on the
  /// database's queue.
  ///
  /// - Throws: `DatabaseError`; nothing is inserted then.
  func insert(_ entries: [LogEntry]) throws {
    try requireHeader()
    try run(begin)
    do {
      try learnLater()
      for entry in entries { try insert(entry) }
      try run(commit)
    } catch {
      // Some faults have ended the transaction already.
      if sqlite3_get_autocommit(database) == 0 { try? run(rollback) }
      recent = RecentIdentifiers()
      last = 0
      known = nil
      throw error
    }
  }

  /// Looks at the begin of the file itself. Appending needs no page that is not in memory, so that
  /// nobody else would notice a file that was written over.
  private func requireHeader() throws {
    var file: UnsafeMutablePointer<sqlite3_file>?
    sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file)
    guard let file, let read = file.pointee.pMethods?.pointee.xRead else { return }
    var header = (UInt64(0), UInt64(0))
    let code = read(file, &header, Int32(MemoryLayout.size(ofValue: header)), 0)
    guard code == SQLITE_OK, header == Self.header else {
      throw DatabaseError(
        resultCode: code == SQLITE_OK ? .SQLITE_NOTADB : ResultCode(rawValue: code),
        message: "the file does not begin as a database")
    }
  }

  /// `SQLite format 3` and a zero (The SQLite Database File Format, 1.3.1).
  private static let header = Array("SQLite format 3\0".utf8).withUnsafeBytes {
    $0.loadUnaligned(as: (UInt64, UInt64).self)
  }

  private func insert(_ entry: LogEntry) throws {
    let record = entry.record
    guard recent.insert(record.id) else { return }
    if entry.isIndexed {
      sqlite3_bind_int64(index.sqliteStatement, 2, last + 1)
      try PredictionRecord.withText(record.id, at: 1, of: index.sqliteStatement) {
        try run(index)
      }
      if sqlite3_changes(database) == 0 { return }
    }
    let description = try number(of: record.patient.schema)
    try record.withBound(to: insert.sqliteStatement, number: last + 1, description) {
      try run(insert)
    }
    last += 1
  }

  /// The number of a description, which is kept when it is new.
  private func number(of schema: PatientSchema) throws -> Int64 {
    if let known, known.schema === schema { return known.number }
    try PredictionRecord.withText(schema.digest, at: 1, of: describe.sqliteStatement) {
      try PredictionRecord.withText(schema.text, at: 2, of: describe.sqliteStatement) {
        try run(describe)
      }
    }
    var number: Int64 = 0
    try PredictionRecord.withText(schema.digest, at: 1, of: description.sqliteStatement) {
      try run(description) { number = sqlite3_column_int64($0, 0) }
    }
    known = (schema, number)
    return number
  }

  /// Learns which identifiers others have inserted in the last minute, if anybody has.
  private func learnLater() throws {
    var number: Int64 = 0
    try run(newest) { number = sqlite3_column_int64($0, 0) }
    if number != last {
      // When the newest were deleted, others may have taken their numbers. What was deleted is known
      // further: a request that comes again does not bring it back.
      sqlite3_bind_int64(later.sqliteStatement, 1, number < last ? 0 : last)
      sqlite3_bind_int64(later.sqliteStatement, 2, Moment.now.microseconds - 60_000_000)
      try run(later) { _ = recent.insert(String(cString: sqlite3_column_text($0, 0))) }
    }
    last = number
  }

  /// Runs a statement to its end.
  private func run(_ statement: Statement, _ row: (SQLiteStatement) -> Void = { _ in }) throws {
    let statement = statement.sqliteStatement
    // The values of the last record are not to outlive it.
    defer { sqlite3_reset(statement) }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: row(statement)
      case SQLITE_DONE: return
      case let code:
        throw DatabaseError(
          resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(database))
        )
      }
    }
  }
}

extension PredictionRecord {
  static let insert = """
    INSERT INTO prediction
      (number, id, time, description, inputs, drug, probability, prediction_set, model_version,
       requested_by, needs_review, trace)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    """

  /// Binds the values to the places of `insert`, where they stay while `body` runs.
  func withBound<Result>(
    to statement: SQLiteStatement, number: Int64, _ description: Int64, _ body: () throws -> Result
  ) rethrows -> Result {
    sqlite3_bind_int64(statement, 1, number)
    sqlite3_bind_int64(statement, 3, time)
    sqlite3_bind_int64(statement, 4, description)
    sqlite3_bind_double(statement, 7, probability)
    sqlite3_bind_int(statement, 11, needsReview ? 1 : 0)
    return try Self.withText(id, at: 2, of: statement) {
      try Self.withText(patient.json, at: 5, of: statement) {
        try Self.withText(drug, at: 6, of: statement) {
          try Self.withText(predictionSet.json, at: 8, of: statement) {
            try Self.withText(modelVersion, at: 9, of: statement) {
              try Self.withText(requestedBy, at: 10, of: statement) {
                try Self.withText(trace, at: 12, of: statement, body)
              }
            }
          }
        }
      }
    }
  }

  private static func withText<Result>(
    _ text: String?, at place: Int32, of statement: SQLiteStatement, _ body: () throws -> Result
  ) rethrows -> Result {
    guard let text else {
      sqlite3_bind_null(statement, place)
      return try body()
    }
    return try withText(text, at: place, of: statement, body)
  }

  fileprivate static func withText<Result>(
    _ text: String, at place: Int32, of statement: SQLiteStatement, _ body: () throws -> Result
  ) rethrows -> Result {
    var text = text
    return try text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = sqlite3_bind_text(statement, place, $0.baseAddress, Int32($0.count), nil)
      }
      return try body()
    }
  }
}
