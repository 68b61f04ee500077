import Patients
import RandomForest
import TestSupport
import Testing
@testable import Records

@Suite struct ConfirmedOutcomesTests {
  private typealias Told = (drug: String, reason: OutcomeRecord.Reason?)

  /// A log of one prediction a told outcome and one without.
  private func withLog<Result>(
    _ told: [Told], _ body: (_ path: String) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      let log = PredictionLog(PredictionLog.Settings(path: path))
      try log.append(
        (0...told.count).map { index in
          PredictionRecord(
            id: "p\(index)", time: Int64(index), patient: DocumentedPatient.first, drug: "DrugY",
            probability: 0.9, predictionSet: ["DrugY"], modelVersion: "m1")
        })
      for (index, outcome) in told.enumerated() {
        _ = try log.keep(
          OutcomeRecord(
            predictionID: "p\(index)", time: 9, user: "admin", drug: outcome.drug,
            agreed: outcome.drug == "DrugY", reason: outcome.reason))
      }
      return try body(path)
    }
  }

  @Test func whatWasGivenIsTrainedOnUnlessSomethingUnmeasuredDecided() throws {
    let told: [Told] = [
      ("DrugY", nil), ("drugA", .guideline), ("drugB", .other), ("drugC", .allergy),
      ("drugC", .contraindication), ("drugC", .interaction), ("drugC", .patientChoice),
    ]
    try withLog(told) { path in
      let outcomes = try ConfirmedOutcomes(log: path, of: .drug200)
      #expect(outcomes.patients.map(\.drug) == ["DrugY", "drugA", "drugB"])
      #expect(outcomes.patients.allSatisfy { $0.patient == DocumentedPatient.first })
      #expect(outcomes.leftOut == 4)
      let plain = try drug200()
      var table = plain
      table.append(outcomes.patients)
      #expect(table.outcomeCount == 3 && table.includesOutcomes)
      #expect(table.dataset.sampleCount == 203)
      #expect(table.dataset.classCounts[0] == plain.dataset.classCounts[0] + 1)
      #expect(table.digest != plain.digest && table.digest.count == 64)
      var other = plain
      other.append(
        try withLog([("DrugY", nil)]) { try ConfirmedOutcomes(log: $0, of: .drug200).patients })
      #expect(other.digest != table.digest)
      // A forest on both learns what the log tells: rows count as any other.
      let row = PatientSchema.drug200.inputs.map { DocumentedPatient.first[$0] }
      #expect(Array(table.dataset.row(202)) == row)
    }
  }

  @Test func aLogWithoutOutcomesChangesNothing() throws {
    try withLog([]) { path in
      var table = try drug200()
      table.append(try ConfirmedOutcomes(log: path, of: .drug200).patients)
      #expect(try table.digest == drug200().digest && table.outcomeCount == 0)
      #expect(table.includesOutcomes)
    }
    #expect(throws: PredictionLogError.self) {
      try ConfirmedOutcomes(log: "/nowhere/log", of: .drug200)
    }
  }
}
