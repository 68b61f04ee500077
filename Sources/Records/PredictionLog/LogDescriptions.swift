import GRDB
import POSIX
import Patients

/// The descriptions that a log knows, by their numbers.
struct LogDescriptions {
  private let schemas: [Int64: PatientSchema]

  /// Reads all of them; one that nobody can read any more is none.
  init(_ log: any LogSession) throws {
    let rows = try log.rows("SELECT number, digest FROM description")
    schemas = Dictionary(
      uniqueKeysWithValues: try rows.compactMap { row in
        let number: Int64 = row["number"]
        return try Self.schema(number, digest: row["digest"], log).map { (number, $0) }
      })
  }

  private static func schema(
    _ number: Int64, digest: String, _ log: any LogSession
  ) throws -> PatientSchema? {
    // Most logs know no other.
    if digest == PatientSchema.drug200.digest { return .drug200 }
    if let schema = KnownDescriptions.shared[digest] { return schema }
    let text: String? = try log.rows("SELECT text FROM description WHERE number = ?1", number)
      .first?["text"]
    guard let text,
      let schema = try? PatientSchema(TableDescription(parsing: Array(text.utf8)))
    else { return nil }
    // Another's text would stand for it in all logs.
    if schema.digest == digest { KnownDescriptions.shared[digest] = schema }
    return schema
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

/// The descriptions that were read of any log, by their digests: who watches a log asks for them each second.
final class KnownDescriptions: @unchecked Sendable {
  // `@unchecked Sendable` because `lock` protects `schemas`.

  static let shared = KnownDescriptions()
  /// More than a log has fields changed in years.
  static let capacity = 16

  private let lock = Lock()
  private var schemas: [String: PatientSchema] = [:]

  subscript(digest: String) -> PatientSchema? {
    get { lock.whileHeld { schemas[digest] } }
    set {
      lock.whileHeld {
        if schemas.count >= Self.capacity { schemas = [:] }
        schemas[digest] = newValue
      }
    }
  }
}
