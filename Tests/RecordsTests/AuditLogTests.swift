import GRDB
import TestSupport
import Testing

@testable import Records

@Suite struct AuditLogTests {
  private static let acts = (1...5).map { number in
    AuditAct(
      user: "admin", action: "activate", subject: "version-\(number)", outcome: "done",
      detail: "because of \(number)")
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
      #expect(try log.verify() == .intact(count: 5))
    }
  }

  @Test func aLogThatWasNeverWrittenIsEmptyAndIntact() throws {
    try withTemporaryFolder { folder throws in
      let log = AuditLog(path: "\(folder)/audit.sqlite")
      #expect(try log.newest(10).isEmpty)
      #expect(try log.verify() == .intact(count: 0))
    }
  }

  @Test(
    "The table refuses every change but a new row",
    arguments: [
      "UPDATE audit SET user = 'nobody' WHERE number = 2", "DELETE FROM audit WHERE number = 5",
      "DELETE FROM audit",
      """
      INSERT OR REPLACE INTO audit SELECT number, time, 'nobody', action, subject, outcome, detail,
        previous_hash, hash FROM audit WHERE number = 3
      """,
    ])
  func refusal(_ statement: String) throws {
    try withLog { log throws in
      #expect(throws: DatabaseError.self) { try forge(log, statement) }
      #expect(try log.newest(100).map(\.act) == Self.acts.reversed())
      #expect(try log.verify() == .intact(count: 5))
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

  @Test func textsThatNoTableHoldsAreKeptInAnotherForm() throws {
    try withTemporaryFolder { folder throws in
      let log = AuditLog(path: "\(folder)/audit.sqlite")
      let long = String(repeating: "ü", count: 3000)
      try log.append(AuditAct(user: "a\0b", action: "x\n", subject: "'; DROP", detail: long))
      let act = try #require(try log.newest(1).first).act
      #expect(act.user == "a\u{fffd}b" && act.action == "x\u{fffd}" && act.subject == "'; DROP")
      #expect(act.detail == long.prefix(1000))
      #expect(try log.verify() == .intact(count: 1))
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
      #expect(try log.verify() == .intact(count: 80))
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
