import Accounts
import POSIX
import TestSupport
import Testing

@Suite struct UsersTests {
  private func withPassword<Result>(
    _ password: String = "correct horse\n",
    _ body: (_ people: String, _ password: String) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder throws in
      let file = try write(Array(password.utf8), to: "\(folder)/password")
      return try body("\(folder)/htpasswd", file)
    }
  }

  private func add(_ name: String, _ roles: String, _ people: String, _ password: String) throws
    -> DrugCtlRun
  {
    try DrugCtlRun(
      "users", "add", name, "--roles", roles, "--password-file", password, "--passwords", people)
  }

  @Test func peopleAreAddedChangedListedAndRemoved() throws {
    try withPassword { people, password throws in
      #expect(
        try add("ann", "auditor,clinician", people, password).output
          == "ann may sign in: clinician, auditor.\n")
      #expect(try add("b.o-b_1@ward", "engineer", people, password).status == 0)
      let file = PasswordFile(try AccountFile.read(people))
      let ann = try #require(file["ann"])
      #expect(ann.hash.matches("correct horse") && ann.person.roles == [.clinician, .auditor])
      #expect(mode(of: people) == 0o600)
      #expect(try add("ann", "engineer", people, password).status == 0)
      let list = try DrugCtlRun("users", "--passwords", people)
      #expect(list.lines.suffix(2) == ["ann engineer", "b.o-b_1@ward engineer"])
      #expect(try DrugCtlRun("users", "remove", "ann", "--passwords", people).status == 0)
      #expect(
        PasswordFile(try AccountFile.read(people)).entries.map(\.person.name) == ["b.o-b_1@ward"])
      let again = try DrugCtlRun("users", "remove", "ann", "--passwords", people)
      #expect(again.status == 1 && again.errors == "Error: \(people): there is no ann\n")
    }
  }

  @Test(
    "Root leaves a file to whom it belongs, and gives a new one to whom its folder belongs",
    .enabled(if: geteuid() == 0))
  func owners() throws {
    try withPassword { people, password throws in
      let folder = String(people.prefix(upTo: people.lastIndex(of: "/")!))
      #expect(chown(folder, 1234, 5678) == 0)
      #expect(try add("ann", "auditor", people, password).status == 0)
      for path in [people, "\(people).lock"] {
        let owner = try #require(FileOwner(ofFileAt: path))
        #expect(owner.user == 1234 && owner.group == 5678)
        #expect(mode(of: path) == 0o600)
      }
      #expect(chown(people, 4321, 8765) == 0 && chmod(people, 0o644) == 0)
      #expect(try DrugCtlRun("users", "remove", "ann", "--passwords", people).status == 0)
      let owner = try #require(FileOwner(ofFileAt: people))
      #expect(owner.user == 4321 && owner.group == 8765)
      // Who could read it still can: the service may be one of them.
      #expect(mode(of: people) == 0o644 && mode(of: "\(people).lock") == 0o600)
      // A link that somebody has put in the lock's place gives nobody what it leads to.
      let victim = try write([], to: "\(folder)/victim")
      #expect(chown(victim, 0, 0) == 0 && unlink("\(people).lock") == 0)
      #expect(symlink(victim, "\(people).lock") == 0)
      #expect(try DrugCtlRun("users", "remove", "ann", "--passwords", people).status == 1)
      #expect(try #require(FileOwner(ofFileAt: victim)).user == 0)
    }
  }

  @Test func whatElseStandsInTheFileStays() throws {
    try withPassword { people, password throws in
      _ = try write(Array("# people\nold:{PLAIN}x\n".utf8), to: people)
      #expect(try add("ann", "auditor", people, password).status == 0)
      #expect(try AccountFile.read(people).hasPrefix("# people\nold:{PLAIN}x\nann:$y$"))
      let list = try DrugCtlRun("users", "--passwords", people)
      #expect(
        list.errors
          == "Warning: line 2 is not in force: its hash is of a form that is not checked here\n")
    }
  }

  @Test(
    "Names that would spoil a file or a log are refused",
    arguments: ["a:b", "a b", "a\nb", "", "ä", String(repeating: "a", count: 65)])
  func names(_ name: String) throws {
    try withPassword { people, password throws in
      #expect(try add(name, "auditor", people, password).status == 64)
      #expect(!FileStatus.exists(people))
    }
  }

  @Test("Roles are those that there are", arguments: ["", "doctor", "auditor,", "auditor,doctor"])
  func roles(_ roles: String) throws {
    try withPassword { people, password throws in
      #expect(try add("ann", roles, people, password).status == 64)
    }
  }

  @Test(
    "A password that the service would not take is refused",
    arguments: ["", "short", "tab\tinside", String(repeating: "x", count: 257)])
  func passwords(_ text: String) throws {
    try withPassword(text) { people, password throws in
      #expect(try add("ann", "auditor", people, password).status == 1)
      #expect(!FileStatus.exists(people))
    }
  }
}

/// Who may read and write a file.
func mode(of path: String) -> mode_t {
  var status = stat()
  stat(path, &status)
  return status.st_mode & 0o777
}
