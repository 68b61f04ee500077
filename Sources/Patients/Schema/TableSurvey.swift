/// What the cells of a table's columns hold, whatever they mean.
public struct TableSurvey: Sendable {
  /// One column.
  public struct Column: Sendable {
    /// The name in the header.
    public let name: String
    /// How many rows have no value.
    public internal(set) var missingCount = 0
    /// The different values in the order of their bytes; nil when there are more than
    /// `TableDescription.maximumCategoryCount`.
    public var values: [String]? {
      distinct.map { $0.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
    }
    /// Whether each value is a number.
    public internal(set) var isNumber = true
    /// Whether each value is a whole number.
    public internal(set) var isWhole = true
    /// The least and the greatest number; nil without one.
    public internal(set) var range: ClosedRange<Double>?
    fileprivate var distinct: Set<String>? = []

    fileprivate mutating func add(_ text: String) {
      if let number = isNumber ? Double(decimal: text) : nil {
        isWhole = isWhole && number == number.rounded()
        range =
          range.map { min($0.lowerBound, number)...max($0.upperBound, number) }
          ?? number...number
      } else {
        isNumber = false
      }
      guard distinct?.contains(text) == false else { return }
      distinct!.insert(text)
      if distinct!.count > TableDescription.maximumCategoryCount { distinct = nil }
    }
  }

  /// The columns in their order.
  public private(set) var columns: [Column] = []
  /// The rows below the header.
  public private(set) var rowCount = 0

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
          parser.delimiter = text.dialect.delimiter.byte
          switch part {
          case .unchanged(let places): try take(piece.extracting(places), &parser, missing)
          case .decoded(let bytes): try take(bytes.span, &parser, missing)
          }
        }
      }
      let rest = try text.finish()
      parser.delimiter = text.dialect.delimiter.byte
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
    guard record.fields.count == columns.count, record.quotingProblem == nil else { return }
    rowCount += 1
    for (index, field) in record.fields.enumerated() {
      let text = TableLayout.text(field)
      if missing.contains(text) {
        columns[index].missingCount += 1
      } else {
        columns[index].add(text)
      }
    }
  }
}

extension TableDescription {
  /// Whether only the table tells the values of a field.
  public var isOpen: Bool { fields.contains { !$0.isNumber && $0.categories == nil } }

  /// The same with the values that a table holds for the fields of which nobody has told them.
  ///
  /// - Throws: `DescriptionError` for a field with too many different values.
  public func completed(by survey: TableSurvey) throws(DescriptionError) -> TableDescription {
    var complete = self
    for (index, field) in fields.enumerated() where !field.isNumber && field.categories == nil {
      let names = [field.name] + field.aliases
      guard let column = survey.columns.first(where: { names.contains($0.name) }) else {
        throw DescriptionError("\(place)/fields/\(index)/name", "the table has no \(field.name)")
      }
      guard let values = column.values else {
        throw DescriptionError(
          "\(place)/fields/\(index)",
          "\(field.name) has more than \(Self.maximumCategoryCount) different values: leave it out, "
            + "group them, or list those that are known as its categories")
      }
      complete.fields[index].categories = values.map(Category.init)
    }
    return complete
  }
}
