public import Patients

/// What stands behind each row of a table of patients, in the answers of POST /predict/batch and of
/// `drugctl predict`.
public enum TableAnswer {
  private static let names = [
    "prediction", "probability", "prediction_set", "needs_review", "warnings", "error", "id",
  ]

  /// The names of the columns behind those of a table. One that is taken there, whatever its case, has
  /// `answer_` before it, as often as it takes: tables are read by the names of their columns.
  public static func columns(behind header: [String]) -> [String] {
    let taken = Set(header.map { $0.lowercased() })
    return names.map { column in
      var name = column
      while taken.contains(name) { name = "answer_\(name)" }
      return name
    }
  }

  /// The fields behind a patient who is right.
  ///
  /// - Parameter id: what the prediction log keeps it under; empty where nothing is kept.
  public static func fields(_ recommendation: DrugModel.Recommendation, id: String) -> [String] {
    [
      recommendation.drug, "\(recommendation.probability)",
      recommendation.predictionSet.inOneCell, "\(recommendation.needsReview)",
      recommendation.warnings.map(\.detail).remarksInOneCell, "", id,
    ]
  }

  /// The fields behind a row that is wrong.
  public static func fields(wrong row: PatientReader.Row) -> [String] {
    refusing("line \(row.line): \(row.problems.map(\.detail).joined(separator: "; "))")
  }

  /// The fields of the last row of a table that could not be read to its end.
  public static func fields(unreadable error: TableError) -> [String] {
    refusing("the rest: \(error.message)")
  }

  private static func refusing(_ words: String) -> [String] { ["", "", "", "", "", words, ""] }

  /// Appends a row: as many of the table's fields as its header has, then the answer's.
  public static func append(
    _ given: [String], _ columnCount: Int, _ answer: [String], to line: inout [UInt8]
  ) {
    let fields = (0..<columnCount).map { $0 < given.count ? given[$0] : "" }
    CSVWriter.append(fields + answer, to: &line)
  }
}
