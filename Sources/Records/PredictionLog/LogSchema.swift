import GRDB
import Patients

/// The tables of a prediction log.
///
/// A prediction is appended without looking for a place in an index: an identifier is random, and
/// each would change another page. `prediction_id` follows in large steps when there is time; until
/// then what is looked for is found among the newest rows, one by one (`indexed.last` tells where
/// those begin).
///
/// What was measured of a patient is a JSON object under the names of the fields, beside the number of the
/// description that says what they mean: models of other fields share a log, and a row tells all its life
/// what was asked.
enum LogSchema {
  /// Kept in the file as `user_version`. In version 1 the identifiers' index was the table's own;
  /// version 2 did not tell who asked; version 3 had a column for each field of one table; version 4 did
  /// not tell whether a person had to look, and version 5 to which trace a prediction belongs: null in their
  /// rows.
  static let version = 6

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
      if let found, 4...5 ~= found {
        let review = "ALTER TABLE prediction ADD COLUMN needs_review INTEGER;"
        try database.execute(
          sql: """
            \(found == 4 ? review : "")
            ALTER TABLE prediction ADD COLUMN trace TEXT;
            PRAGMA user_version = \(version);
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
      if isEarlier { try bringOver(database, hasOutcomes: hasOutcomes) }
      // Versions 2 and 3 have them.
      if try !database.tableExists("indexed") {
        try database.execute(sql: index)
      }
      try database.execute(sql: "DROP TRIGGER IF EXISTS prediction_deleted")
      try database.execute(sql: trigger)
      try database.execute(sql: "PRAGMA user_version = \(version)")
      return .commit
    }
  }

  /// Brings the rows of an earlier version over, whose patients were those of one table.
  private static func bringOver(_ database: Database, hasOutcomes: Bool) throws {
    let columns = try database.columns(in: "earlier_prediction").map(\.name)
    let requester = columns.contains("requested_by") ? "requested_by" : "NULL"
    try database.execute(
      sql: "INSERT INTO description VALUES (1, ?, ?)",
      arguments: [PatientSchema.drug200.digest, PatientSchema.drug200.text])
    try database.execute(
      sql: """
        INSERT INTO prediction
          SELECT number, id, time, 1,
            json_object('Age', age, 'Sex', sex, 'BP', bp, 'Cholesterol', cholesterol,
              'Na_to_K', na_to_k),
            drug, probability,
            iif(prediction_set = '', '[]', '["' || replace(prediction_set, ' ', '","') || '"]'),
            model_version,
            \(requester),
            NULL,
            NULL
          FROM earlier_prediction;
        """)
    if hasOutcomes {
      // Version 1 knew predictions by their identifiers.
      let isByNumber = try database.columns(in: "earlier_outcome").contains { $0.name == "number" }
      try database.execute(
        sql: """
          INSERT INTO outcome SELECT p.number, o.time, o.user, o.drug, o.agreed, o.reason
            FROM earlier_outcome AS o JOIN earlier_prediction AS p
              ON \(isByNumber ? "p.number = o.number" : "p.id = o.prediction_id");
          DROP TABLE earlier_outcome;
          """)
    }
    try database.execute(sql: "DROP TABLE earlier_prediction")
  }

  private static let tables = """
    CREATE TABLE description (
      number INTEGER PRIMARY KEY,
      digest TEXT NOT NULL UNIQUE,
      text TEXT NOT NULL
    ) STRICT;

    CREATE TABLE prediction (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      time INTEGER NOT NULL,
      description INTEGER NOT NULL,
      inputs TEXT NOT NULL,
      drug TEXT NOT NULL,
      probability REAL NOT NULL,
      prediction_set TEXT NOT NULL,
      model_version TEXT NOT NULL,
      requested_by TEXT,
      needs_review INTEGER,
      trace TEXT
    ) STRICT;

    CREATE TABLE outcome (
      number INTEGER PRIMARY KEY REFERENCES prediction(number) ON DELETE CASCADE,
      time INTEGER NOT NULL,
      user TEXT NOT NULL,
      drug TEXT NOT NULL,
      agreed INTEGER NOT NULL,
      reason TEXT
    ) STRICT;
    """

  private static let index = """
    CREATE TABLE prediction_id (
      id TEXT PRIMARY KEY,
      number INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE indexed (last INTEGER NOT NULL) STRICT;
    INSERT INTO prediction_id SELECT id, number FROM prediction;
    INSERT INTO indexed SELECT COALESCE(MAX(number), 0) FROM prediction;
    """

  private static let trigger = """
    CREATE TRIGGER prediction_deleted AFTER DELETE ON prediction BEGIN
      DELETE FROM prediction_id WHERE id = OLD.id;
    END;
    """
}
