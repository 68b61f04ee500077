import Foundation
import GRDB
import POSIX
import Patients
import TestSupport
import Testing
@testable import Records

/// What becomes of records that are too old, too many, or to be forgotten.
@Suite struct DeletionTests {
  @Test func anOldRecordBehindAYoungOneIsDeletedToo() throws {
    try withLog({ $0.retentionDays = 30 }) { log, path, _ in
      try log.append([record("young", daysAgo: 1)])
      try log.append((0..<9000).map { record("old-\($0)", daysAgo: 40) } + [record("new")])
      for _ in 0..<500 where try PredictionLog.newest(3, in: path).count > 2 {
        log.maintain()
        usleep(20_000)
      }
      #expect(try PredictionLog.newest(10, in: path).map(\.id) == ["new", "young"])
    }
  }

  @Test func aLogThatIsOldThroughAndThroughIsKept() throws {
    try withLog({ $0.retentionDays = 30 }) { log, path, events in
      try log.append((0..<9).map { record("\($0)", daysAgo: 4000) })
      log.maintain()
      #expect(try PredictionLog.newest(10, in: path).count == 9)
      // Nor does a new one make the clock better.
      try log.append([record("new")])
      usleep(1_100_000)
      log.maintain()
      #expect(try PredictionLog.newest(20, in: path).count == 10)
      #expect(events.names == ["paused"])
    }
  }

  @Test func theOldestAreDeletedBeyondTheLimit() throws {
    try withLog({ $0.byteLimit = 1 << 20 }) { log, path, events in
      try log.append((0..<20_000).map { record("\($0)") })
      for _ in 0..<500 where try PredictionLog.newest(1, in: path, id: "0").count > 0 {
        log.maintain()
        usleep(20_000)
      }
      for _ in 0..<5 {
        usleep(250_000)
        log.maintain()
      }
      let kept = try PredictionLog.newest(20_000, in: path)
      #expect(kept.first?.id == "19999" && 1000...12_000 ~= kept.count)
      #expect(events.names.contains { $0.hasPrefix("deleted: 0, ") })
      let used = try LogDatabase(path: path, survivesLossOfPower: false).usedBytes()
      #expect(used <= 1 << 20)
    }
  }

  /// Everything that the files of a log hold.
  private func bytes(of path: String) -> Data {
    ["", "-wal"].reduce(into: Data()) { all, suffix in
      all += (try? Data(contentsOf: URL(filePath: path + suffix))) ?? Data()
    }
  }

  @Test(arguments: [false, true])
  func whatIsForgottenIsNowhereAndComesNotBack(_ isIndexed: Bool) throws {
    try withLog { log, path, _ in
      let id = "5f1d3a7c9b2e4f608a1c3e5d7f9b0a2c"
      for number in 0..<20 { try add(record("\(number)"), to: log) }
      try add(record(id), to: log)
      #expect(
        try log.keep(
          OutcomeRecord(
            predictionID: id, time: 7, user: "secret-user", drug: "drugX", agreed: false,
            reason: .allergy)) != .unknownPrediction)
      if isIndexed { log.maintain() }
      for number in 20..<40 { try add(record("\(number)"), to: log) }
      for word in [id, "secret-user"] {
        #expect(bytes(of: path).range(of: Data(word.utf8)) != nil)
      }
      #expect(try log.forget(id))
      #expect(try !log.forget(id))
      #expect(try log.entry(id) == nil && PredictionLog.newest(100, in: path).count == 40)
      #expect(try ConfirmedOutcomes(log: path, of: .drug200).patients.isEmpty)
      for word in [id, "secret-user"] {
        #expect(bytes(of: path).range(of: Data(word.utf8)) == nil)
      }
      // A request that the web server sends again.
      try add(record(id), to: log)
      #expect(try log.entry(id) == nil)
    }
  }

  @Test func theNumberOfTheNewestIsTakenAgainAndItsRecordFound() throws {
    try withLog { log, path, _ in
      for number in 0..<5 { try add(record("\(number)"), to: log) }
      log.maintain()
      #expect(try log.forget("4"))
      try add(record("next"), to: log)
      #expect(try log.entry("next")?.number == 5 && log.entry("4") == nil)
      usleep(1_100_000)
      log.maintain()
      #expect(try log.entry("next")?.number == 5)
      // A process that has written before hears of both.
      let other = PredictionLog(PredictionLog.Settings(path: path))
      try add(record("more"), to: other)
      try add(record("more"), to: log)
      try add(record("3"), to: log)
      #expect(
        try PredictionLog.newest(9, in: path).map(\.id) == ["more", "next", "3", "2", "1", "0"])
    }
  }

  @Test func nothingOfSomethingElseIsForgotten() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/other.sqlite"
      #expect(throws: PredictionLogError.self) { try PredictionLog.forget("1", in: path) }
      try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE other (a)") }
      #expect(throws: PredictionLogError.self) { try PredictionLog.forget("1", in: path) }
      let tables = try DatabaseQueue(path: path).read {
        try String.fetchAll($0, sql: "SELECT name FROM sqlite_master")
      }
      #expect(tables == ["other"])
    }
  }

  @Test func aClockThatCannotBeTrustedDeletesNothing() {
    let day: Int64 = 86_400_000_000
    let now = Moment.now.microseconds
    func objection(newest: Int64, late: Int64 = 0, passed: Int64 = 0) -> String? {
      var clock = ClockWatch()
      return clock.objection(to: 30 * day, newest: newest, now: now + late, passed: passed)
    }
    #expect(objection(newest: now - day) == nil)
    #expect(objection(newest: now - 29 * day) == nil)
    #expect(objection(newest: now - 31 * day)?.contains("older than the term") == true)
    // What runs for longer than a term goes on.
    #expect(objection(newest: now - day, late: 400 * day, passed: 400 * day) == nil)
    // A service that stood still for longer than a term does after a week.
    let wait = 6 * day
    #expect(objection(newest: now - 40 * day, late: wait, passed: wait)?.contains("7 days") == true)
    #expect(objection(newest: now - 40 * day, late: 8 * day, passed: 8 * day) == nil)
    #expect(objection(newest: now + day)?.contains("later than the clock") == true)
    // Set ahead while the process runs; the time that passes is no fault.
    #expect(
      objection(newest: now, late: 40 * day + day / 2)?.contains("set ahead by 40 days") == true)
    #expect(objection(newest: now, late: 20 * day, passed: 20 * day) == nil)
  }
}
