import RandomForest

/// Turns the bytes of a CSV file, which come in pieces, into a dataset of patients and a list of
/// what is wrong.
struct TableBuilder {
  private(set) var layout: TableLayout?
  private(set) var rows: TableRows
  private(set) var problems = TableProblems()
  private var text: TableText
  private var numbers = TableNumbers(.comma)
  private var parser = CSVParser()
  private var scanner: RowScanner?
  private let schema: PatientSchema

  init(_ schema: PatientSchema) {
    self.schema = schema
    rows = TableRows(schema: schema)
    text = TableText(columns: schema.names)
  }

  /// How the table is written, as far as it has been read.
  var dialect: TableDialect {
    var dialect = text.dialect
    dialect.decimalMark = numbers.mark
    return dialect
  }

  /// Takes the next piece, of any length.
  mutating func read(_ piece: Span<UInt8>) throws(TableError) {
    var position = 0
    while let part = try text.next(of: piece, from: &position) {
      switch part {
      case .unchanged(let places): try parse(piece.extracting(places))
      case .decoded(let bytes): try parse(bytes.span)
      }
    }
  }

  private mutating func parse(_ piece: Span<UInt8>) throws(TableError) {
    if layout == nil { parser.delimiter = text.dialect.delimiter.byte }
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
    let rest = try text.finish()
    try parse(rest.span)
    if let record = try parser.lastRecord() { try add(record) }
  }

  /// The first record names the columns, the others are rows.
  private mutating func add(_ record: CSVRecord) throws(TableError) {
    guard let layout else {
      let layout = try TableLayout(record, schema)
      self.layout = layout
      scanner = layout.ratios.isEmpty ? RowScanner(layout) : nil
      scanner?.delimiter = text.dialect.delimiter.byte
      numbers = TableNumbers(text.dialect.delimiter)
      tellMarks()
      return
    }
    problems.add(layout.read(record, into: &rows, &numbers))
    tellMarks()
    guard rows.sampleCount <= TableColumn.maximumTotal else {
      throw TableError(
        message: "line \(record.line): the counts up to here add up to more than "
          + "\(TableColumn.maximumTotal) patients")
    }
  }

  /// Tells the scanner with which mark it may read numbers.
  private mutating func tellMarks() {
    scanner?.decimalMark = numbers.scannedMark(isWhole: false)
    scanner?.wholeMark = numbers.scannedMark(isWhole: true)
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
