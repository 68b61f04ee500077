/// What a column of a CSV file means.
enum TableColumn: Hashable {
  case field(PatientField)
  case drug
  case count
  case ignored

  /// The columns that a file must have.
  static let needed = PatientField.allCases.map(TableColumn.field) + [.drug]
  /// The most patients that one row may stand for.
  static let maximumCount = 1_000_000_000
  /// The most patients that all rows may stand for; no forest is trained on more.
  static let maximumTotal = Int(Int32.max)

  /// The name that the header gives the column; empty for one that is ignored.
  var name: String {
    switch self {
    case .field(let field): field.rawValue
    case .drug: "Drug"
    case .count: "count"
    case .ignored: ""
    }
  }

  init(name: String) {
    self = (Self.needed + [.count]).first { $0.name == name } ?? .ignored
  }
}

/// Where the columns of a CSV file stand, and how its rows are read one by one, with all that is
/// wrong with them.
struct TableLayout {
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

  init(_ header: CSVRecord) throws(TableError) {
    try Self.checkWidth(of: header)
    func wrong(_ message: String) -> TableError {
      TableError(message: "line \(header.line): \(message)")
    }
    if let problem = header.quotingProblem { throw wrong(problem) }
    let names = header.fields.map(Self.text)
    columns = names.map(TableColumn.init)
    ignoredColumns = zip(names, columns).filter { $1 == .ignored }.map { $0.0.printable }
    let needed = TableColumn.needed
    let missing = needed.filter { !columns.contains($0) }.map(\.name)
    guard missing.isEmpty else {
      throw wrong(
        "missing column \(missing.joined(separator: ", ")); the first line must name "
          + needed.map(\.name).joined(separator: ", "))
    }
    for column in needed + [.count] where columns.count(where: { $0 == column }) > 1 {
      throw wrong("column \(column.name) stands twice")
    }
  }

  /// Reads one row and adds it to `rows` when nothing is wrong with it.
  ///
  /// - Returns: everything that is wrong with it.
  func read(_ record: CSVRecord, into rows: inout TableRows) -> [RowProblem] {
    func problem(_ detail: String) -> [RowProblem] {
      [RowProblem(line: record.line, column: nil, detail: detail, allowed: nil, found: nil)]
    }
    if let quoting = record.quotingProblem { return problem(quoting) }
    guard record.fields.count == columns.count else {
      return problem("\(record.fields.count) fields instead of \(columns.count)")
    }
    var cells: [TableColumn: String] = [:]
    for (column, field) in zip(columns, record.fields) where column != .ignored {
      cells[column] = Self.text(field)
    }

    var problems: [RowProblem] = []
    func add(_ column: TableColumn, _ detail: String, allowed: String) {
      let found = cells[column].flatMap { $0.isEmpty ? nil : $0.printable }
      problems.append(
        RowProblem(
          line: record.line, column: column.name, detail: detail, allowed: allowed, found: found))
    }
    var patient: Patient?
    do throws(PatientError) {
      patient = try Patient { field in Self.value(cells[.field(field)] ?? "", for: field) }
    } catch {
      for wrong in error.problems {
        add(
          TableColumn(name: String(wrong.pointer.dropFirst())), wrong.detail, allowed: wrong.allowed
        )
      }
    }
    let drug = cells[.drug] ?? ""
    let label = Drug.allCases.firstIndex { $0.rawValue == drug }
    if label == nil {
      let allowed = Drug.names.joined(separator: ", ")
      let detail = drug.isEmpty ? "is missing" : "must be one of \(allowed)"
      add(.drug, "Drug \(detail)", allowed: allowed)
    }
    let weight = Self.weight(cells[.count])
    if weight == nil {
      let allowed = "whole number from 1 to \(TableColumn.maximumCount)"
      add(.count, "count must be a \(allowed)", allowed: allowed)
    }
    if problems.isEmpty, let patient, let label, let weight {
      rows.values += PatientField.inputs.map { patient[$0] }
      rows.labels.append(label)
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

  /// A cell as the value of a field: a number where one is expected and can be read.
  static func value(_ text: String, for field: PatientField) -> FieldValue? {
    if text.isEmpty { return nil }
    if case .category = field.domain { return .text(text) }
    return number(text).map(FieldValue.number) ?? .text(text)
  }

  /// A cell of the column `count` as a weight, 1 without that column, nil when it is wrong.
  private static func weight(_ text: String?) -> Int? {
    guard let text else { return 1 }
    return number(text).flatMap(Int.init(exactly:)).flatMap {
      1...TableColumn.maximumCount ~= $0 ? $0 : nil
    }
  }

  private static func number(_ text: String) -> Double? {
    // Swift also reads hexadecimal, infinities and NaN, which no table means.
    text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) } ? Double(text) : nil
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
