import Dispatch
import FoundationEssentials
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import RandomForest

struct ForestFileTests {
  private static let bytes = try! smallForest().fileBytes

  // MARK: Sound files

  @Test(arguments: [false, true])
  func aForestReadsBackAsItWasWritten(hasHoles: Bool) throws {
    let forest = try hasHoles ? forestWithHoles() : smallForest()
    try withTemporaryFolder { folder in
      try forest.write(to: "\(folder)/forest.rf")
      let mapped = try Forest(mapping: "\(folder)/forest.rf")
      try mapped.verify()
      #expect(mapped.fileBytes == forest.fileBytes)
      #expect(mapped.schema == forest.schema)
      #expect(mapped.parameters.elementsEqual(forest.parameters, by: ==))
      #expect(mapped.treeCount == forest.treeCount && mapped.nodeCount == forest.nodeCount)
      for tree in 0..<forest.treeCount {
        #expect(TextbookTree(try mapped.tree(tree)) == TextbookTree(try forest.tree(tree)))
      }
      try mapped.write(to: "\(folder)/copy.rf")
      #expect(try Forest(mapping: "\(folder)/copy.rf").fileBytes == forest.fileBytes)
    }
  }

  @Test func aFileCanBeReplacedWhileItIsMapped() throws {
    try withTemporaryFolder { folder in
      let (old, new) = (try smallForest(), try smallForest(treeCount: 5))
      try old.write(to: "\(folder)/forest.rf")
      let mapped = try Forest(mapping: "\(folder)/forest.rf")
      try new.write(to: "\(folder)/forest.rf")
      #expect(mapped.fileBytes == old.fileBytes)
      #expect(try Forest(mapping: "\(folder)/forest.rf").fileBytes == new.fileBytes)
    }
  }

  @Test func checksumsAreThoseOfXXH64() {
    // The test vectors of the algorithm's description, and its own 32-byte path.
    func hash(_ text: String) -> UInt64 { Array(text.utf8).withUnsafeBytes { XXH64.hash($0) } }
    #expect(hash("") == 0xef46_db37_51d8_e999)
    #expect(hash("a") == 0xd24e_c4f1_a98c_6e5b)
    #expect(hash("abc") == 0x44bc_2cf5_ad77_0999)
    #expect(hash("Nobody inspects the spammish repetition") == 0xfbce_a83c_8a37_8bf1)
  }

  // MARK: Damaged files

  private static let cuts =
    Array(0...ForestFormat.headerSize + 8 * ForestFormat.sectionEntrySize)
    + (0..<1000).map { $0 * bytes.count / 1000 }

  @Test func aFileCutAnywhereIsRefused() throws {
    for length in Self.cuts {
      let error = try receive(Self.bytes.prefix(length)).error
      #expect(error?.code == (length < 8 ? .notAForest : .wrongLength), "\(length) bytes")
    }
  }

  /// As a forger would cut it: the header states the new length and its checksum is right.
  @Test func aFileCutByAForgerIsRefused() throws {
    // What follows the last section is padding, which a file may lack.
    let end = ForgedForest(Self.bytes).range(of: .covers).upperBound
    for length in Self.cuts where length >= ForestFormat.headerSize && length < end {
      var forged = ForgedForest(Array(Self.bytes.prefix(length)))
      forged[UInt64.self, at: 16] = UInt64(length)
      #expect(try receive(forged.signed) != .sound, "\(length) bytes")
    }
  }

  @Test(arguments: [0x01, 0x20, 0x80, 0xff] as [UInt8])
  func everyChangedByteIsFound(change: UInt8) throws {
    for place in Self.bytes.indices {
      var bytes = Self.bytes
      bytes[place] ^= change
      #expect(try receive(bytes) != .sound, "byte \(place)")
    }
  }

  /// A random change whose checksums were made right may give another sound file; it may not give
  /// an answer out of range.
  @Test(arguments: [false, true])
  func changedBytesUnderRightChecksumsAnswerInRangeOrAreRefused(hasHoles: Bool) throws {
    let bytes = try hasHoles ? forestWithHoles().fileBytes : Self.bytes
    var generator = SeededGenerator(seed: printedSeed())
    for _ in 0..<3000 {
      var forged = ForgedForest(bytes)
      for _ in 0...generator.below(4) {
        forged[generator.below(bytes.count)] = UInt8(generator.below(256))
      }
      _ = try receive(forged.signed)
    }
  }

