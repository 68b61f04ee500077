public import Patients
import RandomForest

/// What a model recommends otherwise than the table says, of the patients that it had not seen.
public struct HeldOutMisses: Encodable, Sendable {
  /// One of them.
  public struct Miss: Encodable, Sendable {
    /// The patient, under the names of the fields.
    public let patient: Patient
    /// The drug that the table names.
    public let actual: String
    /// The drug that the model recommends.
    public let recommended: String
    /// The probability of the drug that it recommends.
    public let probability: Double
    /// The probability of the drug that the table names.
    public let actualProbability: Double
    /// The drugs that it cannot rule out, the likeliest first.
    public let predictionSet: [String]
  }

  /// No more than this are told.
  public static let maximumCount = 200

  /// The held-out patients.
  public let samples: Int
  /// How many the model is wrong about.
  public let count: Int
  /// They themselves, those first of which it was surest, at most `maximumCount`.
  public let misses: [Miss]
}

extension DrugModel {
  /// Asks about the patients that were held out when it was trained on a table.
  ///
  /// - Throws: `SamplingError` and `ForestFileError` when the model or the table is another than that.
  public func misses(in table: PatientTable) throws -> HeldOutMisses {
    let rows = try card.heldOut(of: table.dataset)
    var count = 0
    var found: [HeldOutMisses.Miss] = []
    for row in 0..<rows.rowCount {
      let patient = Patient(of: table.schema, sample: rows.row(row))
      let answer = try recommend(for: patient)
      let actual = rows.classes[rows.labels[row]]
      guard answer.drug != actual else { continue }
      count += rows.weights[row]
      found.append(
        HeldOutMisses.Miss(
          patient: patient, actual: actual, recommended: answer.drug,
          probability: answer.probability,
          actualProbability: drugs.firstIndex(of: actual).map { answer.probabilities[$0] } ?? 0,
          predictionSet: answer.predictionSet))
    }
    found.sort { $0.probability > $1.probability }
    return HeldOutMisses(
      samples: rows.sampleCount, count: count,
      misses: Array(found.prefix(HeldOutMisses.maximumCount)))
  }
}

extension DatasetStore {
  /// The table that a file of a digest holds, read as a model knows patients; nil when none of the present
  /// ones does.
  ///
  /// - Throws: `TableError` when it cannot be read.
  public func table(ofDigest digest: String, schema: PatientSchema) throws -> PatientTable? {
    for entry in entries where digest.hasPrefix(entry.digest) {
      let table = try PatientTable(path: path(of: entry.name), schema: schema, skipInvalid: true)
      if table.digest == digest { return table }
    }
    return nil
  }
}
