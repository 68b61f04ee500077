import POSIX
import TestSupport
import Testing
@testable import Accounts

@Suite struct PasswordFileTests {
  private static let hash = PasswordHashTests.hashes[2]

  @Test func aLineWithoutRolesHasAll() throws {
    let file = PasswordFile("# people\n\nadmin:\(Self.hash)\r\n")
    #expect(file.faults.isEmpty)
    #expect(try #require(file["admin"]).person == Person(name: "admin", roles: Set(Role.allCases)))
    #expect(file["Admin"] == nil && file[""] == nil)
  }

  @Test func rolesAreThoseOfTheLine() throws {
    let file = PasswordFile("ann:\(Self.hash):clinician, auditor\nbob:\(Self.hash):engineer\n")
    #expect(try #require(file["ann"]).person.roles == [.clinician, .auditor])
    #expect(try #require(file["bob"]).person.roles == [.engineer])
  }

  @Test(
    "Whose line is not understood cannot sign in, and the others can",
    arguments: [
      ("eve", "it is not name:hash or name:hash:roles"),
      (":\(hash)", "it is not name:hash or name:hash:roles"),
      ("eve:{PLAIN}secret", "its hash is of a form that is not checked here"),
      ("eve:\(hash):", "its roles are not of clinician, engineer, auditor"),
      ("eve:\(hash):doctor", "its roles are not of clinician, engineer, auditor"),
      ("eve:\(hash):clinician,", "its roles are not of clinician, engineer, auditor"),
      ("ann:\(hash):auditor", "its name stands further up"),
    ])
  func faults(_ line: String, _ reason: String) throws {
    let file = PasswordFile("ann:\(Self.hash):clinician\n\(line)\nbob:\(Self.hash)\n")
    #expect(file.faults == [PasswordFile.Fault(line: 2, reason: reason)])
    #expect(file.entries.map(\.person.name) == ["ann", "bob"])
    #expect(try #require(file["ann"]).person.roles == [.clinician])
    #expect(file["eve"] == nil)
  }

  @Test func aFileIsReadAgainWhenItHasChanged() throws {
    try withTemporaryFolder { folder throws in
      let path = try write(Array("ann:\(Self.hash)\n".utf8), to: "\(folder)/people")
      let file = WatchedFile(path, parse: { PasswordFile($0) })
      let first = try #require(file.current)
      #expect(first.value["ann"] != nil && file.current?.number == first.number)
      try DurableFile.write(Array("bob:\(Self.hash)\n".utf8), to: path)
      let second = try #require(file.current)
      #expect(second.number != first.number)
      #expect(second.value["ann"] == nil && second.value["bob"] != nil)
      unlink(path)
      #expect(try #require(file.current).value.entries.isEmpty)
    }
  }

  @Test func aFileThatNeverCouldBeReadHoldsNothingAndIsToldOnce() throws {
    try withTemporaryFolder { folder throws in
      let told = Told()
      let file = WatchedFile(folder, parse: { PasswordFile($0) }) { _, failure in
        told.add(failure.map { "\($0)" })
      }
      let now = ContinuousClock.now
      for seconds in 0..<4 { #expect(file.current(at: now + .seconds(seconds)) == nil) }
      #expect(told.all.count == 1 && told.all[0] != nil)
    }
  }

  @Test func whatWasReadStaysWhileTheFileCannotBeRead() throws {
    try withTemporaryFolder { folder throws in
      let path = try write(Array("ann:\(Self.hash)\n".utf8), to: "\(folder)/people")
      let told = Told()
      let file = WatchedFile(path, parse: { PasswordFile($0) }) { _, failure in
        told.add(failure.map { "\($0)" })
      }
      let first = try #require(file.current)
      try DurableFile.write(Array("bob:\(Self.hash)\n".utf8), to: path)
      chmod(path, 0)
      let now = ContinuousClock.now
      try withoutRights {
        for seconds in 0..<3 {
          #expect(file.current(at: now + .seconds(seconds))?.number == first.number)
        }
      }
      #expect(told.all.count == 2 && told.all[1] != nil)
      // Readable again, though nothing has been written: tried within a second, not at once.
      #expect(file.current(at: now + .milliseconds(2900))?.value["bob"] == nil)
      let second = try #require(file.current(at: now + .seconds(3)))
      #expect(second.value["bob"] != nil && second.value["ann"] == nil)
      #expect(told.all.count == 3 && told.all[2] == nil)
    }
  }

  @Test func aFileThatIsWrittenWithItsOldDateIsReadAgain() throws {
    try withTemporaryFolder { folder throws in
      let path = try write(Array("ann:\(Self.hash)\n".utf8), to: "\(folder)/people")
      let file = WatchedFile(path, parse: { PasswordFile($0) })
      #expect(try #require(file.current).value["ann"] != nil)
      var status = stat()
      stat(path, &status)
      // The clock of a file system goes in steps.
      usleep(20_000)
      let descriptor = try FileDescriptor(opening: path, O_WRONLY)
      defer { descriptor.close() }
      try descriptor.write(Array("bob".utf8))
      let times = [status.st_atim, status.st_mtim]
      #expect(futimens(descriptor.number, times) == 0)
      #expect(try #require(file.current).value["bob"] != nil)
    }
  }
}

/// What was reported.
private final class Told: @unchecked Sendable {
  // `@unchecked Sendable` because `words` is protected by `lock`.
  private let lock = Lock()
  private var words: [String?] = []

  func add(_ text: String?) { lock.whileHeld { words.append(text) } }
  var all: [String?] { lock.whileHeld { words } }
}
