import GRDB
import GRDBSQLite
import Glibc

/// The statements that keep records, prepared once.
///
/// SQLite is called directly: the values that GRDB would make of each column cost more than the
/// insert itself.
struct Insertion {
  private let begin: Statement
  private let insert: Statement
  private let commit: Statement
  private let rollback: Statement
  private let database: OpaquePointer

  /// - Throws: `DatabaseError` when the table is missing.
  init(_ database: Database) throws {
    begin = try database.makeStatement(sql: "BEGIN IMMEDIATE")
    insert = try database.makeStatement(sql: PredictionRecord.insert)
    commit = try database.makeStatement(sql: "COMMIT")
    rollback = try database.makeStatement(sql: "ROLLBACK")
    self.database = database.sqliteConnection!
  }

  /// Inserts records in one transaction; to be called on the database's queue.
  ///
  /// - Throws: `DatabaseError`; nothing is inserted then.
  func insert(_ records: [PredictionRecord]) throws {
    try run(begin)
    do {
      for record in records {
        try record.withBound(to: insert.sqliteStatement) { try run(insert) }
      }
      try run(commit)
    } catch {
      // Some faults have ended the transaction already.
      if sqlite3_get_autocommit(database) == 0 { try? run(rollback) }
      throw error
    }
  }

  private func run(_ statement: Statement) throws {
    let code = sqlite3_step(statement.sqliteStatement)
    // The values of the last record are not to outlive it.
    defer { sqlite3_reset(statement.sqliteStatement) }
    guard code == SQLITE_DONE else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(database)))
    }
  }
}

extension PredictionRecord {
  static let insert = """
    INSERT OR IGNORE INTO prediction
      (id, time, age, sex, bp, cholesterol, na_to_k, drug, probability, prediction_set,
       model_version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  /// Binds the values to the places of `insert`, where they stay while `body` runs.
  func withBound<Result>(
    to statement: SQLiteStatement, _ body: () throws -> Result
  ) rethrows -> Result {
    sqlite3_bind_int64(statement, 2, time)
    sqlite3_bind_int64(statement, 3, Int64(patient[.age]))
    sqlite3_bind_text(statement, 4, Self.name(of: .sex, in: patient), -1, nil)
    sqlite3_bind_text(statement, 5, Self.name(of: .bloodPressure, in: patient), -1, nil)
    sqlite3_bind_text(statement, 6, Self.name(of: .cholesterol, in: patient), -1, nil)
    sqlite3_bind_double(statement, 7, patient[.sodiumToPotassium])
    sqlite3_bind_double(statement, 9, probability)
    let set = predictionSet.count == 1 ? predictionSet[0] : predictionSet.joined(separator: " ")
    return try Self.withText(id, at: 1, of: statement) {
      try Self.withText(drug, at: 8, of: statement) {
        try Self.withText(set, at: 10, of: statement) {
          try Self.withText(modelVersion, at: 11, of: statement, body)
        }
      }
    }
  }

  private static func withText<Result>(
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

  /// The names of the categories of each field, kept for as long as the process lives.
  nonisolated(unsafe) private static let names: [[UnsafePointer<CChar>]] =
    PatientField.allCases.map { field in
      guard case .category(let names) = field.domain else { return [] }
      return names.map { UnsafePointer(strdup($0)) }
    }

  private static func name(of field: PatientField, in patient: Patient) -> UnsafePointer<CChar> {
    names[field.index][Int(patient[field])]
  }
}
