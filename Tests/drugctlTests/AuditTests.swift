import FoundationEssentials
import Models
import Records
import TestSupport
import Testing

@Suite struct AuditTests {
  @Test func actsAreShownAndVerified() throws {
    try withTemporaryFolder { folder throws in
      let path = "\(folder)/audit.sqlite"
      let log = AuditLog(path: path)
      try log.append(
        AuditAct(
          user: "admin", action: "activate", subject: "39a8d4e015ed", address: "192.0.2.7"))
      try log.append(
        AuditAct(user: "eve", action: "retrain", outcome: "refused", detail: "foreign-site"))
      let shown = try DrugCtlRun("audit", "--log", path)
      #expect(shown.status == 0)
      #expect(shown.lines[0] == "number time (UTC) user address action subject outcome detail")
      #expect(shown.lines[2].hasSuffix("eve retrain refused foreign-site"))
      #expect(shown.lines[3].hasSuffix("admin 192.0.2.7 activate 39a8d4e015ed done"))
      #expect(try DrugCtlRun("audit", "--log", path, "--limit", "1").lines.count == 3)
      let verified = try DrugCtlRun("audit", "--log", path, "--verify")
      #expect(verified.status == 0)
      let heads = "\(folder)/audit.heads"
      #expect(verified.output == "intact: 2 rows\ncompared with 2 heads in \(heads)\n")
    }
  }

  @Test func rowsThatAreMissingAreFoundByTheSecondRecord() throws {
    try withTemporaryFolder { folder throws in
      let path = "\(folder)/audit.sqlite"
      let heads = "\(folder)/elsewhere.heads"
      let log = AuditLog(path: path, heads: heads)
      try log.append(AuditAct(user: "admin", action: "activate", subject: "39a8d4e015ed"))
      let options = ["audit", "--log", path, "--heads", heads, "--verify"]
      #expect(try DrugCtlRun(options).status == 0)
      try FileManager.default.removeItem(atPath: path)
      let run = try DrugCtlRun(options)
      #expect(run.status == 1 && run.errors.contains("broken at row 1: all rows are missing"))
    }
  }

  @Test func aLogThatIsNoneIsNamed() throws {
    let missing = try DrugCtlRun("audit", "--log", "/nowhere/audit.sqlite", "--verify")
    #expect(missing.status == 1)
    #expect(missing.errors == "Error: /nowhere/audit.sqlite: there is no such file\n")
    try withTemporaryFolder { folder throws in
      let path = try write(Array("no database".utf8), to: "\(folder)/audit.sqlite")
      let run = try DrugCtlRun("audit", "--log", path, "--verify")
      #expect(run.status == 1 && !run.errors.isEmpty && run.output.isEmpty)
    }
    #expect(try DrugCtlRun("audit", "--limit", "0").status == 64)
  }
}
