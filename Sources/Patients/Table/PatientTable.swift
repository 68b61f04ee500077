import POSIX
public import RandomForest

/// The labelled patients of a CSV file.
public struct PatientTable: Sendable {
  /// What is measured of the patients.
  public let schema: PatientSchema
  /// The rows, their features in the order of the models' inputs.
  public private(set) var dataset: Dataset
  /// The SHA-256 digest of the file's bytes, 64 hexadecimal digits; with outcomes, that of this
  /// digest and the outcomes.
  public private(set) var digest: String
  /// How many of the last rows are outcomes of the prediction log.
  public private(set) var outcomeCount = 0
  /// Whether outcomes were asked for, if only none were there.
  public private(set) var includesOutcomes = false
  /// What is wrong with the rows that were left out, nothing unless that was allowed.
  public let problems: TableProblems
  /// How the file is written.
  public let dialect: TableDialect
  /// The fields that the file has as two numbers, of which they are the ratios.
  public let ratios: [PatientField]
  /// Columns of the file that mean nothing here.
  public let ignoredColumns: [String]

  /// Rows that were left out, empty unless that was allowed.
  public var invalidRows: [RowProblem] { problems.list }
  /// How many rows were left out.
  public var invalidRowCount: Int { problems.rowCount }

  /// Reads a CSV file with the columns that a schema names, in any order, and optionally the one that tells
  /// how many patients a row stands for.
  ///
  /// - Parameters:
  ///   - schema: what is measured.
  ///   - skipInvalid: whether rows that are wrong are left out instead of refusing the file.
  ///   - tellsEachProblem: whether the error's description tells each problem of its own.
  /// - Throws: `TableError` with all that is wrong with the file.
  public init(
    path: String, schema: PatientSchema, skipInvalid: Bool = false, tellsEachProblem: Bool = false
  ) throws(TableError) {
    do throws(TableError) {
      try self.init(reading: path, schema, skipInvalid: skipInvalid)
    } catch {
      var named = error
      named.path = path
      named.tellsEachProblem = tellsEachProblem
      throw named
    }
  }

  /// Reads the bytes of such a file.
  ///
  /// - Throws: `TableError` with all that is wrong with them, and no path.
  public init(bytes: [UInt8], schema: PatientSchema) throws(TableError) {
    try self.init(schema, skipInvalid: false) { body throws(TableError) in try body(bytes.span) }
  }

  private init(
    reading path: String, _ schema: PatientSchema, skipInvalid: Bool
  ) throws(TableError) {
    try self.init(schema, skipInvalid: skipInvalid) { body throws(TableError) in
      try Self.read(path, body)
    }
  }

  private init(
    _ schema: PatientSchema, skipInvalid: Bool,
    _ forEachPiece: (_ body: (Span<UInt8>) throws(TableError) -> Void) throws(TableError) -> Void
  ) throws(TableError) {
    self.schema = schema
    var builder = TableBuilder(schema)
    let hash = SHA256()
    try forEachPiece { piece throws(TableError) in
      piece.withUnsafeBytes { hash.update($0) }
      try builder.read(piece)
    }
    try builder.finish()
    guard let layout = builder.layout else { throw TableError(message: "the file is empty") }
    let invalid = builder.problems.rowCount
    if invalid > 0, !skipInvalid {
      throw TableError(
        message: invalid == 1 ? "1 invalid row" : "\(invalid) invalid rows",
        found: builder.problems)
    }
    guard !builder.rows.labels.isEmpty else {
      throw TableError(
        message: invalid == 0
          ? "the file has no row below its header" : "the file has no valid row",
        found: builder.problems)
    }
    dataset = builder.rows.dataset
    digest = hash.finish()
    problems = builder.problems
    dialect = builder.dialect
    ratios = layout.ratios
    ignoredColumns = layout.ignoredColumns
  }

  /// Adds patients whose drug was told later behind the rows of the file; none of them change nothing.
  ///
  /// - Precondition: they are of a schema that agrees with the table's.
  public mutating func append(_ outcomes: [LabelledPatient]) {
    includesOutcomes = true
    guard !outcomes.isEmpty else { return }
    let hash = SHA256()
    hash.update("\(digest)\n")
    for outcome in outcomes {
      let row = outcome.patient.sample
      dataset.append(row, label: outcome.label)
      hash.update(row.map(\.plain).joined(separator: ",") + ",\(outcome.drug)\n")
    }
    outcomeCount += outcomes.count
    digest = hash.finish()
  }

  /// Passes the content of a file on in pieces.
  ///
  /// The file is read, not mapped: another program may cut it meanwhile.
  static func read(
    _ path: String, _ body: (Span<UInt8>) throws(TableError) -> Void
  ) throws(TableError) {
    func unreadable(_ error: SystemError) -> TableError {
      TableError(
        message: error.code == 0 ? error.reason : "\(error.call): \(error.reason)")
    }
    let file: FileDescriptor
    do throws(SystemError) {
      file = try FileDescriptor.regular(path).file
    } catch {
      throw unreadable(error)
    }
    defer { file.close() }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count: Int
      do throws(SystemError) {
        count = try file.read(into: &buffer)
      } catch {
        throw unreadable(error)
      }
      if count == 0 { return }
      try body(buffer.span.extracting(0..<count))
    }
  }
}