  @Test(arguments: [
    ("\r\n", "\n"), ("\n", "\r\n"), ("\n", "\r"), ("\r", ""), ("\u{1a}", ""), ("\0", ""),
  ])
  func aTransferAsTextIsNoticedAtOnce(from: String, to: String) throws {
    let damaged = Self.bytes.replacing(Array(from.utf8), with: Array(to.utf8))
    #expect(try receive(damaged).error?.code == .notAForest)
    let without8thBit = Self.bytes.map { $0 & 0x7f }
    #expect(try receive(without8thBit).error?.code == .notAForest)
  }

  @Test func bytesAfterTheStatedLengthAreRefused() throws {
    #expect(try receive(Self.bytes + [0]).error?.code == .wrongLength)
  }

  // MARK: What is no file

  @Test func pathsThatAreNoForestFileAreRefusedWithoutWaiting() throws {
    func refusal(_ path: String) -> ForestFileError? {
      do throws(ForestFileError) {
        _ = try Forest(mapping: path)
        return nil
      } catch { return error }
    }
    try withTemporaryFolder { folder in
      #expect(refusal(folder)?.code == .notAFile)
      #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
      #expect(refusal("\(folder)/pipe")?.code == .notAFile)
      #expect(refusal("/dev/zero")?.code == .notAFile)
      let empty = try write([], to: "\(folder)/empty")
      #expect(refusal(empty)?.code == .wrongLength)
      let table = try write("Age,Sex\n".utf8, to: "\(folder)/table.csv")
      #expect(refusal(table)?.code == .notAForest)
      let missing = refusal("\(folder)/missing")
      #expect(missing?.code == .system)
      #expect(missing?.description == "open \(folder)/missing: No such file or directory")
    }
  }

  /// Also after a process of the same number was killed while it wrote.
  @Test func manyMayWriteTheSameFileAtOnce() async throws {
    let forests = try [smallForest(), smallForest(treeCount: 5)]
    try withTemporaryFolder { folder in
      _ = try write([1, 2, 3], to: "\(folder)/forest.rf.\(getpid()).tmp")
      let path = "\(folder)/forest.rf"
      let failures = Mutex([ForestFileError]())
      DispatchQueue.concurrentPerform(iterations: 16) { number in
        do throws(ForestFileError) {
          try forests[number % 2].write(to: path)
        } catch {
          failures.withLock { $0.append(error) }
        }
      }
      #expect(failures.withLock { $0 } == [])
      let bytes = try Forest(mapping: path).fileBytes
      #expect(forests.contains { $0.fileBytes == bytes })
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.count == 2, "\(names)")
    }
  }

  @Test func aFolderThatCannotBeWrittenLeavesTheOldFile() throws {
    let forest = try smallForest()
    try withTemporaryFolder { folder in
      let missing = "\(folder)/missing/forest.rf"
      #expect {
        try forest.write(to: missing)
      } throws: {
        "\($0)" == "open \(missing): No such file or directory"
      }
      #expect(mkdir("\(folder)/forest.rf", 0o700) == 0)
      #expect(throws: ForestFileError.self) { try forest.write(to: "\(folder)/forest.rf") }
      #expect(rmdir("\(folder)/forest.rf") == 0, "the folder holds what it held")
    }
  }

  @Test func aForestThatWasReadStaysWhateverBecomesOfItsFile() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/forest.rf"
      let original = try smallForest()
      try original.write(to: path)
      let forest = try Forest(reading: path)
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      defer { close(descriptor) }
      let zeros = [UInt8](repeating: 0, count: forest.byteCount)
      #expect(pwrite(descriptor, zeros, zeros.count, 0) == zeros.count)
      #expect(ftruncate(descriptor, 0) == 0)
      try forest.verify()
      #expect(forest.withBytes { Array($0) } == original.withBytes { Array($0) })
      #expect(throws: ForestFileError.self) { try Forest(reading: path) }
      #expect(symlink("\(folder)/other.rf", "\(folder)/link.rf") == 0)
      try original.write(to: "\(folder)/other.rf")
      #expect(throws: ForestFileError.self) { try Forest(reading: "\(folder)/link.rf") }
    }
  }
}
