import RandomForest

@testable import Patients

/// What comes of reading a table.
struct TableReading: Equatable {
  var error: TableError?
  /// By bits, so that -0 is not 0.
  var values: [UInt64] = []
  var labels: [Int] = []
  var weights: [Int] = []
  var problems: TableProblems?
  var dialect: TableDialect?
  /// What the reader of unlabelled patients makes of it, a text for each row, and how it ends.
  var answers: [String] = []

  /// Reads bytes that come in pieces of a length.
  init(_ bytes: [UInt8], pieceLength: Int) {
    let pieces = stride(from: 0, to: bytes.count, by: pieceLength).map {
      $0..<min($0 + pieceLength, bytes.count)
    }
    answers = Self.answers(bytes, pieces)
    var builder = TableBuilder(.drug200)
    do throws(TableError) {
      for piece in pieces { try builder.read(bytes.span.extracting(piece)) }
      try builder.finish()
    } catch {
      self.error = error
    }
    values = builder.rows.values.map(\.bitPattern)
    labels = builder.rows.labels
    weights = builder.rows.weights
    problems = builder.problems
    dialect = builder.dialect
  }

  private static func answers(_ bytes: [UInt8], _ pieces: [Range<Int>]) -> [String] {
    var reader = PatientReader(of: .drug200)
    var answers: [String] = []
    let keep = { (row: PatientReader.Row, _: [String]) in
      answers.append(
        "\(row.line) \(row.fields) \(row.patient.map { "\($0)" } ?? "\(row.problems)")")
    }
    do {
      for piece in pieces { try reader.read(bytes.span.extracting(piece), keep) }
      try reader.finish(keep)
      answers.append("\(reader.dialect)")
    } catch {
      answers.append("\(error)")
    }
    return answers
  }

  /// What is not as it must be, nil when nothing is.
  func fault(of table: PatientTable) -> String? {
    let dataset = table.dataset
    if dataset.values.map(\.bitPattern) != values { return "other values" }
    if dataset.labels != labels || dataset.weights != weights { return "other labels or weights" }
    if table.problems != problems { return "other problems" }
    if table.dialect != dialect { return "another dialect" }
    if dataset.rowCount == 0 { return "a table without rows" }
    for row in 0..<dataset.rowCount {
      let patient = zip(PatientSchema.drug200.inputs, dataset.row(row))
      for (field, value) in patient where !field.accepts(value) { return "\(field) of \(value)" }
    }
    return nil
  }
}

extension PatientField {
  /// Whether a value is one that the field's domain has.
  fileprivate func accepts(_ value: Double) -> Bool {
    switch domain {
    case .number(let limits):
      limits.isWhole
        ? Int(exactly: value).map { 0...120 ~= $0 } ?? false : value > 0 && value <= 100
    case .category(let names): Int(exactly: value).map(names.indices.contains) ?? false
    }
  }
}
