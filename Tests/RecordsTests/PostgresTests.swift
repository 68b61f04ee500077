import GRDB
import POSIX
import Patients
import TestSupport
import Testing

@testable import Records

/// A log in PostgreSQL: what a file need not show.
@Suite(.enabled(if: LogKind.server != nil)) struct PostgresTests {
  private func withLog<Result>(
    _ body: (_ log: PredictionLog, _ place: String) throws -> Result
  ) throws -> Result {
    try LogKind.database.withPlace { try body(PredictionLog(PredictionLog.Settings(path: $0)), $0) }
  }

  private func query(_ place: String, _ sql: String) throws -> [Row] {
    try PostgresDatabase.named(place).read { try $0.rows(sql) }
  }

  @Test func whatIsAppendedIsReadBackInItsOrderAndOnce() throws {
    try withLog { log, place in
      try add(record("a"), to: log)
      try log.append([record("b"), record("a"), record("c"), record("c")])
      try PredictionLog(PredictionLog.Settings(path: place)).append([record("c"), record("d")])
      #expect(try PredictionLog.newest(10, in: place).map(\.id) == ["d", "c", "b", "a"])
      let found = try #require(try PredictionLog.newest(10, in: place, id: "b").first)
      #expect(found.patient == DocumentedPatient.first)
      #expect(found.predictionSet == ["DrugY", "drugX"] && found.probability == 0.75)
      #expect(found.needsReview && found.requestedBy == nil && found.trace == nil)
      #expect(PredictionLog.size(of: place) > 8192)
    }
  }

  @Test func aBatchKeepsItsOrderAndItsTraces() throws {
    try withLog { log, place in
      let traces = ["ff", "00", nil, "7a"].map { $0.map { String(repeating: $0, count: 16) } }
      for isDayOne in [false, true] {
        var day = Month(of: Moment.now.microseconds).start
        if !isDayOne { day += 10 * 86_400_000_000 }
        for trace in traces {
          let id = "\(isDayOne)-\(trace ?? "none")"
          log.add(
            PredictionRecord(
              id: id, time: day, patient: DocumentedPatient.first, drug: "DrugY", probability: 1,
              predictionSet: ["DrugY"], modelVersion: "m", trace: trace)
          ) { failure in #expect(failure == nil) }
        }
        log.commit()
        for _ in 0..<100 where try PredictionLog.newest(9, in: place).count % 4 > 0 {
          usleep(10_000)
        }
      }
      for _ in 0..<100 where try PredictionLog.newest(9, in: place).count < 8 { usleep(10_000) }
      let kept = try PredictionLog.newest(9, in: place).reversed()
      #expect(kept.map(\.trace) == traces + traces)
    }
  }

  /// A dump that was restored, or a copy that took over without the newest rows, under a service that goes on.
  @Test func aDatabaseThatIsAnotherOneIsPreparedAnew() throws {
    try withLog { log, place in
      try add(record("before"), to: log)
      let name = place.split(separator: "/").last!
      let server = try PostgresConnection(LogKind.server!)
      try server.run("DROP DATABASE \(name) WITH (FORCE)")
      try server.run("CREATE DATABASE \(name)")
      for _ in 0..<100 {
        if (try? add(record("behind"), to: log)) != nil { break }
        usleep(50_000)
      }
      #expect(try PredictionLog.newest(9, in: place).map(\.id) == ["behind"])
    }
  }

  /// Who reads a month for long, as a backup does, keeps it, and no prediction waits for that.
  @Test func aMonthThatSomebodyReadsIsLeftUntilLater() throws {
    try LogKind.database.withPlace { place in
      let plain = PredictionLog(PredictionLog.Settings(path: place))
      try plain.append([record("gone", daysAgo: 100), record("new")])
      let reader = try PostgresConnection(place)
      try reader.run("BEGIN; SELECT COUNT(*) FROM prediction")
      var settings = PredictionLog.Settings(path: place)
      settings.retentionDays = 40
      let log = PredictionLog(settings)
      for number in 0..<30 {
        try add(record("\(number)"), to: log)
        usleep(50_000)
      }
      #expect(try PredictionLog.newest(99, in: place).count == 32)
      try reader.run("COMMIT")
      for _ in 0..<100 where try PredictionLog.newest(99, in: place).count > 31 { usleep(100_000) }
      #expect(try PredictionLog.newest(99, in: place).count == 31)
    }
  }

  /// Texts that would end a list, an SQL text or an array's element, and a zero, which PostgreSQL's hold not.
  @Test func anyTextIsKeptAndNoneRefusesThoseOfOthers() throws {
    try withLog { log, place in
      let names = ["{a,\"b\"}", "'; DROP TABLE prediction; --", "\\", "NULL", "é\u{1f48a}", ""]
      try log.append(
        names.enumerated().map { number, name in
          PredictionRecord(
            id: "p\(number)", time: Moment.now.microseconds, patient: DocumentedPatient.first,
            drug: "DrugY", probability: 1, predictionSet: [], modelVersion: name,
            requestedBy: "a\0b")
        })
      let kept = try PredictionLog.newest(10, in: place)
      #expect(kept.map(\.modelVersion) == names.reversed())
      #expect(Set(kept.map(\.requestedBy)) == ["a\u{fffd}b"])
    }
  }

  @Test func manyThreadsShareCommitsAndLoseNone() throws {
    try withLog { log, place in
      let threads = (0..<8).map { thread in
        Background { for number in 0..<50 { try add(record("\(thread)-\(number)"), to: log) } }
      }
      for thread in threads { try thread.value() }
      #expect(try PredictionLog.newest(1000, in: place).count == 400)
    }
  }

  /// Who reads on from a number misses no row that was committed later under a lower one.
  @Test func numbersFollowTheOrderOfCommits() throws {
    try withLog { _, place in
      let writers = (0..<4).map { writer in
        Background {
          let log = PredictionLog(PredictionLog.Settings(path: place))
          for number in 0..<60 { try add(record("w\(writer)-\(number)"), to: log) }
        }
      }
      var seen: [Int64] = []
      while seen.count < 240 {
        let rows = try PostgresDatabase.named(place).read { log in
          try log.rows(
            "SELECT number FROM prediction WHERE number > ?1 ORDER BY number", seen.last ?? 0)
        }
        seen += rows.map { $0["number"] }
        if rows.isEmpty { usleep(1000) }
      }
      for writer in writers { try writer.value() }
      #expect(Set(seen).count == 240)
      #expect(try query(place, "SELECT number FROM prediction").count == 240)
    }
  }

  @Test func monthsHaveTheirTablesAndAnIdentifierIsOfOneAlone() throws {
    try withLog { log, place in
      let month = Month(of: Moment.now.microseconds).next.next
      func record(_ id: String, _ time: Int64) -> PredictionRecord {
        PredictionRecord(
          id: id, time: time, patient: DocumentedPatient.first, drug: "DrugY", probability: 1,
          predictionSet: ["DrugY"], modelVersion: "m")
      }
      // The same request reached one host before midnight, and another behind it.
      try log.append([record("same", month.start - 1)])
      try log.append([record("same", month.start), record("new", month.start + 1)])
      try log.append([record("early", 0), record("late", month.next.next.start)])
      let kept = try PredictionLog.newest(10, in: place)
      #expect(kept.map(\.id) == ["late", "early", "new", "same"])
      let tables = try query(
        place, "SELECT tableoid::regclass::text AS name FROM prediction WHERE id = 'early'")
      #expect(tables.first?["name"] == "prediction_1970_01")
    }
  }

  @Test(
    arguments: [
      0: "prediction_1970_01", 1_798_761_599_999_999: "prediction_2026_12",
      1_798_761_600_000_000: "prediction_2027_01", -1: "prediction_1969_12",
    ] as [Int64: String])
  func aTimeIsOfItsMonth(_ time: Int64, _ table: String) {
    let month = Month(of: time)
    #expect(month.table == table)
    #expect(Month(table: table) == month)
    #expect(month.start <= time && time < month.next.start)
  }

  @Test func wholeMonthsGoWithTheirTablesAndTheRestRowByRow() throws {
    try withLog { log, place in
      try log.append([record("gone", daysAgo: 100), record("old", daysAgo: 41)])
      try log.append([record("young", daysAgo: 39), record("new")])
      let told = OutcomeRecord(
        predictionID: "gone", time: 1, user: "a", drug: "DrugY", agreed: true, reason: nil)
      #expect(try log.keep(told) == .kept(told))
      var settings = PredictionLog.Settings(path: place)
      settings.retentionDays = 40
      let next = PredictionLog(settings)
      for _ in 0..<100 where try PredictionLog.newest(10, in: place).count > 2 { usleep(100_000) }
      #expect(next.failure == nil)
      #expect(try PredictionLog.newest(10, in: place).map(\.id) == ["new", "young"])
      #expect(try query(place, "SELECT number FROM outcome").isEmpty)
      let month = Month(of: Moment.now.microseconds - 100 * 86_400_000_000)
      let found = try query(place, "SELECT to_regclass('\(month.table)')::text AS name")
      #expect(found[0]["name"] as String? == nil)
    }
  }

  @Test func aPredictionIsForgottenWithItsOutcome() throws {
    try withLog { log, place in
      try log.append([record("a"), record("b")])
      _ = try log.keep(
        OutcomeRecord(
          predictionID: "a", time: 1, user: "a", drug: "drugX", agreed: false, reason: .other))
      #expect(try log.forget("a") == true)
      #expect(try log.forget("a") == false)
      #expect(try PredictionLog.newest(9, in: place).map(\.id) == ["b"])
      #expect(try query(place, "SELECT number FROM outcome").isEmpty)
    }
  }

  @Test func whatWatchesALogSeesTheSame() throws {
    try withLog { log, place in
      try log.append([record("a"), record("table-1"), record("b")])
      let single = try PredictionLog.singlePatients(in: place, after: 0, count: 10, newest: 100)
      #expect(single.patients.count == 2 && single.newest == 3)
      #expect(
        try PredictionLog.singlePatients(in: place, after: 3, count: 10, newest: 100).patients
          .isEmpty)
      let now = Moment.now.microseconds
      let drugs = try PredictionLog.drugs(
        in: place, between: now - 60_000_000, and: now + 60_000_000, newest: 10)
      #expect(drugs.map(\.drug) == ["DrugY", "DrugY", "DrugY"])
      #expect(drugs.map(\.needsReview) == [true, true, true])
      for (id, drug) in [("a", "DrugY"), ("b", "drugX")] {
        _ = try log.keep(
          OutcomeRecord(
            predictionID: id, time: 1, user: "a", drug: drug, agreed: drug == "DrugY",
            reason: drug == "DrugY" ? nil : .other))
      }
      let agreement = try PredictionLog.agreement(in: place, newest: 10, step: 2)
      #expect(agreement.exact == Agreement(outcomes: 2, agreed: 1))
      #expect(agreement.stepped == agreement.exact)
      #expect(try ConfirmedOutcomes(log: place, of: .drug200).patients.count == 2)

      for version in ["model", nil] {
        let sure = try PredictionLog.confidences(in: place, count: 9, newest: 99, of: version)
        #expect(sure.confidences.map(\.number) == [1, 3] && sure.newest == 3)
      }
      let all = try PredictionLog.confidences(
        in: place, after: 1, count: 9, newest: 99, of: nil, includesTables: true)
      #expect(all.confidences.map(\.number) == [2, 3])
      #expect(try PredictionLog.agreements(in: place, of: [1, 2, 3]) == [1: true, 3: false])
      #expect(try PredictionLog.agreements(in: place, of: []) == [:])

      let later = try PredictionLog.rows(in: place, from: 2, limit: 9)
      #expect(later.map(\.id) == ["table-1", "b"])
      #expect(try PredictionLog.newestPlace(in: place) == ShadowPlace(number: 3, id: "b"))
      #expect(try PredictionLog.place(in: place, before: now + 1).number == 3)
      #expect(try PredictionLog.identifiers(in: place, of: [1, 9]) == [1: "a"])
      #expect(try PredictionLog.records(in: place, of: []).isEmpty)
      #expect(
        try PredictionLog.judged(in: place, from: 1, newest: 9).map(\.given) == ["drugX", "DrugY"])
    }
  }

  /// A connection that was cut costs no answer: the batch is sent again, and known by its identifiers.
  @Test func aConnectionThatIsCutCostsNothing() throws {
    try withLog { log, place in
      try add(record("before"), to: log)
      for number in 0..<5 {
        let other = try PostgresConnection(LogKind.server!)
        _ = try other.run(
          PostgresConnection.Command(
            statement: """
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = '\(place.split(separator: "/").last!)'
              """))
        try add(record("behind \(number)"), to: log)
        #expect(try log.entries(10).count == number + 2)
      }
    }
  }

  @Test func aServerThatIsNotThereIsToldAtOnce() throws {
    let start = ContinuousClock.now
    let log = PredictionLog(
      PredictionLog.Settings(path: "postgresql://nobody@127.0.0.1:1/nothing"))
    #expect(log.failure?.code == .unreachable)
    #expect(throws: PredictionLogError.self) { try add(record("a"), to: log) }
    #expect(throws: PredictionLogError.self) { try log.entries(1) }
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func anotherDatabaseIsNoLog() throws {
    try LogKind.database.withPlace { place in
      #expect(throws: PredictionLogError.self) { try PredictionLog.newest(1, in: place) }
      _ = PredictionLog(PredictionLog.Settings(path: place))
      #expect(try PredictionLog.newest(1, in: place).isEmpty)
      _ = try PostgresDatabase.named(place).write { log in
        try log.change("UPDATE log_version SET version = 99")
      }
      let later = try PostgresConnection(place)
      #expect(throws: PredictionLogError.self) {
        try PostgresSchema.prepare(PostgresSession(later))
      }
    }
  }

  // MARK: Acts and runs

  /// Two hosts write one record, each with a second one of its own on its disk.
  @Test func actsOfSeveralHostsAreOneChain() throws {
    try LogKind.database.withPlace { place in
      try withTemporaryFolder { folder in
        let hosts = ["a", "b"].map { AuditLog(path: place, heads: "\(folder)/\($0).heads") }
        @Sendable func act(_ number: Int) -> AuditAct {
          AuditAct(user: "admin", action: "activate", subject: "v\(number)")
        }
        for number in 0..<6 { try hosts[number % 3 / 2].append(act(number)) }
        let writers = hosts.enumerated().map { host, log in
          Background { for number in 0..<10 { try log.append(act(100 * host + number)) } }
        }
        for writer in writers { try writer.value() }
        let acts = try hosts[0].newest(100)
        #expect(acts.map(\.number) == Array((1...26).reversed()))
        for host in hosts { #expect(try host.verify() == .intact(count: 26, heads: 26)) }
        #expect(try hosts[0].appendIfFree(act(7))?.number == 27)
        try hosts[0].probe()

        let database = PostgresDatabase.named(place)
        for change in ["UPDATE audit SET \"user\" = 'x'", "DELETE FROM audit", "TRUNCATE audit"] {
          #expect(throws: PredictionLogError.self) { try database.write { try $0.change(change) } }
        }
        // Whoever owns the tables can take the trigger away, and is found out by every host.
        _ = try database.write { log in
          try log.run(
            """
            ALTER TABLE audit DISABLE TRIGGER ALL;
            UPDATE audit SET "user" = 'somebody' WHERE number = 9;
            ALTER TABLE audit ENABLE TRIGGER ALL
            """)
        }
        for host in hosts {
          #expect(
            try host.verify()
              == .broken(number: 9, reason: "it was changed after it was written"))
        }
      }
    }
  }

  @Test func aHostThatHasLookedBeforeItsFirstActFindsTheChainWhole() throws {
    try LogKind.database.withPlace { place in
      try withTemporaryFolder { folder in
        let (first, second) = (
          AuditLog(path: place, heads: "\(folder)/a"), AuditLog(path: place, heads: "\(folder)/b")
        )
        for _ in 0..<3 { try first.append(AuditAct(user: "a", action: "b")) }
        var progress = AuditLog.Progress()
        #expect(try second.verify(from: &progress) == .intact(count: 3, heads: 0))
        try second.append(AuditAct(user: "c", action: "d"))
        #expect(try second.verify(from: &progress) == .intact(count: 4, heads: 4))
      }
    }
  }

  @Test func actsThatWereCutOffTheEndAreMissed() throws {
    try LogKind.database.withPlace { place in
      try withTemporaryFolder { folder in
        let log = AuditLog(path: place, heads: "\(folder)/heads")
        for number in 0..<4 {
          try log.append(AuditAct(user: "a", action: "b", subject: "\(number)"))
        }
        _ = try PostgresDatabase.named(place).write { session in
          try session.run(
            "ALTER TABLE audit DISABLE TRIGGER ALL; DELETE FROM audit WHERE number > 2")
        }
        guard case .broken(3, _) = try log.verify() else {
          Issue.record("\(try log.verify())")
          return
        }
        try log.append(AuditAct(user: "a", action: "b"))
        guard case .broken(3, _) = try log.verify() else {
          Issue.record("\(try log.verify())")
          return
        }
      }
    }
  }

  @Test func runsOfSeveralHostsStandTogether() throws {
    try LogKind.database.withPlace { place in
      let store = try RunStore(root: place)
      var run = Run(command: "train", parameters: ["n-estimators": "100"], user: "ada")
      try store.begin(&run)
      var other = Run(command: "search", parameters: [:])
      try RunStore(root: place).begin(&other)
      #expect(run.number == 1 && other.number == 2)
      try store.add(
        Trial(
          number: 1, parameters: ["features": "binned"], macroF1: 0.9, logLoss: 0.2, foldCount: 5,
          isRejected: false, duration: 1), to: other)
      run.metrics = ["test_accuracy": 1]
      run.isPromoted = true
      run.end(.succeeded, after: 0.25)
      try store.update(run)
      try store.keep(RunRemark(name: "n", note: "m", user: "u"), of: 1)
      let kept = try RunStore(reading: place).newest(5)
      #expect(kept.map(\.number) == [2, 1])
      #expect(kept[1].state == .succeeded && kept[1].remark?.name == "n")
      #expect(kept[1].metrics == run.metrics && kept[1].isPromoted == true)
      #expect(kept[1].user == "ada" && kept[0].state == .running)
      #expect(try store.trials(of: other).map(\.macroF1) == [0.9])
      #expect(try store.count == 2)
    }
  }

  // MARK: Moving

  @Test func aMoveBringsAllOverAndBackAndGoesOn() throws {
    try LogKind.database.withPlace { place in
      try withTemporaryFolder { folder in
        let file = "\(folder)/predictions.sqlite"
        let log = PredictionLog(PredictionLog.Settings(path: file))
        try log.append((0..<30).map { record("p\($0)", daysAgo: 10 * $0) })
        let told = OutcomeRecord(
          predictionID: "p3", time: 1, user: "a", drug: "drugX", agreed: false, reason: .other)
        _ = try log.keep(told)
        #expect(try LogMove.predictions(from: file, to: place) == (30, 1))
        try log.append([record("later")])
        #expect(try LogMove.predictions(from: file, to: place) == (31, 1))
        let back = "\(folder)/back.sqlite"
        #expect(try LogMove.predictions(from: place, to: back) == (31, 1))
        let kept = try PredictionLog(PredictionLog.Settings(path: back)).entries(100)
        let own = try log.entries(100)
        #expect(
          kept.map(\.record) == own.map(\.record) && kept.map(\.outcome) == own.map(\.outcome))

        let acts = AuditLog(path: "\(folder)/audit.sqlite")
        for number in 0..<5 {
          try acts.append(AuditAct(user: "a", action: "b", subject: "\(number)"))
        }
        let shared = AuditLog(path: place, heads: "\(folder)/heads")
        #expect(try LogMove.acts(from: acts, to: shared) == 5)
        try acts.append(AuditAct(user: "a", action: "more"))
        #expect(try LogMove.acts(from: acts, to: shared) == 1)
        #expect(try shared.verify() == .intact(count: 6, heads: 6))
        #expect(
          try LogMove.acts(from: acts, to: AuditLog(path: place, heads: acts.heads.path)) == 0)
        // The second record may be the one that the files have, as when a service goes over.
        let same = AuditLog(path: place, heads: acts.heads.path)
        try same.append(AuditAct(user: "a", action: "behind"))
        #expect(try same.verify() == .intact(count: 7, heads: 7))
        // Who has none yet makes none by looking.
        let looker = AuditLog(path: place, heads: "\(folder)/none")
        #expect(try looker.verify() == .intact(count: 7, heads: 0))
        #expect(!looker.heads.exists)
        let home = AuditLog(path: "\(folder)/home.sqlite")
        #expect(try LogMove.acts(from: shared, to: home) == 7)
        #expect(try home.verify() == .intact(count: 7, heads: 7))
        let stranger = AuditLog(path: "\(folder)/other.sqlite")
        try stranger.append(AuditAct(user: "c", action: "d"))
        #expect(throws: PredictionLogError.self) { try LogMove.acts(from: stranger, to: shared) }

        var run = Run(command: "train", parameters: [:], user: "ada")
        let store = try RunStore(root: folder)
        try store.begin(&run)
        try store.keep(RunRemark(name: "n", note: "", user: "u"), of: 1)
        #expect(try LogMove.runs(from: folder, to: place) == 1)
        let target = try RunStore(root: place)
        #expect(try target.run(1).remark?.name == "n")
        var next = Run(command: "train", parameters: [:])
        try target.begin(&next)
        #expect(next.number == 2)
        #expect(try LogMove.runs(from: folder, to: place) == 0)
        var other = Run(command: "search", parameters: [:])
        try store.begin(&other)
        #expect(throws: RunError.self) { try LogMove.runs(from: folder, to: place) }
      }
    }
  }
}
