import POSIX
import Patients
import RandomForest
import TestSupport
import Testing
@testable import Records

@Suite struct ShadowStoreTests {
  private static let start: Int64 = 1_764_460_800_000_000  // 2025-11-30T00:00:00Z

  private static func record(_ number: Int, hours: Int64 = 0) -> PredictionRecord {
    PredictionRecord(
      id: "p\(number)", time: start + hours * 3_600_000_000, patient: DocumentedPatient.first,
      drug: "DrugY", probability: 0.9, predictionSet: ["DrugY"], modelVersion: "m")
  }

  private static func look(
    _ number: Int, _ drug: String = "DrugY", probability: Double = 0.9, hours: Int64 = 0
  ) -> ShadowLook {
    .answered(
      ShadowAnswer(
        number: Int64(number), id: "p\(number)", drug: drug, probability: probability,
        predictionSet: [drug], needsReview: false),
      kept: record(number, hours: hours), change: 0.25, seconds: (1e-6, 3e-6))
  }

  /// A log of predictions p1, p2, … and a store that has begun before them.
  private func withStore<Result>(
    _ count: Int = 6,
    _ body: (_ store: ShadowStore, _ log: PredictionLog, _ folder: String) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let log = PredictionLog(.init(path: "\(folder)/predictions.sqlite"))
      if count > 0 { try log.append((1...count).map { Self.record($0) }) }
      let store = try ShadowStore(root: folder)
      try store.begin("v", since: "now", behind: .start)
      return try body(store, log, folder)
    }
  }

  @Test func daysAddUpAndARowCountsOnce() throws {
    try withStore { store, log, _ in
      try store.add([Self.look(1), Self.look(2, "drugX", probability: 0.6)])
      try store.add([
        Self.look(2, "drugX", probability: 0.6), Self.look(3, probability: 0.8, hours: 24),
        .leftOut(number: 4, id: "p4", time: Self.start), .passedOver(number: 5, id: "p5"),
      ])
      #expect(try store.place == ShadowPlace(number: 5, id: "p5"))
      let found = try ShadowComparison(store, log: log.settings.path)
      #expect(found.days.map(\.day) == ["2025-11-30", "2025-12-01"])
      #expect(found.days.map(\.answered) == [2, 1] && found.days.map(\.leftOut) == [1, 0])
      let total = found.total
      #expect(total.answered == 3 && total.changed == 1 && total.differing == 2)
      #expect(total.setsChanged == 1 && total.timed == 3 && found.behind == 1)
      #expect(found.changed?.count == 1 && found.changed?.total == 3)
      let mean = try #require(total.meanProbability)
      #expect(abs(mean.champion - 0.9) < 1e-9 && abs(mean.shadow - 2.3 / 3) < 1e-9)
      #expect(try #require(total.meanSeconds).shadow > 2.9e-6 && total.meanChange == 0.25)
      #expect(found.changes.map(\.shadow) == ["drugX"] && found.champions.map(\.answered) == [3])
    }
  }

  @Test func whatTheLogHasForgottenIsToldNoMoreAndGoes() throws {
    try withStore { store, log, folder in
      try store.add(
        (1...6).map { Self.look($0, $0 % 2 == 0 ? "drugX" : "DrugY", probability: 0.5) })
      let path = log.settings.path
      func ids(_ limit: Int = 9, ofDrugsAlone: Bool = true, before: Int64? = nil) throws -> [String]
      {
        try store.disagreements(limit, before: before, ofDrugsAlone: ofDrugsAlone, in: path)
          .found.map(\.kept.id)
      }
      #expect(try ids() == ["p6", "p4", "p2"])
      #expect(try ids(ofDrugsAlone: false) == ["p6", "p5", "p4", "p3", "p2", "p1"])
      let page = try store.disagreements(2, ofDrugsAlone: true, in: path)
      #expect(page.next == 4 && page.found.count == 2)
      #expect(try ids(before: page.next) == ["p2"])
      // The newest is forgotten, and another takes its number.
      #expect(try log.forget("p6") && log.forget("p2"))
      try log.append([Self.record(7)])
      #expect(try ids() == ["p4"])
      let newest = try store.deleteForgotten(after: 0, count: 4) {
        try PredictionLog.identifiers(in: path, of: $0)
      }
      #expect(newest == 4)
      #expect(
        try store.deleteForgotten(after: newest, count: 4) {
          try PredictionLog.identifiers(in: path, of: $0)
        } == 0)
      #expect(try store.newestPlaces(9).map(\.id) == ["p5", "p4", "p3", "p1"])
      // The one that took the number counts as one more.
      try store.add([
        .answered(
          ShadowAnswer(
            number: 6, id: "p7", drug: "DrugY", probability: 0.9, predictionSet: ["DrugY"],
            needsReview: false), kept: Self.record(7), change: 0, seconds: nil)
      ])
      #expect(try ShadowComparison(store, log: path).total.answered == 7)
      _ = folder
    }
  }

  @Test func outcomesJudgeBoth() throws {
    try withStore { store, log, _ in
      try store.add([
        Self.look(1), Self.look(2, "drugX"), Self.look(3, "drugX"), Self.look(4, "drugA"),
      ])
      func tell(_ number: Int, _ drug: String, _ reason: OutcomeRecord.Reason? = nil) throws {
        _ = try log.keep(
          OutcomeRecord(
            predictionID: "p\(number)", time: 7, user: "ann", drug: drug, agreed: drug == "DrugY",
            reason: reason))
      }
      try tell(1, "DrugY")
      try tell(2, "drugX", .guideline)
      try tell(3, "DrugY")
      try tell(4, "drugA", .allergy)
      try tell(5, "DrugY")
      let outcomes = try #require(try ShadowComparison(store, log: log.settings.path).outcomes)
      #expect(outcomes.count == 3 && outcomes.leftOut == 1)
      #expect(outcomes.championRight == 2 && outcomes.shadowRight == 2)
      #expect(outcomes.onlyChampion == 1 && outcomes.onlyShadow == 1)
      // Of three nobody can say a share.
      #expect(outcomes.share(2) == nil)
    }
  }

  @Test func anotherShadowBeginsAnewAndADamagedFileToo() throws {
    try withStore { store, log, folder in
      try store.add([Self.look(1, "drugX")])
      try store.note(failure: "it is damaged")
      try store.begin("v", since: "now", behind: ShadowPlace(number: 9, id: "x"))
      #expect(try store.place.number == 1)
      #expect(try ShadowComparison(store, log: nil).failure == "it is damaged")
      try store.begin("v", since: "later", behind: ShadowPlace(number: 9, id: "x"))
      #expect(try store.place.number == 9)
      #expect(try ShadowComparison(store, log: nil).total.answered == 0)
      #expect(try ShadowStore(reading: folder, of: "v", since: "now") == nil)
      #expect(try ShadowStore(reading: folder, of: "v", since: "later") != nil)
      ShadowStore.remove(root: folder)
      #expect(try ShadowStore(reading: folder, of: "v", since: "later") == nil)
      _ = try write(
        Array("no database at all, but long enough to be looked at".utf8),
        to: "\(folder)/shadow.sqlite")
      #expect(try ShadowStore(root: folder).place == .start)
      _ = log
    }
  }
}
