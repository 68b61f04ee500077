import GRDB
public import Patients

/// The patients of a prediction log whose drug is known, as training takes them.
public struct ConfirmedOutcomes: Sendable {
  /// The patients and the drugs that they were given, in the order of their predictions.
  public let patients: [LabelledPatient]
  /// How many were left out, because something that no field measures decided (an allergy, say).
  public let leftOut: Int

  /// Reads a log that others may be writing.
  ///
  /// - Throws: `PredictionLogError` when the file is missing or no log.
  public init(log path: String) throws(PredictionLogError) {
    try PredictionLog.requireFile(path)
    var patients: [LabelledPatient] = []
    var leftOut = 0
    try PredictionLog.read(path) { database in
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT prediction.*, outcome.drug AS given, outcome.reason
          FROM outcome JOIN prediction USING (number)
          ORDER BY number
          """)
      while let row = try rows.next() {
        let reason = (row["reason"] as String?).flatMap(OutcomeRecord.Reason.init)
        guard reason?.isBeyondMeasurements != true, let drug = Drug(rawValue: row["given"])
        else {
          leftOut += 1
          continue
        }
        patients.append(LabelledPatient(try PredictionRecord(row: row).patient, drug))
      }
    }
    self.patients = patients
    self.leftOut = leftOut
  }
}
