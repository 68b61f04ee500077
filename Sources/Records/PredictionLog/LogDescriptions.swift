import GRDB
import Patients

/// The descriptions that a log knows, by their numbers.
struct LogDescriptions {
  private let schemas: [Int64: PatientSchema]

  /// Reads all of them; one that nobody can read any more is none.
  init(_ database: Database) throws {
    let rows = try Row.fetchAll(database, sql: "SELECT number, digest, text FROM description")
    schemas = Dictionary(
      uniqueKeysWithValues: rows.compactMap { row in
        Self.schema(digest: row["digest"], text: row["text"]).map { (row["number"] as Int64, $0) }
      })
  }

  private static func schema(digest: String, text: String) -> PatientSchema? {
    // Most logs know no other.
    if digest == PatientSchema.drug200.digest { return .drug200 }
    return try? PatientSchema(TableDescription(parsing: Array(text.utf8)))
  }

  /// The patient of a row of predictions; nil for a row that holds none.
  func patient(_ row: Row) -> Patient? {
    guard let schema = schemas[row["description"]],
      case .object(let members)? = try? JSONParser.parse(
        Array((row["inputs"] as String).utf8), .unlimited)
    else { return nil }
    return try? Patient(of: schema) { field in members.value(of: field.name).map(FieldValue.init) }
  }
}
