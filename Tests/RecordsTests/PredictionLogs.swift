import POSIX
import Patients
import TestSupport
@testable import Records

/// Makes a log in a folder of its own.
func withLog<Result>(
  _ change: (inout PredictionLog.Settings) -> Void = { _ in },
  _ body: (_ log: PredictionLog, _ path: String, _ events: LogEvents) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    var settings = PredictionLog.Settings(path: "\(folder)/predictions.sqlite")
    change(&settings)
    let events = LogEvents()
    return try body(PredictionLog(settings, report: events.note), settings.path, events)
  }
}

/// A record whose number stands in its id.
func record(_ id: String, daysAgo: Int = 0) -> PredictionRecord {
  PredictionRecord(
    id: id, time: Int64(time(nil) - daysAgo * 86_400) * 1_000_000,
    patient: DocumentedPatient.first, drug: "DrugY", probability: 0.75,
    predictionSet: ["DrugY", "drugX"], modelVersion: "model")
}

/// Keeps a record as a single request does.
func add(_ record: PredictionRecord, to log: PredictionLog) throws {
  let done = Promise<PredictionLogError?>()
  log.add(record) { done.fulfil($0) }
  log.commit()
  if let failure = done.wait() { throw failure }
}
