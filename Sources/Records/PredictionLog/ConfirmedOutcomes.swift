import GRDB
public import Patients

/// The patients of a prediction log whose drug is known, as training takes them.
public struct ConfirmedOutcomes: Sendable {
  /// The patients and the drugs that they were given, in the order of their predictions.
  public let patients: [LabelledPatient]
  /// How many were left out, because something that no field measures decided (an allergy, say).
  public let leftOut: Int
  /// How many were left out, because other fields were measured, or the drug is none of the table's.
  public let foreign: Int

  /// So many are in memory at a time.
  private static let pieceCount = 5000

  /// Reads a log that others may be writing.
  ///
  /// - Parameters:
  ///   - path: the database file.
  ///   - schema: what is measured of the patients who are looked for.
  /// - Throws: `PredictionLogError` when the file is missing or no log.
  public init(log path: String, of schema: PatientSchema) throws(PredictionLogError) {
    try LogPlace(path).requireFile()
    var patients: [LabelledPatient] = []
    var leftOut = 0
    var foreign = 0
    try PredictionLog.read(path) { log in
      let descriptions = try LogDescriptions(log)
      var last: Int64 = 0
      while true {
        let rows = try log.rows(
          """
          SELECT prediction.*, outcome.drug AS given, outcome.reason AS reason
          FROM outcome JOIN prediction ON prediction.number = outcome.number
          WHERE outcome.number > ?1 ORDER BY outcome.number LIMIT ?2
          """, last, Self.pieceCount)
        for row in rows {
          last = row["number"]
          let reason = (row["reason"] as String?).flatMap(OutcomeRecord.Reason.init)
          guard reason?.isBeyondMeasurements != true else {
            leftOut += 1
            continue
          }
          guard let patient = schema.adopt(try PredictionRecord(row: row, descriptions).patient),
            let label = schema.drugs.firstIndex(of: row["given"])
          else {
            foreign += 1
            continue
          }
          patients.append(LabelledPatient(patient, label))
        }
        if rows.count < Self.pieceCount { break }
      }
    }
    self.patients = patients
    self.leftOut = leftOut
    self.foreign = foreign
  }
}
