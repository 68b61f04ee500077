import FoundationEssentials
import Linux
import POSIX
import TestSupport
import Testing

@Suite struct LinuxTests {
  @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1])
  func eachSignalThatEndsAProcessIsWaitedFor(_ signal: Int32) {
    let signals = TerminationSignals()
    pthread_kill(pthread_self(), signal)
    #expect(signals.wait(milliseconds: 10_000) == signal)
    #expect(signals.wait(milliseconds: 1) == nil)
  }

  @Test func anAlarmWakesWhoeverWaitsAndKeepsRinging() throws {
    let epoll = try Epoll()
    let alarm = try Alarm()
    epoll.watch(alarm.number)
    #expect(!epoll.wait(limit: 0) { _ in })
    let ringing = Background { alarm.ring() }
    var rung: [Int32] = []
    #expect(epoll.wait(limit: 10_000) { rung.append($0) })
    #expect(rung == [alarm.number])
    try ringing.value()
    #expect(epoll.wait(limit: 0) { _ in })
    epoll.unwatch(alarm.number)
    #expect(!epoll.wait(limit: 0) { _ in })
  }

  @Test func aByteIsLockedForOneOpeningOfAFileUntilThatIsClosed() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/locked"
      let (one, other) = (
        try FileDescriptor(opening: path, O_RDWR | O_CREAT),
        try FileDescriptor(opening: path, O_RDWR)
      )
      defer { other.close() }
      #expect(ByteLock(on: one, at: 3).takeIfFree())
      #expect(!ByteLock(on: one, at: 3).isTakenByOther)
      #expect(ByteLock(on: other, at: 3).isTakenByOther && !ByteLock(on: other, at: 3).takeIfFree())
      #expect(!ByteLock(on: other, at: 4).isTakenByOther)
      one.close()
      #expect(ByteLock(on: other, at: 3).takeIfFree())
    }
  }

  @Test func aChildPrintsEndsAndInheritsTheLockAlone() throws {
    try withTemporaryFolder { folder in
      let lock = try FileLock("\(folder)/lock")
      let child = try ChildProcess(
        ["sh", "-c", "ls /proc/self/fd | tr '\n' ' '; echo wrong >&2; exit 7"], lock: lock.file)
      defer { child.closeStreams() }
      var (output, errors) = ([UInt8](), [UInt8]())
      var status: ChildProcess.Status?
      while status == nil {
        _ = child.waitForOutput(milliseconds: 100)
        read(child.output, &output)
        read(child.errors, &errors)
        status = child.status()
      }
      read(child.output, &output)
      read(child.errors, &errors)
      guard case .exit(7)? = status else {
        Issue.record("it ended otherwise: \(String(describing: status))")
        return
      }
      // What ls itself opens, to list them, is number 4.
      #expect(String(decoding: output, as: UTF8.self) == "0 1 2 3 4 ")
      #expect(String(decoding: errors, as: UTF8.self) == "wrong\n")
    }
  }

  private func read(_ file: FileDescriptor, _ bytes: inout [UInt8]) {
    var piece = [UInt8](repeating: 0, count: 1000)
    while let count = try? file.read(into: &piece), count > 0 { bytes += piece[..<count] }
  }

  @Test func aProgramThatIsNotThereIsToldOf() throws {
    try withTemporaryFolder { folder in
      let lock = try FileLock("\(folder)/lock")
      // setpriv is there, and says so itself.
      let child = try ChildProcess(["\(folder)/nothing"], lock: lock.file)
      defer { child.closeStreams() }
      while child.status() == nil { _ = child.waitForOutput(milliseconds: 100) }
      var complaint: [UInt8] = []
      read(child.errors, &complaint)
      #expect(String(decoding: complaint, as: UTF8.self).contains("No such file or directory"))
    }
  }

  @Test func aProcessIsToldFromALaterOneOfItsNumber() throws {
    let own = try #require(ProcessFigures.mark(of: getpid()))
    #expect(own.hasPrefix("\(getpid()) ") && own == ProcessFigures.mark(of: getpid()))
    #expect(ProcessFigures.mark(of: 0) == nil)
    let figures = try #require(ProcessFigures(of: getpid()))
    #expect(figures.residentBytes > 1 << 20)
    let file = try FileDescriptor(opening: "/dev/null", O_RDONLY)
    defer { file.close() }
    #expect(figures.openDescriptors >= 3)
    #expect(ProcessFigures(of: 0) == nil)
  }
}
