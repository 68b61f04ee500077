import FoundationEssentials
import GRDB
import POSIX
import Patients
import TestSupport
import Testing

@testable import Records

@Suite struct AuditLogTests {
  private static let acts = (1...5).map { number in
    AuditAct(
      user: "admin", action: "activate", subject: "version-\(number)", outcome: "done",
      detail: "because of \(number)", address: "192.0.2.\(number)")
  }

  private func withLog<Result>(_ body: (_ log: AuditLog) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder throws in
      let log = AuditLog(path: "\(folder)/audit.sqlite")
      for act in Self.acts { try log.append(act) }
      return try body(log)
    }
  }

  /// Changes the file as somebody would who knows SQLite.
  private func forge(_ log: AuditLog, _ statements: String...) throws {
    let queue = try DatabaseQueue(path: log.path)
    try queue.write { for statement in statements { try $0.execute(sql: statement) } }
  }

  private static let withoutTriggers = [
    "DROP TRIGGER audit_row_stays", "DROP TRIGGER audit_row_remains",
    "DROP TRIGGER audit_row_is_not_replaced",
  ]

  @Test func actsAreKeptInTurnAndChained() throws {
    try withLog { log throws in
      let entries = try log.newest(100)
      #expect(entries.map(\.act) == Self.acts.reversed())
      #expect(entries.map(\.number) == [5, 4, 3, 2, 1])
      #expect(entries.map(\.hash).dropFirst() == entries.map(\.previousHash).dropLast()[...])
      #expect(entries.last?.previousHash == String(repeating: "0", count: 64))
      #expect(Set(entries.map(\.hash)).count == 5)
      #expect(try log.newest(2).map(\.number) == [5, 4])
      #expect(try log.verify() == .intact(count: 5, heads: 5))
    }
  }

  @Test func aLogThatWasNeverWrittenIsEmptyAndIntact() throws {
    try withTemporaryFolder { folder throws in
      let log = AuditLog(path: "\(folder)/audit.sqlite")
      #expect(try log.newest(10).isEmpty)
      #expect(try log.verify() == .intact(count: 0, heads: 0))
    }
  }

  @Test(
    "The table refuses every change but a new row",
    arguments: [
      "UPDATE audit SET user = 'nobody' WHERE number = 2", "DELETE FROM audit WHERE number = 5",
      "DELETE FROM audit",
      """
      INSERT OR REPLACE INTO audit SELECT number, time, 'nobody', action, subject, outcome, detail,
        previous_hash, hash, address FROM audit WHERE number = 3
      """,
    ])
  func refusal(_ statement: String) throws {
    try withLog { log throws in
      #expect(throws: DatabaseError.self) { try forge(log, statement) }
      #expect(try log.newest(100).map(\.act) == Self.acts.reversed())
      #expect(try log.verify() == .intact(count: 5, heads: 5))
    }
  }

  @Test(
    "The first row that was changed past the triggers is named",
    arguments: [
      ("UPDATE audit SET user = 'nobody' WHERE number = 2", 2),
      ("UPDATE audit SET time = time + 1 WHERE number = 4", 4),
      ("UPDATE audit SET subject = subject || 'x', detail = '' WHERE number = 1", 1),
      ("UPDATE audit SET previous_hash = hash WHERE number = 3", 3),
      ("DELETE FROM audit WHERE number = 3", 3), ("DELETE FROM audit WHERE number = 1", 1),
      ("DELETE FROM audit WHERE number = 5", 5), ("DELETE FROM audit", 1),
      ("UPDATE audit SET address = NULL WHERE number = 3", 3),
      ("UPDATE audit SET address = '10.0.0.1' WHERE number = 2", 2),
      ("UPDATE audit SET action = 'activat', subject = 'e' || subject WHERE number = 4", 4),
    ])
  func forgery(_ statement: String, _ row: Int64) throws {
    try withLog { log throws in
      for trigger in Self.withoutTriggers { try forge(log, trigger) }
      try forge(log, statement)
      guard case .broken(let number, let reason) = try log.verify() else {
        Issue.record("\(statement) was not noticed")
        return
      }
      #expect(number == row && !reason.isEmpty)
    }
  }

  // MARK: The second record

  private func text(of path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  /// What is found, in words.
  private func finding(_ log: AuditLog) throws -> (number: Int64, reason: String)? {
    guard case .broken(let number, let reason) = try log.verify() else { return nil }
    return (number, reason)
  }

  /// Cuts rows off the end so that nothing in the database tells of them.
  private func cut(_ log: AuditLog, after row: Int) throws {
    for trigger in Self.withoutTriggers {
      try forge(log, trigger.replacing("DROP TRIGGER", with: "DROP TRIGGER IF EXISTS"))
    }
    try forge(
      log, "DELETE FROM audit WHERE number > \(row)",
      "UPDATE sqlite_sequence SET seq = \(row) WHERE name = 'audit'")
  }

  @Test func eachDigestStandsInASecondFileOfItsOwn() throws {
    try withLog { log throws in
      #expect(log.heads.path == log.path.replacing(".sqlite", with: ".heads"))
      let lines = try text(of: log.heads.path).split(separator: "\n")
      #expect(
        lines.map { $0.split(separator: " ").last.map(String.init) }
          == (try log.newest(5).reversed().map(\.hash)))
      #expect(lines.map { $0.split(separator: " ").first } == ["1", "2", "3", "4", "5"])
      #expect(try Data(contentsOf: URL(filePath: log.heads.path)).count == 5 * 88)
      var status = stat()
      try #require(stat(log.heads.path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
    }
  }

  @Test("Rows that are cut off the end are missed", arguments: [4, 2, 0])
  func cutting(_ rest: Int) throws {
    try withLog { log throws in
      try cut(log, after: rest)
      let found = try #require(try finding(log))
      #expect(found.number == Int64(rest) + 1 && found.reason.contains("missing"))
      #expect(found.reason.contains("audit.heads"))
      // What is written later hides nothing.
      try log.append(Self.acts[0])
      #expect(try log.newest(1).first?.number == 6)
      #expect(try finding(log)?.number == Int64(rest) + 1)
    }
  }

  @Test func aDatabaseThatVanishedIsAFinding() throws {
    try withLog { log throws in
      unlink(log.path)
      #expect(try finding(log)?.number == 1)
      try log.append(Self.acts[0])
      #expect(try finding(log)?.number == 1)
      #expect(try log.newest(9).map(\.number) == [6])
    }
  }

  @Test func aSecondRecordThatVanishedOrIsAnotherIsAFinding() throws {
    try withLog { log throws in
      let whole = try text(of: log.heads.path)
      unlink(log.heads.path)
      #expect(try finding(log)?.number == 1)
      // Acts go on, and what is missing stays so.
      try log.probe()
      try log.append(Self.acts[0])
      #expect(try finding(log)?.number == 1)
      let lines = whole.split(separator: "\n")
      for (text, number) in [
        (lines[1...].joined(separator: "\n") + "\n", 1), (whole + "x\n", 6),
        (whole.replacing(lines[2], with: "x"), 3), (String(repeating: "x", count: 1 << 20), 1),
        ((lines[..<2] + lines[3...]).joined(separator: "\n") + "\n", 3),
        (whole.replacing(lines[2].suffix(64), with: String(repeating: "0", count: 64)), 3),
        (lines[..<3].joined(separator: "\n") + "\n", 4),
      ] {
        _ = try write(Array(text.utf8), to: log.heads.path)
        let found = try #require(try finding(log), "\(text)")
        #expect(found.number == Int64(number), "\(found.reason)")
      }
    }
  }

  @Test(
    "A process that dies between a row and its head leaves no finding", arguments: [0, 1, 50, 87])
  func interruption(_ written: Int) throws {
    try withLog { log throws in
      let whole = Array(try text(of: log.heads.path).utf8)
      _ = try write(Array(whole[..<(4 * 88 + written)]), to: log.heads.path)
      #expect(try log.verify() == .intact(count: 5, heads: 4))
      try log.append(Self.acts[0])
      #expect(try log.verify() == .intact(count: 6, heads: 6))
    }
  }

  @Test func aHeadThatCannotBeWrittenStopsTheNextAct() throws {
    try withTemporaryFolder { folder throws in
      mkdir("\(folder)/heads", 0o700)
      let log = AuditLog(path: "\(folder)/audit.sqlite", heads: "\(folder)/heads/audit.heads")
      try log.append(Self.acts[0])
      rename("\(folder)/heads", "\(folder)/elsewhere")
      #expect(throws: PredictionLogError.self) { try log.probe() }
      rename("\(folder)/elsewhere", "\(folder)/heads")
      try log.probe()
      try log.append(Self.acts[1])
      #expect(try log.verify() == .intact(count: 2, heads: 2))
    }
  }

  @Test func whatWasLookedThroughIsNotLookedThroughAgain() throws {
    try withLog { log throws in
      var progress = AuditLog.Progress()
      #expect(try log.verify(from: &progress) == .intact(count: 5, heads: 5))
      try log.append(Self.acts[0])
      #expect(try log.verify(from: &progress) == .intact(count: 6, heads: 6))
      #expect(try log.verify(from: &progress) == .intact(count: 6, heads: 6))
      try log.append(Self.acts[1])
      try cut(log, after: 6)
      guard case .broken(7, _) = try log.verify(from: &progress) else {
        Issue.record("the newest row is not missed")
        return
      }
      try cut(log, after: 2)
      guard case .broken(3, _) = try log.verify(from: &progress) else {
        Issue.record("a row that was looked at is not missed")
        return
      }
      unlink(log.heads.path)
      guard case .broken = try log.verify(from: &progress) else {
        Issue.record("the second record is not missed")
        return
      }
    }
  }

  @Test func aLogIsLookedThroughAFewRowsAtATime() throws {
    try withLog { log throws in
      for _ in 0..<4 { try log.append(Self.acts[0]) }
      var progress = AuditLog.Progress()
      for number in [2, 4, 6, 8] {
        #expect(try log.verify(from: &progress, rows: 2) == nil)
        #expect(progress.number == Int64(number))
      }
      #expect(try log.verify(from: &progress, rows: 2) == .intact(count: 9, heads: 9))
      #expect(try log.verify(from: &progress) == .intact(count: 9, heads: 9))
      // While somebody writes it goes on later.
      let lock = try FileLock("\(log.path).lock")
      try lock.take()
      progress = AuditLog.Progress()
      #expect(try log.verify(from: &progress, rows: 2) == nil && progress == .init())
      lock.release()
      for trigger in Self.withoutTriggers { try forge(log, trigger) }
      try forge(log, "UPDATE audit SET user = 'nobody' WHERE number = 3")
      #expect(try log.verify(from: &progress, rows: 2) == nil)
      guard case .broken(3, _) = try log.verify(from: &progress, rows: 2) else {
        Issue.record("the changed row is not found")
        return
      }
    }
  }

  @Test func partsThatAreGoneAreLookedForFromTheFirstRow() throws {
    try withLog { log throws in
      var progress = AuditLog.Progress()
      #expect(try log.verify(from: &progress, rows: 4) == nil)
      try cut(log, after: 2)
      #expect(try log.verify(from: &progress, rows: 4) == nil && progress == .init())
      guard case .broken(3, _) = try log.verify(from: &progress, rows: 4) else {
        Issue.record("the rows are not missed")
        return
      }
    }
  }

  @Test func whoWritesDoesNotWaitForWhoVerifies() throws {
    try withLog { log throws in
      for turn in 0..<300 { try log.append(Self.acts[turn % 5]) }
      let verdicts = Background { try (0..<25).map { _ in try log.verify() } }
      var rows = 305
      for _ in 0..<50 {
        try log.append(Self.acts[0])
        rows += 1
      }
      for verdict in try verdicts.value() {
        guard case .intact(let count, _) = verdict else {
          Issue.record("\(verdict)")
          return
        }
        #expect(count >= 305)
      }
      #expect(try log.verify() == .intact(count: rows, heads: rows))
    }
  }

  @Test func anActThatNeedNotWaitIsLeftWhileSomebodyWrites() throws {
    try withLog { log throws in
      let lock = try FileLock("\(log.path).lock")
      try lock.take()
      #expect(try log.appendIfFree(Self.acts[0]) == nil)
      lock.release()
      #expect(try log.appendIfFree(Self.acts[0])?.number == 6)
      #expect(try log.verify() == .intact(count: 6, heads: 6))
      #expect(throws: PredictionLogError.self) {
        try AuditLog(path: "/proc/nowhere/audit.sqlite").appendIfFree(Self.acts[0])
      }
    }
  }

  @Test func aLogOfBeforeAddressesVerifiesAsItWasAndGoesOn() throws {
    try withTemporaryFolder { folder throws in
      let log = AuditLog(path: "\(folder)/audit.sqlite")
      try DatabaseQueue(path: log.path).write { database in
        try database.execute(
          sql: """
            CREATE TABLE audit (
              number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, user TEXT NOT NULL,
              action TEXT NOT NULL, subject TEXT NOT NULL, outcome TEXT NOT NULL,
              detail TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
            CREATE TRIGGER audit_row_stays BEFORE UPDATE ON audit
              BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
            """)
        var previous = String(repeating: "0", count: 64)
        for number in 1...3 {
          let parts = [previous, "\(number)", "7", "admin", "activate", "v", "done", ""]
          let hash = SHA256()
          for part in parts { hash.update("\(part.utf8.count):\(part)") }
          let digest = hash.finish()
          try database.execute(
            sql: "INSERT INTO audit VALUES (?, 7, 'admin', 'activate', 'v', 'done', '', ?, ?)",
            arguments: [number, previous, digest])
          previous = digest
        }
      }
      #expect(try log.verify() == .intact(count: 3, heads: 0))
      #expect(try log.newest(1).first?.act.address == "")
      try log.append(Self.acts[0])
      #expect(try log.verify() == .intact(count: 4, heads: 1))
      #expect(try log.newest(2).map(\.act.address) == ["192.0.2.1", ""])
      #expect(throws: DatabaseError.self) { try forge(log, "UPDATE audit SET user = 'x'") }
      // One of before that is given an address, or a later one that loses it, is changed.
      for trigger in Self.withoutTriggers { try forge(log, trigger) }
      try forge(log, "UPDATE audit SET address = '' WHERE number = 2")
      #expect(try finding(log)?.number == 2)
    }
  }

  @Test func textsThatNoTableHoldsAreKeptInAnotherForm() throws {
    try withTemporaryFolder { folder throws in
      let log = AuditLog(path: "\(folder)/audit.sqlite")
      let long = String(repeating: "ü", count: 3000)
      try log.append(AuditAct(user: "a\0b", action: "x\n", subject: "'; DROP", detail: long))
      let act = try #require(try log.newest(1).first).act
      #expect(act.user == "a\u{fffd}b" && act.action == "x\u{fffd}" && act.subject == "'; DROP")
      #expect(act.detail == long.prefix(1000))
      #expect(try log.verify() == .intact(count: 1, heads: 1))
    }
  }

  @Test func manyWritersMakeOneChain() throws {
    try withTemporaryFolder { folder throws in
      let log = AuditLog(path: "\(folder)/audit.sqlite")
      let writers = (0..<8).map { writer in
        Background {
          for turn in 0..<10 {
            try log.append(AuditAct(user: "\(writer)", action: "act", subject: "\(turn)"))
          }
        }
      }
      for writer in writers { try writer.value() }
      #expect(try log.verify() == .intact(count: 80, heads: 80))
    }
  }

  @Test func whatCannotBeWrittenIsAnError() throws {
    let log = AuditLog(path: "/proc/nowhere/audit.sqlite")
    #expect(throws: PredictionLogError.self) { try log.append(Self.acts[0]) }
    #expect(throws: PredictionLogError.self) { try log.probe() }
    try withTemporaryFolder { folder throws in
      let path = try write(Array("this is no database at all".utf8), to: "\(folder)/audit.sqlite")
      #expect(throws: PredictionLogError.self) { try AuditLog(path: path).append(Self.acts[0]) }
      #expect(throws: PredictionLogError.self) { try AuditLog(path: path).verify() }
      #expect(throws: PredictionLogError.self) { try AuditLog(path: path).newest(1) }
    }
  }
}
