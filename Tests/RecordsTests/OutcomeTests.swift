import POSIX
import Patients
import Records
import TestSupport
import Testing

@Suite struct OutcomeTests {
  private func withLog<Result>(
    _ kind: LogKind, days: Int? = nil, _ body: (_ log: PredictionLog) throws -> Result
  ) throws -> Result {
    try kind.withPlace { place throws in
      var settings = PredictionLog.Settings(path: place)
      settings.retentionDays = days
      let log = PredictionLog(settings)
      try log.append(
        (1...5).map { number in
          PredictionRecord(
            id: "p\(number)", time: Int64(number), patient: DocumentedPatient.first, drug: "DrugY",
            probability: 0.9, predictionSet: ["DrugY"], modelVersion: "m")
        })
      return try body(log)
    }
  }

  private static func outcome(
    _ id: String, _ drug: String, _ reason: OutcomeRecord.Reason? = nil, user: String = "admin"
  ) -> OutcomeRecord {
    OutcomeRecord(
      predictionID: id, time: 7, user: user, drug: drug, agreed: drug == "DrugY",
      reason: reason)
  }

  @Test(arguments: LogKind.all) func anOutcomeIsKeptOnce(_ kind: LogKind) throws {
    try withLog(kind) { log throws in
      let given = Self.outcome("p2", "drugX", .allergy)
      #expect(try log.keep(given) == .kept(given))
      #expect(
        try log.keep(Self.outcome("p2", "drugX", .allergy, user: "other"))
          == .alreadyKept(given))
      #expect(try log.keep(Self.outcome("p2", "drugA", .allergy)) == .contradicts(given))
      #expect(try log.keep(Self.outcome("p2", "drugX", .other)) == .contradicts(given))
      #expect(try log.keep(Self.outcome("p9", "drugX", .allergy)) == .unknownPrediction)
      #expect(try log.entry("p2")?.outcome == given)
      let entry = try #require(try log.entry("p1"))
      #expect(entry.outcome == nil && entry.record.id == "p1")
      #expect(try log.entry("p9") == nil)
    }
  }

  @Test(arguments: LogKind.all) func predictionsComeInPagesWithTheirOutcomes(_ kind: LogKind) throws
  {
    try withLog(kind) { log throws in
      let given = Self.outcome("p4", "DrugY")
      _ = try log.keep(given)
      let first = try log.entries(3)
      #expect(first.map(\.record.id) == ["p5", "p4", "p3"])
      #expect(first.map(\.outcome) == [nil, given, nil])
      let second = try log.entries(3, before: first.last!.number)
      #expect(second.map(\.record.id) == ["p2", "p1"])
      #expect(try log.entries(3, before: second.last!.number).isEmpty)
    }
  }

  @Test func anOutcomeGoesWithItsPrediction() throws {
    try withLog(.file, days: 1) { log throws in
      _ = try log.keep(Self.outcome("p4", "DrugY"))
      // All but one are from 1970.
      try log.append([
        PredictionRecord(
          id: "new", time: Moment.now.microseconds, patient: DocumentedPatient.first,
          drug: "DrugY", probability: 0.9, predictionSet: ["DrugY"], modelVersion: "m")
      ])
      #expect(try log.entries(10).count == 6)
      log.maintain()
      #expect(try log.entries(10).map(\.record.id) == ["new"])
      try log.append([
        PredictionRecord(
          id: "p4", time: 8, patient: DocumentedPatient.first, drug: "DrugY", probability: 0.9,
          predictionSet: ["DrugY"], modelVersion: "m")
      ])
      #expect(try log.entry("p4")?.outcome == nil)
    }
  }

  @Test(arguments: LogKind.all) func outcomesAndPredictionsAreWrittenBesideEachOther(
    _ kind: LogKind
  ) throws {
    try withLog(kind) { log throws in
      let telling = Background {
        for number in 1...5 { _ = try log.keep(Self.outcome("p\(number)", "DrugY")) }
      }
      for number in 0..<200 {
        try log.append([
          PredictionRecord(
            id: "q\(number)", time: 9, patient: DocumentedPatient.first, drug: "DrugY",
            probability: 0.9, predictionSet: ["DrugY"], modelVersion: "m")
        ])
      }
      try telling.value()
      let entries = try log.entries(1000)
      #expect(entries.count == 205)
      #expect(entries.count { $0.outcome != nil } == 5)
    }
  }
}
