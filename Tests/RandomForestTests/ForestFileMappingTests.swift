import POSIX
import TestSupport
import Testing

@testable import RandomForest

/// A forest file of a gigabyte, nearly all of it holes, which take no place on the disk.
struct ForestFileMappingTests {
  private static let treeCount = 100
  private static let nodesPerTree = 625_000
  private static let nodesOffset = 1 << 16
  private static let byteCount = nodesOffset + 16 * treeCount * nodesPerTree
  private static let pageSize = sysconf(Int32(_SC_PAGESIZE))

  private static func writeLargeFile(to path: String) throws {
    var parts = ForestFileParts()
    let tree = parts.nodes
    let length = 8 * treeCount * nodesPerTree
    parts.nodeCount = treeCount * nodesPerTree
    parts.roots = (0..<treeCount).map { UInt64($0 * nodesPerTree) }
    (parts.nodes, parts.covers) = ([], [])
    parts.elsewhere = [(.nodes, nodesOffset, length), (.covers, nodesOffset + length, length)]
    let front = parts.file.bytes
    #expect(front.count < nodesOffset)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    #expect(ftruncate(descriptor, byteCount) == 0)
    #expect(pwrite(descriptor, front, front.count, 0) == front.count)
    for root in parts.roots {
      let place = nodesOffset + 8 * Int(root)
      #expect(pwrite(descriptor, tree, 8 * tree.count, place) == 8 * tree.count)
    }
    // Out of memory again, so that only what is read afterwards is in it (some file systems keep
    // it, and the test is then less strict).
    fsync(descriptor)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
  }

  /// The bytes of a forest's file that are in memory.
  private func residentByteCount(_ forest: Forest) -> Int {
    forest.withBytes { bytes in
      var pages = [UInt8](repeating: 0, count: (bytes.count + Self.pageSize - 1) / Self.pageSize)
      let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress!)
      #expect(mincore(start, bytes.count, &pages) == 0)
      return pages.count { $0 & 1 == 1 } * Self.pageSize
    }
  }

  @Test func openingAndPredictingReadAFewPagesOfAGigabyte() throws {
    try withTemporaryFolder { folder in
      try Self.writeLargeFile(to: "\(folder)/forest.rf")
      let forest = try Forest(mapping: "\(folder)/forest.rf")
      #expect(forest.byteCount == Self.byteCount && Self.byteCount > 1_000_000_000)
      // The front and what the system reads ahead.
      #expect(residentByteCount(forest) < 1 << 20)
      #expect(try forest.predict([0.5]).votes == [Self.treeCount, 0])
      #expect(try forest.predict([1]).votes == [0, Self.treeCount])
      // The trees' first nodes, with what the system reads ahead of each.
      #expect(residentByteCount(forest) < 1 << 20 + Self.treeCount << 17)
    }
  }
}
