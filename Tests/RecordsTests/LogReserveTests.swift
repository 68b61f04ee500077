import POSIX
import Patients
import Synchronization
import TestSupport
import Testing
@testable import Records

/// Room that is kept for the log; that a full disk is helped by it is shown by Tests/System/test_room.py.
@Suite struct LogReserveTests {
  private func withSettings(
    reserve: Int, _ body: (_ settings: PredictionLog.Settings, _ file: String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var settings = PredictionLog.Settings(path: "\(folder)/predictions.sqlite")
      settings.reserve = reserve
      try body(settings, "\(settings.path).reserve")
    }
  }

  @Test func roomIsKeptFromTheStartAndGivenBackOnce() throws {
    try withSettings(reserve: 1 << 20) { settings, file in
      let reserve = try #require(LogReserve(settings))
      #expect(!reserve.isKept && reserve.make() && reserve.isKept)
      #expect(FileStatus(of: file)?.size == 1 << 20)
      #expect(!reserve.make())
      #expect(reserve.release() && !reserve.isKept && !reserve.release())
      // What was cut short, as by a process that died, is not taken for it.
      try DurableFile.write([1], to: file)
      #expect(!reserve.isKept && reserve.make() && reserve.isKept)
    }
  }

  @Test func aDiskIsNotFilledByItsReserve() throws {
    try withSettings(reserve: 1 << 60) { settings, file in
      let reserve = try #require(LogReserve(settings))
      let disk = try #require(DiskSpace(at: "/tmp"))
      // Only as much as a sixteenth is ever asked for, and nothing that would leave little.
      if disk.freeBytes < disk.totalBytes / 4 {
        #expect(!reserve.make() && FileStatus(of: file) == nil)
      }
    }
  }

  @Test func aLogKeepsItsReserveAndSaysSo() throws {
    try withSettings(reserve: 1 << 20) { settings, file in
      let events = Mutex<[String]>([])
      let log = PredictionLog(settings) { event in
        switch event {
        case .reserveKept: events.withLock { $0.append("kept") }
        case .withoutReserve: events.withLock { $0.append("without") }
        default: break
        }
      }
      #expect(log.hasReserve == true && events.withLock { $0 } == ["kept"])
      #expect(unlink(file) == 0)
      #expect(log.hasReserve == false)
      log.maintain()
      #expect(log.hasReserve == true && events.withLock { $0 } == ["kept", "kept"])
    }
  }

  @Test func aLogWithoutOneSaysNothingOfIt() throws {
    try withSettings(reserve: 0) { settings, file in
      let log = PredictionLog(settings)
      log.maintain()
      #expect(log.hasReserve == nil && !FileStatus.exists(file))
    }
  }

  @Test func onlyAFullDiskUsesIt() throws {
    try withSettings(reserve: 1 << 20) { settings, _ in
      let reserve = try #require(LogReserve(settings))
      #expect(reserve.helps(PredictionLogError(.full, "")))
      for code in PredictionLogError.Code.allCases where code != .full {
        #expect(!reserve.helps(PredictionLogError(code, "")))
      }
    }
  }

  @Test func whatIsKeptIsItsOwnersAlone() throws {
    func rightsOfOthers(_ path: String) -> mode_t? {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_mode & 0o077 : nil
    }
    try withSettings(reserve: 1 << 20) { settings, file in
      let log = PredictionLog(settings)
      try log.append([])
      let folder = String(settings.path.dropLast("/predictions.sqlite".count))
      let audit = AuditLog(path: "\(folder)/audit.sqlite")
      try audit.probe()
      _ = try RunStore(root: folder)
      for path in [
        settings.path, "\(settings.path)-wal", "\(settings.path)-shm", "\(settings.path).lock",
        file,
        audit.path, "\(folder)/runs.sqlite",
      ] { #expect(rightsOfOthers(path) == 0, "\(path)") }
      // One that everybody could read is mended by the next who opens it.
      try #require(chmod(audit.path, 0o644) == 0)
      try audit.probe()
      #expect(rightsOfOthers(audit.path) == 0o040)
    }
  }
}
