/// What a column of a CSV file means.
enum TableColumn: Equatable {
  /// A field, by its place among all that may be given of a patient.
  case field(Int)
  case drug
  case count
  case ignored

  /// The most patients that one row may stand for.
  static let maximumCount = 1_000_000_000
  /// The most patients that all rows may stand for; no forest is trained on more.
  static let maximumTotal = Int(Int32.max)
}

extension PatientSchema {
  /// What the column of a field's, the drug's or the count's own name means.
  func column(_ name: String?) -> TableColumn {
    guard let name else { return .ignored }
    if name == target.name { return .drug }
    return accepted(name).map { .field($0.index) } ?? .count
  }

  /// The name of a column of a meaning, empty for one that is ignored.
  func name(of column: TableColumn) -> String {
    switch column {
    case .field(let index): accepted[index].name
    case .drug: target.name
    case .count: table.count
    case .ignored: ""
    }
  }
}

extension PatientField {
  /// The field as a JSON pointer.
  package var pointer: String { "/\(name.jsonPointerEscaped)" }
}

/// Where the columns of a CSV file stand, and how its rows are read one by one, with all that is
/// wrong with them.
struct TableLayout {
  let schema: PatientSchema
  /// What each column means, in the order of the file.
  let columns: [TableColumn]
  /// The names of the columns that mean nothing here.
  let ignoredColumns: [String]
  /// The most columns of a table; every row of an answer has as many, however short it came.
  static let maximumColumnCount = 256

  /// Refuses a header of too many columns, before its names are read.
  static func checkWidth(of header: CSVRecord) throws(TableError) {
    guard header.fields.count > maximumColumnCount else { return }
    throw TableError(
      message: "line \(header.line): \(header.fields.count) columns, of which there may be at most "
        + "\(maximumColumnCount)")
  }

  init(_ header: CSVRecord, _ schema: PatientSchema) throws(TableError) {
    self.schema = schema
    try Self.checkWidth(of: header)
    func wrong(_ message: String) -> TableError {
      TableError(message: "line \(header.line): \(message)")
    }
    if let problem = header.quotingProblem { throw wrong(problem) }
    let names = header.fields.map(Self.text)
    let match = schema.names.match(names)
    if let clash = match.clashes.first { throw wrong("\(clash)") }
    let columns = schema.undivided(match.names).map(schema.column)
    self.columns = columns
    ignoredColumns = zip(names, columns).filter { $1 == .ignored }.map { $0.0.printable }
    let needed = schema.fields.map { TableColumn.field($0.index) } + [.drug]
    let missing =
      schema.lacking(schema.fields) { columns.contains(.field($0.index)) }
      + (columns.contains(.drug) ? [] : [schema.target.name])
    guard missing.isEmpty else {
      // Whoever brings a table of their own before they have described it learns how.
      let another = missing.count * 2 > needed.count
      throw wrong(
        "missing column \(missing.joined(separator: ", ")); the first line must name "
          + needed.map(schema.name).joined(separator: ", ")
          + (another ? "; for a table of others there is 'drugctl describe'" : ""))
    }
  }

  /// The fields that the table has as the two numbers whose ratios they are.
  var ratios: [PatientField] {
    schema.fields.filter { $0.ratio.map { columns.contains(.field($0.divisor.index)) } ?? false }
  }

  /// Reads one row and adds it to `rows` when nothing is wrong with it.
  ///
  /// - Returns: everything that is wrong with it.
  func read(
    _ record: CSVRecord, into rows: inout TableRows, _ numbers: inout TableNumbers
  ) -> [RowProblem] {
    func problem(_ detail: String) -> [RowProblem] {
      [RowProblem(line: record.line, column: nil, detail: detail, allowed: nil, found: nil)]
    }
    if let quoting = record.quotingProblem { return problem(quoting) }
    if let width = record.widthProblem(columns.count, numbers.delimiter) { return problem(width) }
    var cells = [String](repeating: "", count: schema.accepted.count)
    var drug = ""
    var count: String?
    for (column, field) in zip(columns, record.fields) {
      switch column {
      case .field(let index): cells[index] = Self.text(field)
      case .drug: drug = Self.text(field)
      case .count: count = Self.text(field)
      case .ignored: break
      }
    }

    var problems: [RowProblem] = []
    func add(
      _ column: String, _ found: String, _ detail: String, allowed: String, names: [String] = []
    ) {
      problems.append(
        RowProblem(
          line: record.line, column: column, detail: detail, allowed: allowed,
          found: found.isEmpty ? nil : found.printable, names: names))
    }
    var faults: [FieldProblem] = []
    let values = schema.fields.map { field in
      field.number(
        of: { schema.value(ofCell: cells[$0.index], for: $0, &numbers) }, &faults)
    }
    let label = schema.target.checked(
      schema.value(ofCell: drug, for: schema.target, &numbers), &faults)
    for fault in faults {
      let measured = schema.accepted.first { $0.pointer == fault.pointer }
      let (field, cell) = measured.map { ($0, cells[$0.index]) } ?? (schema.target, drug)
      add(
        field.name, cell, numbers.explained(fault, of: cell).detail, allowed: fault.allowed,
        names: field.levels)
    }
    let weight = Self.weight(count, &numbers)
    if weight == nil {
      let allowed = "whole number from 1 to \(TableColumn.maximumCount)"
      add(
        schema.table.count, count ?? "", "\(schema.table.count) must be a \(allowed)",
        allowed: allowed)
    }
    if problems.isEmpty, let weight {
      rows.values += schema.inputs.map { values[$0.index] }
      rows.labels.append(Int(label))
      rows.weights.append(weight)
      rows.sampleCount += weight
    }
    return problems
  }

  /// A cell as text, without the spaces around it; bytes that are not UTF-8 show as U+FFFD.
  static func text(_ field: ArraySlice<UInt8>) -> String {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let first = field.firstIndex(where: { !isSpace($0) }),
      let last = field.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(decoding: field[first...last], as: UTF8.self)
  }

  /// A cell of the column `count` as a weight, 1 without that column, nil when it is wrong.
  private static func weight(_ text: String?, _ numbers: inout TableNumbers) -> Int? {
    guard let text else { return 1 }
    return numbers.number(text, isWhole: true).flatMap(Int.init(exactly:)).flatMap {
      1...TableColumn.maximumCount ~= $0 ? $0 : nil
    }
  }
}

extension String {
  /// The text fit for a terminal: at most 40 characters of it, and none that would control it.
  package var printable: String {
    let shown = unicodeScalars.prefix(40).map { scalar in
      scalar.isVisible ? Character(scalar) : "\u{fffd}"
    }
    return String(shown) + (unicodeScalars.count > 40 ? "…" : "")
  }
}
