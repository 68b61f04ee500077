import GRDB
import POSIX

extension LogDatabase {
  /// When the newest record was answered; nil when there is none.
  func newestTime() throws -> Int64? {
    try queue.read {
      try Int64.fetchOne($0, sql: "SELECT time FROM prediction ORDER BY number DESC LIMIT 1")
    }
  }

  /// The bytes of the file that hold something; what was deleted leaves room for what comes.
  func usedBytes() throws -> Int {
    try queue.read { database in
      func pragma(_ name: String) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA \(name)")!
      }
      return try (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")
    }
  }

  /// How many records are of before a time.
  ///
  /// - Complexity: O(records).
  func countRecords(before time: Int64) throws -> Int {
    try queue.read {
      try Int.fetchOne(
        $0, sql: "SELECT COUNT(*) FROM prediction WHERE time < ?", arguments: [time])!
    }
  }

  /// The next records behind a number, while others go on writing.
  ///
  /// - Returns: the number of the last of them, nil when there is none, and how many are of before a
  ///   time.
  func look(
    after number: Int64, count: Int, before time: Int64
  ) throws -> (last: Int64?, overdue: Int) {
    try queue.read { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT MAX(number), COALESCE(SUM(time < ?3), 0)
          FROM (SELECT number, time FROM prediction WHERE number > ?1 ORDER BY number LIMIT ?2)
          """,
        arguments: [number, count, time])!
      return (row[0], row[1])
    }
  }

  /// Deletes the records of before a time whose numbers lie behind one and not behind another.
  ///
  /// - Returns: how many were deleted.
  func deleteRecords(after first: Int64, through last: Int64, before time: Int64) throws -> Int {
    try delete("number > ?1 AND number <= ?2 AND time < ?3", [first, last, time])
  }

  /// Deletes the oldest records.
  ///
  /// - Returns: how many were deleted.
  func deleteOldest(_ count: Int) throws -> Int {
    try delete("number IN (SELECT number FROM prediction ORDER BY number LIMIT ?1)", [count])
  }

  /// Deletes the record of an identifier with its outcome, also from the write-ahead log.
  ///
  /// - Returns: whether there was one.
  func forget(_ id: String) throws -> Bool {
    let deleted = try delete("number = \(LogSchema.numberOfIdentifier)", [id])
    // Somebody who reads may prevent it; it is begun anew soon, over what it holds.
    if deleted > 0 { try? truncateLog() }
    return deleted > 0
  }

  private func delete(_ condition: String, _ arguments: StatementArguments) throws -> Int {
    try lock.whileHeld {
      try queue.write { database in
        try database.execute(
          sql: "DELETE FROM prediction WHERE \(condition)", arguments: arguments)
        let deleted = database.changesCount
        // The next record takes the number behind the newest, and is to be indexed then.
        if deleted > 0 {
          try database.execute(
            sql: """
              UPDATE indexed
              SET last = MIN(last, (SELECT COALESCE(MAX(number), 0) FROM prediction))
              """)
        }
        return deleted
      }
    }
  }
}
