public import Patients
import RandomForest

/// What the new model says otherwise than the one served before.
public struct ChangedPredictions: Encodable, Sendable {
  /// One patient of the documentation.
  public struct Documented: Encodable, Sendable {
    /// The patient, under the names of the fields.
    public let patient: Patient
    /// The drug that the served model recommends.
    public let before: String
    /// The drug that the new model recommends.
    public let after: String
  }

  /// One row of the table.
  public struct TableRow: Encodable, Sendable {
    /// The row below the header, from 1; rows that were left out do not count.
    public let row: Int
    /// The patient, under the names of the fields.
    public let patient: Patient
    /// The drug that the table names.
    public let actual: String
    /// The drug that the served model recommends.
    public let before: String
    /// The drug that the new model recommends.
    public let after: String
  }

  /// No more rows than this are named.
  public static let maximumRowCount = 100

  /// The documented patients whose drug changes.
  public let documented: [Documented]
  /// The rows of the file whose drug changes, at most `maximumRowCount`.
  public let rows: [TableRow]
  /// How many rows change.
  public let rowCount: Int
  /// For how many of them the new model alone recommends the drug that the table names.
  public let becomeRight: Int
  /// For how many of them the served model alone does.
  public let becomeWrong: Int

  /// Nothing changes where nothing was served.
  static let none = ChangedPredictions(
    documented: [], rows: [], rowCount: 0, becomeRight: 0, becomeWrong: 0)
}

extension ChangedPredictions {
  /// Asks two models about a table; nil when it is of other measurements or drugs than one of them.
  ///
  /// - Throws: `ForestFileError` when a forest is damaged.
  public init?(before: DrugModel, after: DrugModel, in table: PatientTable) throws {
    let dataset = table.dataset
    for model in [before, after] {
      guard model.forest.schema.inputs.map(\.feature) == dataset.features,
        model.drugs == dataset.classes
      else { return nil }
    }
    try self.init(before: before.forest, after: after.forest, in: table, threadCount: 1)
  }

  /// Asks both models.
  ///
  /// - Throws: `ForestFileError` when a forest is damaged.
  init(before: Forest, after: Forest, in table: PatientTable, threadCount: Int) throws {
    let classes = table.dataset.classes
    documented = try table.schema.documented.map(\.patient).compactMap { patient in
      let sample = patient.sample
      let drugs = try [before, after].map { classes[try $0.predict(sample).label] }
      guard drugs[0] != drugs[1] else { return nil }
      return Documented(
        patient: patient, before: drugs[0], after: drugs[1])
    }
    // The outcomes of the log stand behind the file's rows, and are nobody's to list here.
    let dataset = table.dataset
    let count = dataset.rowCount - table.outcomeCount
    let values = Array(dataset.values[..<(count * dataset.featureCount)])
    let labels = try [before, after].map { forest in
      let all = try forest.probabilities(of: values, threadCount: threadCount)
      return (0..<count).map { row in
        all[row * classes.count..<(row + 1) * classes.count].indexOfLargest
      }
    }
    let changed = (0..<count).filter { labels[0][$0] != labels[1][$0] }
    rowCount = changed.count
    becomeRight = changed.count { labels[1][$0] == dataset.labels[$0] }
    becomeWrong = changed.count { labels[0][$0] == dataset.labels[$0] }
    rows = changed.prefix(Self.maximumRowCount).map { row in
      TableRow(
        row: row + 1, patient: Patient(of: table.schema, sample: dataset.row(row)),
        actual: classes[dataset.labels[row]], before: classes[labels[0][row]],
        after: classes[labels[1][row]])
    }
  }
}
