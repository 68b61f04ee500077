import FoundationEssentials
import GRDB
import POSIX
import Patients
import Synchronization
import TestSupport
import Testing
@testable import Records

@Suite struct PredictionLogTests {
  @Test func whatIsAppendedIsReadBackTheNewestFirst() throws {
    try withLog { log, path, events in
      try log.append([record("a")])
      try log.append([record("b"), record("c")])
      #expect(try PredictionLog.newest(10, in: path).map(\.id) == ["c", "b", "a"])
      #expect(try PredictionLog.newest(2, in: path).map(\.id) == ["c", "b"])
      let found = try PredictionLog.newest(10, in: path, id: "b")
      #expect(found == [record("b")] || found.map(\.id) == ["b"])
      #expect(found.first?.patient == DocumentedPatient.first)
      #expect(found.first?.predictionSet == ["DrugY", "drugX"])
      #expect(log.failure == nil && events.names.isEmpty)
    }
  }

  @Test func aSecondRecordOfAnIdentifierIsPassedOver() throws {
    try withLog { log, path, _ in
      try log.append([record("a")])
      try log.append([record("a"), record("b"), record("b")])
      #expect(try PredictionLog.newest(10, in: path).map(\.id) == ["b", "a"])
    }
  }

  /// Who hears of an event may ask the log: nothing that predictions wait for is held meanwhile.
  @Test(.timeLimit(.minutes(1))) func whoeverHearsOfAnEventMayAskTheLog() throws {
    try withTemporaryFolder { folder in
      let log = Mutex<PredictionLog?>(nil)
      let heard = Mutex<[PredictionLogError.Code?]>([])
      let path = "\(folder)/log/predictions.sqlite"
      let own = PredictionLog(PredictionLog.Settings(path: path)) { event in
        guard let log = log.withLock({ $0 }) else { return }
        switch event {
        case .failed, .recovered:
          let failure = log.failure
          heard.withLock { $0.append(failure?.code) }
        default: break
        }
      }
      log.withLock { $0 = own }
      #expect(own.failure != nil)
      try DurableFile.makeFolders("\(folder)/log")
      // A file that could not be opened is not asked for again at once.
      while (try? own.append([record("a")])) == nil { usleep(20_000) }
      #expect(heard.withLock { $0 } == [nil])
      log.withLock { $0 = nil }
    }
  }

  @Test func aRequestThatComesAgainAfterARestartIsPassedOver() throws {
    try withLog { log, path, _ in
      for number in 0..<20 { try add(record("\(number)"), to: log) }
      let next = PredictionLog(PredictionLog.Settings(path: path))
      try add(record("19"), to: next)
      try add(record("new"), to: next)
      // The first process has died in the tests that need it; here it goes on, and hears of both.
      try add(record("new"), to: log)
      #expect(try PredictionLog.newest(100, in: path).map(\.id).count == 21)
    }
  }

  @Test func aLongTableThatComesAgainIsPassedOver() throws {
    try withLog { log, path, _ in
      let count = 2 * RecentIdentifiers.capacity
      let table = (0..<count).map { record("table-\($0)") }
      try log.append(Array(table[..<(count - 100)]))
      try PredictionLog(PredictionLog.Settings(path: path)).append(table)
      let kept = try PredictionLog.newest(2 * count, in: path).map(\.id)
      #expect(kept.count == count && Set(kept).count == count)
    }
  }

  @Test func aRecordIsFoundBeforeAndAfterItIsIndexed() throws {
    try withLog({ $0.retentionDays = 30 }) { log, path, _ in
      func indexed() throws -> Int {
        try DatabaseQueue(path: path).read {
          try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM prediction_id")!
        }
      }
      func expectFound(_ identifiers: [String]) throws {
        for id in identifiers {
          #expect(try PredictionLog.newest(1, in: path, id: id).map(\.id) == [id])
          #expect(try log.entry(id)?.record.id == id)
        }
        #expect(try PredictionLog.newest(1, in: path, id: "other").isEmpty)
        #expect(try log.entry("other") == nil)
      }
      for number in 0..<300 { try add(record("\(number)"), to: log) }
      #expect(try indexed() == 0)
      try expectFound(["0", "150", "299"])
      log.maintain()
      #expect(try indexed() == 300)
      try add(record("later"), to: log)
      try expectFound(["0", "150", "299", "later"])
      // What is deleted is no longer in the index either.
      try DatabaseQueue(path: path).write {
        try $0.execute(sql: "UPDATE prediction SET time = 0 WHERE number <= 100")
      }
      // A log that has not looked yet does so at once.
      var settings = PredictionLog.Settings(path: path)
      settings.retentionDays = 30
      PredictionLog(settings).maintain()
      #expect(try indexed() == 201)
      try expectFound(["150", "299", "later"])
      #expect(try log.entry("0") == nil)
    }
  }

