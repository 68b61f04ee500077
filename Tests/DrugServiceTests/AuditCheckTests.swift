import Foundation
import GRDB
import Logging
import POSIX
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct AuditCheckTests {
  private func withLog<Result>(
    rows: Int, _ body: (_ log: AuditLog, _ check: AuditCheck) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder throws in
      let log = AuditLog(path: "\(folder)/audit.sqlite")
      for row in 0..<rows { try log.append(AuditAct(user: "ann", action: "act \(row)")) }
      return try body(log, AuditCheck(log, logger: silent))
    }
  }

  /// Changes the table as somebody would who knows SQLite.
  private func forge(_ log: AuditLog, _ statement: String) throws {
    try DatabaseQueue(path: log.path).write { database in
      for trigger in ["row_stays", "row_remains", "row_is_not_replaced"] {
        try database.execute(sql: "DROP TRIGGER IF EXISTS audit_\(trigger)")
      }
      try database.execute(sql: statement)
    }
  }

  @Test func aChangeOfAnOldRowIsFoundThoughItWasLookedAt() throws {
    try withLog(rows: 1100) { log, check throws in
      let start = ContinuousClock.now
      #expect(try check.verify() == .intact(count: 1100, heads: 1100))
      try forge(log, "UPDATE audit SET user = 'eve' WHERE number = 700")
      try log.append(AuditAct(user: "ann", action: "act"))
      // Who asks is told of what is new, and of what the rounds have found.
      #expect(try check.verify() == .intact(count: 1101, heads: 1101))
      for _ in 0..<10 { check.maintain() }
      guard case .broken(700, _) = try check.verify() else {
        Issue.record("the changed row is not found")
        return
      }
      try forge(log, "UPDATE audit SET user = 'ann' WHERE number = 700")
      for _ in 0..<10 { check.maintain(at: start + .seconds(600)) }
      #expect(try check.verify() == .intact(count: 1101, heads: 1101))
    }
  }

  @Test func ofASmallLogEveryChangeIsFoundAtOnce() throws {
    try withLog(rows: 5) { log, check throws in
      check.maintain()
      #expect(try check.verify() == .intact(count: 5, heads: 5))
      try forge(log, "UPDATE audit SET user = 'eve' WHERE number = 2")
      guard case .broken(2, _) = try check.verify() else {
        Issue.record("the changed row is not found")
        return
      }
    }
  }

  @Test func rowsThatBothFilesLostStayAFinding() throws {
    try withLog(rows: 4) { log, check throws in
      let start = ContinuousClock.now
      let (rows, heads) = try (bytes(of: log.path), bytes(of: log.heads.path))
      try log.append(AuditAct(user: "eve", action: "act"))
      #expect(try check.verify() == .intact(count: 5, heads: 5))
      // The older pair fits, and is not what was there.
      try DurableFile.write(rows, to: log.path)
      try DurableFile.write(heads, to: log.heads.path)
      #expect(try log.verify() == .intact(count: 4, heads: 4))
      for minute in 1...3 {
        let now = start + .seconds(120 * minute)
        check.maintain(at: now)
        guard case .broken = try check.verify(at: now) else {
          Issue.record("the cut is forgotten")
          return
        }
      }
    }
  }

  @Test(
    "An older pair of files, and another that is as long, is logged though nobody asks",
    arguments: [false, true])
  func anotherLog(isAsLong: Bool) throws {
    try withLog(rows: 4) { log, _ throws in
      try withTemporaryFolder { folder throws in
        let path = "\(folder)/log"
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let output = LogOutput(descriptor: descriptor)
        let check = AuditCheck(log, logger: Logger(label: "test") { _ in JSONLogHandler(output) })
        let start = ContinuousClock.now
        let (rows, heads) = try (bytes(of: log.path), bytes(of: log.heads.path))
        try log.append(AuditAct(user: "eve", action: "act"))
        check.maintain(at: start)
        try DurableFile.write(rows, to: log.path)
        try DurableFile.write(heads, to: log.heads.path)
        if isAsLong { try log.append(AuditAct(user: "eve", action: "another act")) }
        for minute in 1...4 { check.maintain(at: start + .seconds(120 * minute)) }
        output.flush()
        let lines = String(decoding: try bytes(of: path), as: UTF8.self)
          .split(separator: "\n").filter { $0.contains("audit log broken") }
        #expect(lines.count == 1 && lines[0].contains("\"number\":5"))
      }
    }
  }

  @Test func theRoundsBeforeSomebodyAsksSaveTheWork() throws {
    try withLog(rows: 3) { log, check throws in
      check.maintain()
      try DurableFile.write([], to: log.heads.path)
      guard case .broken(1, _) = try check.verify() else {
        Issue.record("the missing heads are not found")
        return
      }
    }
  }

  private func bytes(of path: String) throws -> [UInt8] {
    let (file, status) = try FileDescriptor.regular(path)
    defer { file.close() }
    return try file.bytes(status.size)
  }
}
