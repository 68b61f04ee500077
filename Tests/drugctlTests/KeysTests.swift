import Accounts
import POSIX
import TestSupport
import Testing

@Suite struct KeysTests {
  @Test func aKeyIsMadeListedAndRevoked() throws {
    try withTemporaryFolder { folder throws in
      let path = "\(folder)/keys"
      let made = try DrugCtlRun("keys", "add", "ward-3", "--per-minute", "60", "--keys", path)
      #expect(made.status == 0)
      let key = String(made.output.dropLast())
      #expect(mode(of: path) == 0o600)
      #expect(!(try AccountFile.read(path)).contains(key))
      #expect(KeyFile(try AccountFile.read(path)).holder(of: key)?.perMinute == 60)
      let twice = try DrugCtlRun("keys", "add", "ward-3", "--keys", path)
      #expect(twice.status == 1 && twice.errors == "Error: ward-3 has a key; revoke it first\n")
      #expect(try DrugCtlRun("keys", "revoke", "ward-3", "--keys", path).status == 0)
      #expect(KeyFile(try AccountFile.read(path)).holder(of: key) == nil)
      #expect(try DrugCtlRun("keys", "revoke", "ward-3", "--keys", path).status == 1)
      #expect(try DrugCtlRun("keys", "add", "ward-3", "--keys", path).status == 0)
      let list = try DrugCtlRun("keys", "--keys", path)
      #expect(list.lines.count == 4 && !list.output.contains(key))
      #expect(list.lines[2].hasPrefix("ward-3 60 ") && list.lines[3].hasPrefix("ward-3 1000 "))
    }
  }

  @Test("What makes no sense is refused", arguments: [["a b"], ["a", "--per-minute", "0"], [""]])
  func misused(_ arguments: [String]) throws {
    #expect(
      try DrugCtlRun(["keys", "add"] + arguments + ["--keys", "/nowhere/keys"]).status == 64)
  }
}