  @Test func aLogOfAnEarlierVersionIsBroughtUpToDate() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      // As version 1 had it, when the identifier was the table's own index.
      try DatabaseQueue(path: path).write {
        try $0.execute(
          sql: """
            CREATE TABLE prediction (
              number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL,
              age INTEGER NOT NULL, sex TEXT NOT NULL, bp TEXT NOT NULL, cholesterol TEXT NOT NULL,
              na_to_k REAL NOT NULL, drug TEXT NOT NULL, probability REAL NOT NULL,
              prediction_set TEXT NOT NULL, model_version TEXT NOT NULL) STRICT;
            CREATE TABLE outcome (
              prediction_id TEXT NOT NULL UNIQUE REFERENCES prediction(id) ON DELETE CASCADE,
              time INTEGER NOT NULL, user TEXT NOT NULL, drug TEXT NOT NULL,
              agreed INTEGER NOT NULL, reason TEXT) STRICT;
            INSERT INTO prediction VALUES
              (3, 'a', 5, 45, 'M', 'HIGH', 'NORMAL', 15.5, 'DrugY', 0.9, 'DrugY', 'm'),
              (7, 'b', 6, 52, 'F', 'HIGH', 'NORMAL', 18.3, 'DrugY', 0.8, 'DrugY drugX', 'm');
            INSERT INTO outcome VALUES ('b', 9, 'admin', 'drugX', 0, 'allergy');
            PRAGMA user_version = 1;
            """)
      }
      let log = PredictionLog(PredictionLog.Settings(path: path))
      try log.append([record("a"), record("c")])
      let entries = try log.entries(10)
      #expect(entries.map(\.record.id) == ["c", "b", "a"])
      #expect(entries.map(\.number) == [8, 7, 3])
      #expect(entries[1].outcome?.reason == .allergy && entries[1].outcome?.predictionID == "b")
      #expect(entries[0].outcome == nil && entries[2].outcome == nil)
      #expect(try ConfirmedOutcomes(log: path, of: .drug200).leftOut == 1)
    }
  }

  @Test func whoAskedIsKeptAlsoInALogThatDidNotTellIt() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      // As version 2 had it.
      try DatabaseQueue(path: path).write {
        try $0.execute(
          sql: """
            CREATE TABLE prediction (
              number INTEGER PRIMARY KEY, id TEXT NOT NULL, time INTEGER NOT NULL,
              age INTEGER NOT NULL, sex TEXT NOT NULL, bp TEXT NOT NULL, cholesterol TEXT NOT NULL,
              na_to_k REAL NOT NULL, drug TEXT NOT NULL, probability REAL NOT NULL,
              prediction_set TEXT NOT NULL, model_version TEXT NOT NULL) STRICT;
            CREATE TABLE prediction_id (
              id TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE indexed (last INTEGER NOT NULL) STRICT;
            INSERT INTO indexed VALUES (1);
            CREATE TABLE outcome (
              number INTEGER PRIMARY KEY REFERENCES prediction(number) ON DELETE CASCADE,
              time INTEGER NOT NULL, user TEXT NOT NULL, drug TEXT NOT NULL,
              agreed INTEGER NOT NULL, reason TEXT) STRICT;
            CREATE TRIGGER prediction_deleted AFTER DELETE ON prediction BEGIN
              DELETE FROM prediction_id WHERE id = OLD.id;
            END;
            INSERT INTO prediction VALUES
              (1, 'a', \(Moment.now.microseconds), 45, 'M', 'HIGH', 'NORMAL', 15.5, 'DrugY', 0.9,
               'DrugY drugX', 'm');
            INSERT INTO prediction_id VALUES ('a', 1);
            INSERT INTO outcome VALUES (1, 9, 'admin', 'DrugY', 1, NULL);
            PRAGMA user_version = 2
            """)
      }
      let later = PredictionLog(PredictionLog.Settings(path: path))
      var asked = record("b")
      asked.requestedBy = "key:ward-3"
      try later.append([asked, record("c")])
      let kept = try PredictionLog.newest(3, in: path)
      #expect(kept.map(\.requestedBy) == [nil, "key:ward-3", nil])
      #expect(kept.map(\.id) == ["c", "b", "a"])
      #expect(kept[2].patient == DocumentedPatient.first)
      #expect(kept[2].predictionSet == ["DrugY", "drugX"])
      let outcomes = try ConfirmedOutcomes(log: path, of: .drug200)
      #expect(outcomes.patients == [LabelledPatient(DocumentedPatient.first, drug: "DrugY")])
      #expect(try later.forget("a"))
      #expect(try PredictionLog.newest(3, in: path, id: "a").isEmpty)
    }
  }

  @Test(arguments: [4, 5])
  func theTraceIsKeptAlsoInALogThatDidNotTellIt(version: Int) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      try PredictionLog(PredictionLog.Settings(path: path)).append([record("a")])
      try DatabaseQueue(path: path).write {
        if version == 4 {
          try $0.execute(sql: "ALTER TABLE prediction DROP COLUMN needs_review")
        }
        try $0.execute(
          sql: "ALTER TABLE prediction DROP COLUMN trace; PRAGMA user_version = \(version)")
      }
      var traced = record("b")
      traced.trace = "4bf92f3577b34da6a3ce929d0e0e4736"
      let later = PredictionLog(PredictionLog.Settings(path: path))
      try later.append([traced, record("c")])
      let kept = try PredictionLog.newest(3, in: path)
      #expect(kept.map(\.id) == ["c", "b", "a"])
      #expect(kept.map(\.trace) == [nil, traced.trace, nil])
      #expect(try later.entry("b")?.record == traced)
    }
  }

  @Test func whetherAPersonHadToLookIsKeptAlsoInALogThatDidNotTellIt() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      try PredictionLog(PredictionLog.Settings(path: path)).append([record("a")])
      // As version 4 had it.
      try DatabaseQueue(path: path).write {
        try $0.execute(
          sql: """
            ALTER TABLE prediction DROP COLUMN needs_review;
            ALTER TABLE prediction DROP COLUMN trace;
            PRAGMA user_version = 4
            """)
      }
      let outside = PredictionRecord(
        id: "b", time: 1, patient: DocumentedPatient.first, drug: "DrugY", probability: 1,
        predictionSet: ["DrugY"], needsReview: true, modelVersion: "model")
      let sure = PredictionRecord(
        id: "c", time: 1, patient: DocumentedPatient.first, drug: "DrugY", probability: 1,
        predictionSet: ["DrugY"], modelVersion: "model")
      try PredictionLog(PredictionLog.Settings(path: path)).append([outside, sure])
      let kept = try PredictionLog.newest(3, in: path)
      #expect(kept.map(\.id) == ["c", "b", "a"])
      #expect(kept.map(\.needsReview) == [false, true, true])
      #expect(kept[1] == outside)
    }
  }

  @Test func everyRecordOfManyThreadsAndTwoLogsIsKeptOnce() throws {
    try withLog { first, path, events in
      // Another connection on the same file, as a second process has.
      let second = PredictionLog(PredictionLog.Settings(path: path), report: events.note)
      let threads = (0..<8).map { number in
        Background {
          for turn in 0..<50 {
            let log = (number + turn).isMultiple(of: 2) ? first : second
            try log.append([record("\(number)-\(turn)"), record("both-\(turn)")])
          }
        }
      }
      for thread in threads { try thread.value() }
      let identifiers = try PredictionLog.newest(10_000, in: path).map(\.id)
      #expect(identifiers.count == 8 * 50 + 50)
      #expect(Set(identifiers).count == identifiers.count)
      #expect(events.names.isEmpty)
    }
  }

  @Test func logsThatAreBegunAtTheSameMomentAllOpen() throws {
    for _ in 0..<40 {
      try withTemporaryFolder { folder in
        let path = "\(folder)/predictions.sqlite"
        let threads = (0..<8).map { number in
          Background {
            try LogDatabase(path: path, survivesLossOfPower: false)
              .insert([LogEntry(record: record("\(number)"), isIndexed: false)])
          }
        }
        for thread in threads { try thread.value() }
        #expect(try PredictionLog.newest(10, in: path).count == 8)
      }
    }
  }

  @Test func recordsBeyondTheRetentionAreDeleted() throws {
    try withLog({ $0.retentionDays = 30 }) { log, path, events in
      try log.append((0..<700).map { record("old-\($0)", daysAgo: 31) })
      try log.append([record("new"), record("young", daysAgo: 29)])
      // Little by little, so that predictions do not wait.
      for _ in 0..<500 where try PredictionLog.newest(1000, in: path).count > 2 {
        log.maintain()
        usleep(20_000)
      }
      #expect(try PredictionLog.newest(1000, in: path).map(\.id) == ["young", "new"])
      #expect(events.names.first == "overdue: 700 of 30 days")
      #expect(events.names.contains { $0.hasPrefix("deleted: ") && $0.hasSuffix(", 0") })
    }
  }

  @Test func withoutARetentionEverythingIsKept() throws {
    try withLog { log, path, _ in
      try log.append([record("old", daysAgo: 10_000)])
      log.maintain()
      #expect(try PredictionLog.newest(10, in: path).count == 1)
    }
  }

  @Test func theWriteAheadLogIsMovedIntoTheDatabaseWhenItHasGrown() throws {
    try withLog { log, path, _ in
      for batch in 0..<40 {
        try log.append((0..<1000).map { record("\(batch)-\($0)") })
        log.maintain()
      }
      var status = stat()
      try #require(stat("\(path)-wal", &status) == 0)
      #expect(status.st_size < 8 << 20)
      #expect(try PredictionLog.newest(100_000, in: path).count == 40_000)
    }
  }

  @Test(arguments: ["garbage", "half"])
  func aFileThatIsNoDatabaseIsSetAsideAndANewOneBegun(_ kind: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/predictions.sqlite"
      if kind == "garbage" {
        _ = try write([UInt8](repeating: 7, count: 10_000), to: path)
      } else {
        try PredictionLog(PredictionLog.Settings(path: path))
          .append((0..<500).map { record("\($0)") })
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        for index in 4096..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        for name in ["-wal", "-shm"] { unlink(path + name) }
        _ = try write(bytes, to: path)
      }
      let events = LogEvents()
      let log = PredictionLog(PredictionLog.Settings(path: path), report: events.note)
      try log.append([record("after")])
      #expect(events.names.contains("set aside"))
      #expect(log.failure == nil)
      #expect(try PredictionLog.newest(10, in: path).map(\.id) == ["after"])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.contains { $0.hasPrefix("predictions.sqlite.corrupt-") })
    }
  }

  @Test func aFolderThatCannotBeWrittenIsAFaultUntilItCan() throws {
    try withTemporaryFolder { folder in
      // A file in the folder's place stops root too, whom no permission stops.
      let blocked = try write([], to: "\(folder)/log")
      let path = "\(blocked)/predictions.sqlite"
      let events = LogEvents()
      let log = PredictionLog(PredictionLog.Settings(path: path), report: events.note)
      #expect(log.failure?.code == .notWritable)
      #expect { try log.append([record("lost")]) } throws: {
        ($0 as? PredictionLogError)?.code == .notWritable
      }
      unlink(blocked)
      mkdir(blocked, 0o700)
      usleep(300_000)
      try log.append([record("kept")])
      #expect(log.failure == nil)
      #expect(events.names == ["failed: notWritable", "recovered"])
      #expect(try PredictionLog.newest(10, in: path).map(\.id) == ["kept"])
    }
  }

  @Test func readingALogThatIsNotThereMakesNone() throws {
    try withTemporaryFolder { folder in
      #expect(throws: PredictionLogError.self) {
        try PredictionLog.newest(1, in: "\(folder)/predictions.sqlite")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.isEmpty)
    }
  }

  @Test func aDatabaseOfSomethingElseIsNoLog() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/other.sqlite"
      try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE other (a)") }
      #expect(throws: PredictionLogError.self) { try PredictionLog.newest(1, in: path) }
    }
  }
}
