/// Reads unlabelled patients from the bytes of a CSV file that come in pieces.
///
/// The first line names the columns, in any order; those of the fields that each patient has are needed,
/// others are carried along.
public struct PatientReader {
  /// One row below the header.
  public struct Row: Sendable {
    /// The line of the file, from 1.
    public let line: Int
    /// The fields as they came, without their quotes; the last column's holds those beyond it too.
    public let fields: [String]
    /// The patient, nil when something is wrong with the row.
    public let patient: Patient?
    /// What is wrong with it, in words that do not repeat its values.
    public let problems: [FieldProblem]
  }

  /// The names of the columns, empty before the header has come.
  public private(set) var header: [String] = []
  /// How the table is written, as far as it has been read.
  public var dialect: TableDialect {
    var dialect = text.dialect
    dialect.decimalMark = numbers.mark
    return dialect
  }
  private var text: TableText
  private var numbers = TableNumbers(.comma)
  private var parser = CSVParser()
  private let schema: PatientSchema
  /// The place of the column of each that may be given of a patient; nil where there is none.
  private var columns: [Int?] = []

  /// Creates a reader at the start of a file of such patients.
  public init(of schema: PatientSchema) {
    self.schema = schema
    text = TableText(columns: schema.fieldNames)
  }

  /// Reads the next piece and gives every row that it completes to `body`, with the header.
  ///
  /// - Throws: `TableError` when the file cannot be read any further, or what `body` throws.
  public mutating func read(_ piece: Span<UInt8>, _ body: (Row, _ header: [String]) throws -> Void)
    throws
  {
    var position = 0
    while let part = try text.next(of: piece, from: &position) {
      switch part {
      case .unchanged(let places): try parse(piece.extracting(places), body)
      case .decoded(let bytes): try parse(bytes.span, body)
      }
    }
  }

  private mutating func parse(
    _ piece: Span<UInt8>, _ body: (Row, _ header: [String]) throws -> Void
  ) throws {
    if header.isEmpty { parser.delimiter = text.dialect.delimiter.byte }
    var position = 0
    while let record = try parser.nextRecord(of: piece, from: &position) {
      try take(record, body)
    }
  }

  /// Ends the file: its last row need not end with a line end.
  ///
  /// - Throws: `TableError` when the file ends inside quotes or has no header, or what `body` throws.
  public mutating func finish(_ body: (Row, _ header: [String]) throws -> Void) throws {
    let rest = try text.finish()
    try parse(rest.span, body)
    if let record = try parser.lastRecord() { try take(record, body) }
    guard !header.isEmpty else { throw TableError(message: "the file is empty") }
  }

  private mutating func take(_ record: CSVRecord, _ body: (Row, _ header: [String]) throws -> Void)
    throws
  {
    guard !header.isEmpty else {
      try TableLayout.checkWidth(of: record)
      try takeHeader(record.fields.map(TableLayout.text), line: record.line)
      return
    }
    let fields = fieldsInColumns(record.fields.map(TableLayout.text))
    func wrong(_ detail: String) -> FieldProblem {
      FieldProblem(pointer: "", code: .wrongType, detail: detail, allowed: "")
    }
    var problems: [FieldProblem] = []
    var patient: Patient?
    if let quoting = record.quotingProblem {
      problems = [wrong(quoting)]
    } else if let width = record.widthProblem(header.count, numbers.delimiter) {
      let isTooWide = record.fields.count > header.count
      problems = [wrong(isTooWide ? "\(width); the last column here has the rest" : width)]
    } else {
      do throws(PatientError) {
        patient = try Patient(acceptedBy: schema) { field in
          columns[field.index].flatMap { schema.value(ofCell: fields[$0], for: field, &numbers) }
        }
      } catch {
        problems = error.problems.map { problem in
          let column = schema.accepted.first { $0.pointer == problem.pointer }
            .flatMap { columns[$0.index] }
          return numbers.explained(problem, of: column.map { fields[$0] } ?? "")
        }
      }
    }
    try body(
      Row(line: record.line, fields: fields, patient: patient, problems: problems), header)
  }

  /// No more fields than columns, without losing any: those beyond stand in the last one, separated as they came.
  private func fieldsInColumns(_ fields: [String]) -> [String] {
    guard fields.count > header.count else { return fields }
    let separator = String(UnicodeScalar(numbers.delimiter.byte))
    let last = fields[(header.count - 1)...].joined(separator: separator)
    return fields[..<(header.count - 1)] + [last]
  }

  private mutating func takeHeader(_ names: [String], line: Int) throws(TableError) {
    let match = schema.fieldNames.match(names)
    if let clash = match.clashes.first { throw TableError(message: "line \(line): \(clash)") }
    let meanings = schema.undivided(match.names)
    columns = schema.accepted.map { meanings.firstIndex(of: $0.name) }
    let needed = schema.fields.filter(\.isRequired)
    let missing = schema.lacking(needed) { columns[$0.index] != nil }
    guard missing.isEmpty else {
      throw TableError(
        message: "line \(line): missing column \(missing.joined(separator: ", ")); the first line "
          + "must name \(needed.map(\.name).joined(separator: ", "))")
    }
    // Where each field may be missing, another table altogether would be one of patients of whom nothing is
    // known.
    guard columns.contains(where: { $0 != nil }) else {
      let names = schema.fields.map(\.name).joined(separator: ", ")
      throw TableError(message: "line \(line): no column is one of \(names)")
    }
    header = names
    numbers = TableNumbers(text.dialect.delimiter)
  }
}
