import FoundationEssentials
import Glibc
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import DrugClassifier

/// A record whose number stands in its id.
private func record(_ id: String, daysAgo: Int = 0) -> PredictionRecord {
  PredictionRecord(
    id: id, time: Int64(time(nil) - daysAgo * 86_400) * 1_000_000,
    patient: DocumentedPatient.first, drug: "DrugY", probability: 0.75,
    predictionSet: ["DrugY", "drugX"], modelVersion: "model")
}

/// What a log reports, in the order in which it does.
private final class Events: Sendable {
  private let all = Mutex<[String]>([])

  var names: [String] { all.withLock { $0 } }

  func note(_ event: PredictionLog.Event) {
    all.withLock {
      switch event {
      case .setAside: $0.append("set aside")
      case .failed(let error): $0.append("failed: \(error.code)")
      case .recovered: $0.append("recovered")
      case .committed, .notCommitted: break
      }
    }
  }
}

@Suite struct PredictionLogTests {
  /// Makes a log in a folder of its own.
  private func withLog<Result>(
    _ change: (inout PredictionLog.Settings) -> Void = { _ in },
    _ body: (_ log: PredictionLog, _ path: String, _ events: Events) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      var settings = PredictionLog.Settings(path: "\(folder)/predictions.sqlite")
      change(&settings)
      let events = Events()
      return try body(PredictionLog(settings, report: events.note), settings.path, events)
    }
  }

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
            try LogDatabase(path: path, survivesLossOfPower: false).insert([record("\(number)")])
          }
        }
        for thread in threads { try thread.value() }
        #expect(try PredictionLog.newest(10, in: path).count == 8)
      }
    }
  }

  @Test func recordsBeyondTheRetentionAreDeleted() throws {
    try withLog({ $0.retentionDays = 30 }) { log, path, _ in
      try log.append((0..<700).map { record("old-\($0)", daysAgo: 31) })
      try log.append([record("new"), record("young", daysAgo: 29)])
      // Little by little, so that predictions do not wait.
      for _ in 0..<500 where try PredictionLog.newest(1000, in: path).count > 2 {
        log.maintain()
        usleep(20_000)
      }
      #expect(try PredictionLog.newest(1000, in: path).map(\.id) == ["young", "new"])
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
      let events = Events()
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
      let events = Events()
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
