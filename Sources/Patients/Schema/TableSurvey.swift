/// What the cells of a table's columns hold, whatever they mean.
public struct TableSurvey: Sendable {
  /// One column.
  public struct Column: Sendable {
    /// The name in the header.
    public let name: String
    /// How many rows have no value.
    public internal(set) var missingCount = 0
    /// How many rows have one.
    public internal(set) var valueCount = 0
    /// How many values are numbers.
    public internal(set) var numberCount = 0
    /// The different values in the order of their bytes; nil when there are more than
    /// `TableDescription.maximumCategoryCount`.
    public var values: [String]? { distinct?.inByteOrder }
    /// The different values that are no numbers; nil when there are more than
    /// `TableDescription.maximumCategoryCount`.
    public internal(set) var words: Set<String>? = []
    /// Whether each value is a number.
    public var isNumber: Bool { words?.isEmpty ?? false }
    /// Whether each number is a whole one.
    public internal(set) var isWhole = true
    /// Whether each number is the one before it and one.
    public internal(set) var isCounted = true
    /// The least and the greatest number; nil without one.
    public internal(set) var range: ClosedRange<Double>?
    /// Why a value cannot be a category, for the first one that cannot.
    public internal(set) var unfit: String?
    fileprivate var distinct: Set<String>? = []
    fileprivate var last: Double?

    fileprivate mutating func add(_ text: String, _ delimiter: TableDialect.Delimiter) {
      valueCount += 1
      // Which mark the numbers have is asked of each anew: here nobody knows yet which columns are numbers.
      var numbers = TableNumbers(delimiter)
      if let number = numbers.number(text, isWhole: false), number.isFinite {
        numberCount += 1
        let isMarked = delimiter != .comma && text.contains { ".,".contains($0) }
        isWhole = isWhole && number == number.rounded() && !isMarked
        isCounted = isCounted && last.map { $0 + 1 == number } ?? true
        last = number
        range =
          range.map { min($0.lowerBound, number)...max($0.upperBound, number) }
          ?? number...number
      } else {
        Self.add(text, to: &words)
      }
      if let problem = DescriptionPart.problem(ofName: text) {
        unfit = unfit ?? "\(problem): \(text.printable)"
      } else {
        Self.add(text, to: &distinct)
      }
    }

    private static func add(_ text: String, to values: inout Set<String>?) {
      guard values?.contains(text) == false else { return }
      // What is longer than any name is a word, however it goes on.
      values!.insert(String(text.prefix(TableDescription.maximumNameSize)))
      if values!.count > TableDescription.maximumCategoryCount { values = nil }
    }
  }

  /// The columns in their order.
  public private(set) var columns: [Column] = []
  /// The rows below the header.
  public private(set) var rowCount = 0
  /// How many rows are none of the table: they have too few or too many fields, or quotes that do not end.
  public private(set) var strayRowCount = 0
  /// How the file is written.
  public private(set) var dialect = TableDialect.plain

  /// Reads a file; rows that are no rows of the table say nothing.
  ///
  /// - Parameter missingValues: what a cell holds that holds no value.
  /// - Throws: `TableError` when the file cannot be read.
  public init(path: String, missingValues: [String] = [""]) throws(TableError) {
    let missing = Set(missingValues).union([""])
    do throws(TableError) {
      var text = TableText()
      var parser = CSVParser()
      try PatientTable.read(path) { piece throws(TableError) in
        var position = 0
        while let part = try text.next(of: piece, from: &position) {
          dialect = text.dialect
          parser.delimiter = dialect.delimiter.byte
          switch part {
          case .unchanged(let places): try take(piece.extracting(places), &parser, missing)
          case .decoded(let bytes): try take(bytes.span, &parser, missing)
          }
        }
      }
      let rest = try text.finish()
      dialect = text.dialect
      parser.delimiter = dialect.delimiter.byte
      try take(rest.span, &parser, missing)
      if let record = try parser.lastRecord() { try take(record, missing) }
      guard !columns.isEmpty else { throw TableError(message: "the file is empty") }
    } catch {
      throw error.naming(path)
    }
  }

  private mutating func take(
    _ piece: Span<UInt8>, _ parser: inout CSVParser, _ missing: Set<String>
  ) throws(TableError) {
    var position = 0
    while let record = try parser.nextRecord(of: piece, from: &position) {
      try take(record, missing)
    }
  }

  private mutating func take(_ record: CSVRecord, _ missing: Set<String>) throws(TableError) {
    guard !columns.isEmpty else {
      try TableLayout.checkWidth(of: record)
      columns = record.fields.map { Column(name: TableLayout.text($0)) }
      return
    }
    guard record.fields.count == columns.count, record.quotingProblem == nil else {
      strayRowCount += 1
      return
    }
    rowCount += 1
    for (index, field) in record.fields.enumerated() {
      let text = TableLayout.text(field)
      if missing.contains(text) {
        columns[index].missingCount += 1
      } else {
        columns[index].add(text, dialect.delimiter)
      }
    }
  }
}
