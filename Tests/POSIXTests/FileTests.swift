import FoundationEssentials
import POSIX
import Synchronization
import TestSupport
import Testing

@Suite struct FileTests {
  private func content(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func aFileIsReplacedWholeAndNothingElseIsLeft() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/file"
      for bytes in [[], [1, 2, 3], Array(repeating: UInt8(7), count: 1 << 20)] as [[UInt8]] {
        try DurableFile.write(bytes, to: path)
        #expect(try content(path) == bytes)
      }
      #expect(try names(folder) == ["file"])
    }
  }

  @Test func writersAtOnceLeaveOneOfTheirContents() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/file"
      let writers = (0..<4).map { writer in
        Background {
          for _ in 0..<20 {
            try DurableFile.write([UInt8](repeating: UInt8(writer), count: 10_000), to: path)
          }
        }
      }
      for writer in writers { try writer.value() }
      let found = try content(path)
      #expect(found.count == 10_000 && Set(found).count == 1)
      #expect(try names(folder) == ["file"])
    }
  }

  @Test func whatCannotBeWrittenLeavesWhatWasThereAndNamesCallAndPath() throws {
    try withTemporaryFolder { folder in
      try DurableFile.makeFolders("\(folder)/taken/inside")
      let error = #expect(throws: SystemError.self) {
        try DurableFile.write([1], to: "\(folder)/taken")
      }
      #expect(error?.call == "rename" && error?.path == "\(folder)/taken")
      #expect(error?.code == EISDIR && error?.reason == "Is a directory")
      #expect(error?.description == "rename \(folder)/taken: Is a directory")
      #expect(try names(folder) == ["taken"])
      let missing = #expect(throws: SystemError.self) {
        try DurableFile.write([1], to: "\(folder)/missing/file")
      }
      #expect(missing?.call == "open" && missing?.code == ENOENT)
    }
  }

  @Test func aLinkIsSwappedInOneStep() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/current"
      for target in ["a", "b", "../elsewhere"] {
        try DurableFile.link(path, to: target)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == target)
      }
      #expect(try names(folder) == ["current"])
      #expect(DurableFile.resolved(path) == nil)
      try DurableFile.link(path, to: ".")
      #expect(DurableFile.resolved(path) == DurableFile.resolved(folder))
    }
  }

  @Test func temporaryNamesLieBesideTheFileAndAreNeverTheSame() {
    let names = (0..<1000).map { _ in DurableFile.temporaryName(for: "/a/b/c.rf") }
    #expect(Set(names).count == 1000)
    #expect(names.allSatisfy { $0.hasPrefix("/a/b/.c.rf.") && $0.hasSuffix(".tmp") })
    #expect(DurableFile.temporaryName(for: "c").hasPrefix(".c."))
  }

  @Test func onlyARegularFileIsOpenedAsOne() throws {
    try withTemporaryFolder { folder in
      try #require(mkfifo("\(folder)/pipe", 0o600) == 0)
      for path in [folder, "\(folder)/pipe", "/dev/null"] {
        let error = #expect(throws: SystemError.self) { try FileDescriptor.regular(path) }
        #expect(error?.code == 0 && error?.call == "open")
      }
      #expect(throws: SystemError.self) { try FileDescriptor.regular("\(folder)/none") }
      try DurableFile.write([1, 2, 3, 4], to: "\(folder)/file")
      let (file, status) = try FileDescriptor.regular("\(folder)/file")
      defer { file.close() }
      #expect(status.isRegular && !status.isFolder && status.size == 4)
      #expect(status == FileStatus(of: "\(folder)/file"))
      var bytes = [UInt8](repeating: 0, count: 3)
      #expect(try file.read(into: &bytes) == 3 && bytes == [1, 2, 3])
      #expect(try file.read(into: &bytes) == 1 && bytes[0] == 4)
      #expect(try file.read(into: &bytes) == 0)
    }
  }

  @Test func aFileThatWasWrittenIsAnotherThanBefore() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/file"
      #expect(FileStatus(of: path) == nil && !FileStatus.exists(path))
      try DurableFile.write([1], to: path)
      let first = FileStatus(of: path)
      try DurableFile.write([2], to: path)
      #expect(first != FileStatus(of: path) && FileStatus.exists(path))
      try #require(symlink("nowhere", "\(folder)/link") == 0)
      #expect(FileStatus(of: "\(folder)/link") == nil)
      #expect(FileStatus(of: "\(folder)/link", followsLinks: false) != nil)
      #expect((DiskSpace(at: folder)?.freeShare ?? 2) <= 1)
      let disk = try #require(DiskSpace(at: folder))
      #expect(disk.freeBytes <= disk.totalBytes && disk.totalBytes > 0)
      #expect(DiskSpace(at: "\(folder)/none") == nil)
    }
  }

  @Test func whatIsPrivateIsItsOwnersAlone() throws {
    func mode(_ path: String) -> mode_t {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
    try withTemporaryFolder { folder in
      try PrivateFile.make("\(folder)/new")
      #expect(mode("\(folder)/new") & ~0o600 == 0 && FileStatus(of: "\(folder)/new")?.size == 0)
      try DurableFile.write([1], to: "\(folder)/written", mode: PrivateFile.mode)
      #expect(mode("\(folder)/written") & ~0o600 == 0)
      try DurableFile.makeFolders("\(folder)/a/b", mode: PrivateFile.folderMode)
      #expect(mode("\(folder)/a/b") & ~0o700 == 0)

      try #require(chmod("\(folder)/written", 0o664) == 0)
      // One that is there keeps what it holds.
      try PrivateFile.make("\(folder)/written")
      #expect(FileStatus(of: "\(folder)/written")?.size == 1)
      PrivateFile.withdraw(PrivateFile.others, from: "\(folder)/written")
      #expect(mode("\(folder)/written") == 0o660)
      PrivateFile.withdraw(PrivateFile.everybodyElse, from: "\(folder)/written")
      #expect(mode("\(folder)/written") == 0o600)
    }
  }

  @Test func whoHoldsALockIsAloneAndClosingGivesItBack() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/lock"
      var holder: FileLock? = try FileLock(path)
      #expect(try holder?.takeIfFree() == true)
      let other = try FileLock(path)
      #expect(try !other.takeIfFree())
      holder = nil
      #expect(try other.takeIfFree())
      other.release()
      let count = Mutex(0)
      let workers = (0..<4).map { _ in
        Background {
          let lock = try FileLock(path)
          for _ in 0..<50 {
            try lock.whileHeld {
              let seen = count.withLock { $0 }
              sched_yield()
              count.withLock { $0 = seen + 1 }
            }
          }
        }
      }
      for worker in workers { try worker.value() }
      #expect(count.withLock { $0 } == 200)
    }
  }
}
