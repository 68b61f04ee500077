import RandomForest

/// Turns the bytes of a CSV file, which come in pieces, into a dataset of patients and a list of
/// what is wrong.
struct TableBuilder {
  private(set) var layout: TableLayout?
  private(set) var rows: TableRows
  private(set) var problems: [RowProblem] = []
  private(set) var problemCount = 0
  private(set) var problemRowCount = 0
  private var parser = CSVParser()
  private var scanner: RowScanner?
  private let schema: PatientSchema

  init(_ schema: PatientSchema) {
    self.schema = schema
    rows = TableRows(schema: schema)
  }

  /// Takes the next piece, of any length.
  mutating func read(_ piece: Span<UInt8>) throws(TableError) {
    var position = 0
    while position < piece.count {
      if parser.isBetweenRecords(before: piece[position]) {
        let lines = scanner?.readRows(piece, from: &position, into: &rows) ?? 0
        parser.passOver(lines: lines)
      }
      if let record = try parser.nextRecord(of: piece, from: &position) { try add(record) }
    }
  }

  /// Ends the input.
  mutating func finish() throws(TableError) {
    if let record = try parser.lastRecord() { try add(record) }
  }

  /// The first record names the columns, the others are rows.
  private mutating func add(_ record: CSVRecord) throws(TableError) {
    guard let layout else {
      let layout = try TableLayout(record, schema)
      self.layout = layout
      scanner = RowScanner(layout)
      return
    }
    let found = layout.read(record, into: &rows)
    guard rows.sampleCount <= TableColumn.maximumTotal else {
      throw TableError(
        message: "line \(record.line): the counts up to here add up to more than "
          + "\(TableColumn.maximumTotal) patients")
    }
    problemRowCount += found.isEmpty ? 0 : 1
    problemCount += found.count
    problems += found.prefix(TableError.maximumProblemCount - problems.count)
  }
}

/// Rows as they are read, without a check of what `RowScanner` and `TableLayout` have checked.
struct TableRows {
  let schema: PatientSchema
  /// Row-major, shape (labels.count, features), in the order of the schema's inputs.
  var values: [Double] = []
  /// The place of the drug among the schema's drugs.
  var labels: [Int] = []
  /// How many patients each row stands for.
  var weights: [Int] = []
  /// How many patients all rows stand for.
  var sampleCount = 0

  /// The rows as a dataset.
  var dataset: Dataset {
    Dataset(
      features: schema.features, classes: schema.drugs, values: values,
      labels: labels, weights: weights)
  }
}
