import RandomForest

@testable import Patients

/// What comes of reading a table.
struct TableReading: Equatable {
  var error: TableError?
  /// By bits, so that -0 is not 0.
  var values: [UInt64] = []
  var labels: [Int] = []
  var weights: [Int] = []
  var problems: [RowProblem] = []
  var problemCount = 0

  /// Reads bytes that come in pieces of a length.
  init(_ bytes: [UInt8], pieceLength: Int) {
    var builder = TableBuilder(.drug200)
    do throws(TableError) {
      for start in stride(from: 0, to: bytes.count, by: pieceLength) {
        try builder.read(bytes.span.extracting(start..<min(start + pieceLength, bytes.count)))
      }
      try builder.finish()
    } catch {
      self.error = error
    }
    values = builder.rows.values.map(\.bitPattern)
    labels = builder.rows.labels
    weights = builder.rows.weights
    problems = builder.problems
    problemCount = builder.problemCount
  }

  /// What is not as it must be, nil when nothing is.
  func fault(of table: PatientTable) -> String? {
    let dataset = table.dataset
    if dataset.values.map(\.bitPattern) != values { return "other values" }
    if dataset.labels != labels || dataset.weights != weights { return "other labels or weights" }
    if table.invalidRows != problems { return "other problems" }
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
