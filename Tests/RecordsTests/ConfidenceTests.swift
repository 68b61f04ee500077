import GRDB
import Patients
import TestSupport
import Testing

@testable import Records

@Suite struct ConfidenceTests {
  private func record(
    _ id: String, _ probability: Double, _ version: String = "m1", by requester: String? = nil
  ) -> PredictionRecord {
    PredictionRecord(
      id: id, time: 1_000_000, patient: DocumentedPatient.first, drug: "DrugY",
      probability: probability, predictionSet: ["DrugY"], modelVersion: version,
      requestedBy: requester)
  }

  @Test func theNewestAreReadWithTheirVersionsTheOldestFirst() throws {
    try withLog { log, path, _ in
      try log.append([
        record("a", 0.5), record("t-1", 0.1), record("t-2", 0.7, by: "ward"),
        record("b", 0.6, "m2"),
        record("c", 1),
      ])
      func read(
        after number: Int64 = 0, count: Int = 10, newest: Int64 = 100, of version: String? = nil,
        tables: Bool = false
      ) throws -> [Double] {
        let found = try PredictionLog.confidences(
          in: path, after: number, count: count, newest: newest, of: version, includesTables: tables
        )
        #expect(found.newest == 5)
        return found.confidences.map(\.probability)
      }
      // Rows of tables count where somebody's name stands behind them.
      #expect(try read() == [0.5, 0.7, 0.6, 1])
      #expect(try read(tables: true) == [0.5, 0.1, 0.7, 0.6, 1])
      #expect(try read(after: 3) == [0.6, 1])
      // A log that has begun anew is read from its beginning.
      #expect(try read(after: 99) == [0.5, 0.7, 0.6, 1])
      #expect(try read(count: 2) == [0.6, 1])
      #expect(try read(newest: 2) == [0.6, 1])
      #expect(try read(newest: .max, of: "m1") == [0.5, 0.7, 1])
      // A row without a mark of review, as earlier versions wrote them, counts; no share does not.
      try DatabaseQueue(path: path).write {
        try $0.execute(
          sql: """
            UPDATE prediction SET needs_review = NULL WHERE number = 1;
            UPDATE prediction SET probability = 7 WHERE number = 5;
            """)
      }
      #expect(try read() == [0.5, 0.7, 0.6])
    }
  }

  @Test func outcomesAreToldInSteps() throws {
    try withLog { log, path, _ in
      try log.append((1...7).map { record("p\($0)", 0.5) })
      func told(_ step: Int, _ numbers: [Int64] = Array(1...7)) throws -> [Int64: Bool] {
        try PredictionLog.agreements(in: path, of: numbers, step: step)
      }
      #expect(try told(1).isEmpty)
      // The last that was told is of the first prediction.
      for (time, number) in [5, 4, 3, 2, 1].enumerated() {
        try DatabaseQueue(path: path).write {
          try $0.execute(
            sql: "INSERT INTO outcome VALUES (?, ?, 'ann', 'drugX', ?, NULL)",
            arguments: [number, time, number % 2])
        }
      }
      #expect(try told(1) == [5: true, 4: false, 3: true, 2: false, 1: true])
      #expect(try told(1, [1, 7]) == [1: true])
      #expect(try told(2) == [5: true, 4: false, 3: true, 2: false])
      #expect(try told(5).count == 5 && told(6).isEmpty)
      #expect(try told(1, []).isEmpty)
    }
  }
}
