import GRDB

/// The tables of a prediction log.
///
/// A prediction is appended without looking for a place in an index: an identifier is random, and
/// each would change another page. `prediction_id` follows in large steps when there is time; until
/// then what is looked for is found among the newest rows, one by one (`indexed.last` tells where
/// those begin).
enum LogSchema {
  /// Kept in the file as `user_version`. In version 1 the identifiers' index was the table's own;
  /// version 2 did not tell who asked.
  static let version = 3

  /// The number of the prediction with the identifier `?1`, in parentheses.
  static let numberOfIdentifier = """
    (SELECT number FROM prediction_id WHERE id = ?1
     UNION ALL
     SELECT number FROM prediction WHERE number > (SELECT last FROM indexed) AND id = ?1
     LIMIT 1)
    """

  /// - Throws: `PredictionLogError` when the tables are not those that this program reads.
  static func require(_ database: Database) throws {
    guard try Int.fetchOne(database, sql: "PRAGMA user_version") != version else { return }
    throw PredictionLogError(
      .other,
      try database.tableExists("prediction")
        ? "the log is of another version; a service that starts with it brings it up to date"
        : "the file is no prediction log")
  }

  /// Makes the tables, or brings those of an earlier version up to date.
  static func prepare(_ database: Database) throws {
    guard try Int.fetchOne(database, sql: "PRAGMA user_version") != version else { return }
    try database.inTransaction(.immediate) {
      // Another process may have done it meanwhile.
      let found = try Int.fetchOne(database, sql: "PRAGMA user_version")
      if found == version { return .commit }
      if found == 2 {
        try database.execute(
          sql: """
            ALTER TABLE prediction ADD COLUMN requested_by TEXT;
            PRAGMA user_version = \(version)
            """)
        return .commit
      }
      let isEarlier = try database.tableExists("prediction")
      let hasOutcomes = try database.tableExists("outcome")
      if isEarlier {
        try database.execute(sql: "ALTER TABLE prediction RENAME TO earlier_prediction")
      }
      if hasOutcomes { try database.execute(sql: "ALTER TABLE outcome RENAME TO earlier_outcome") }
      try database.execute(sql: tables)
      if isEarlier {
        try database.execute(
          sql: """
            INSERT INTO prediction SELECT *, NULL FROM earlier_prediction;
            INSERT INTO prediction_id SELECT id, number FROM prediction;
            UPDATE indexed SET last = (SELECT COALESCE(MAX(number), 0) FROM prediction);
            """)
      }
      if hasOutcomes {
        try database.execute(
          sql: """
            INSERT INTO outcome SELECT number, o.time, user, o.drug, agreed, reason
              FROM earlier_outcome AS o JOIN earlier_prediction ON id = prediction_id;
            DROP TABLE earlier_outcome;
            """)
      }
      if isEarlier { try database.execute(sql: "DROP TABLE earlier_prediction") }
      try database.execute(sql: "PRAGMA user_version = \(version)")
      return .commit
    }
  }

  private static let tables = """
    CREATE TABLE prediction (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      time INTEGER NOT NULL,
      age INTEGER NOT NULL,
      sex TEXT NOT NULL,
      bp TEXT NOT NULL,
      cholesterol TEXT NOT NULL,
      na_to_k REAL NOT NULL,
      drug TEXT NOT NULL,
      probability REAL NOT NULL,
      prediction_set TEXT NOT NULL,
      model_version TEXT NOT NULL,
      requested_by TEXT
    ) STRICT;

    CREATE TABLE prediction_id (
      id TEXT PRIMARY KEY,
      number INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE indexed (last INTEGER NOT NULL) STRICT;
    INSERT INTO indexed VALUES (0);

    CREATE TABLE outcome (
      number INTEGER PRIMARY KEY REFERENCES prediction(number) ON DELETE CASCADE,
      time INTEGER NOT NULL,
      user TEXT NOT NULL,
      drug TEXT NOT NULL,
      agreed INTEGER NOT NULL,
      reason TEXT
    ) STRICT;

    CREATE TRIGGER prediction_deleted AFTER DELETE ON prediction BEGIN
      DELETE FROM prediction_id WHERE id = OLD.id;
    END;
    """
}
