/// The header of a forest file and where its sections lie, checked against the file's length.
struct ForestLayout {
  let treeCount: Int
  let columnCount: Int
  let inputCount: Int
  let classCount: Int
  let nodeCount: Int
  let distributionCount: Int
  /// Every section in the order of the file, those included that this version does not know.
  let entries: [Entry]
  /// The sections that this version knows.
  let sections: [ForestFormat.Section: Entry]

  /// Where a section lies.
  struct Entry {
    let kind: UInt32
    let range: Range<Int>
    let checksum: UInt64
  }

  /// Parses and checks the header and the section table, in time that does not depend on the
  /// forest's size.
  init(parsing bytes: UnsafeRawBufferPointer) throws(ForestFileError) {
    guard bytes.count >= ForestFormat.magic.count,
      bytes[..<ForestFormat.magic.count].elementsEqual(ForestFormat.magic)
    else { throw ForestFileError(.notAForest, "this is not a forest file") }
    guard bytes.count >= ForestFormat.headerSize else {
      throw ForestFileError(.wrongLength, at: bytes.count, "the file ends in its header")
    }
    var header = ByteReader(bytes, startingAt: 0)
    _ = try header.integer(UInt64.self)
    let version = try header.integer(UInt32.self)
    guard version == ForestFormat.version else {
      throw ForestFileError(
        .unsupported, at: 8, "version \(version) of the forest file is not known here")
    }
    let sectionCount = Int(try header.integer(UInt32.self))
    guard 1...ForestFormat.maximumSectionCount ~= sectionCount else {
      throw ForestFileError(.invalid, at: 12, "a forest file cannot have \(sectionCount) sections")
    }
    let length = try header.integer(UInt64.self)
    guard length == UInt64(bytes.count) else {
      throw ForestFileError(
        .wrongLength, at: 16, "the file has \(bytes.count) bytes and states \(length)")
    }
    treeCount = Int(try header.integer(UInt32.self))
    columnCount = Int(try header.integer(UInt32.self))
    inputCount = Int(try header.integer(UInt32.self))
    classCount = Int(try header.integer(UInt32.self))
    // What exceeds the signed range exceeds every limit.
    nodeCount = Int(clamping: try header.integer(UInt64.self))
    distributionCount = Int(clamping: try header.integer(UInt64.self))
    let checksum = try header.integer(UInt64.self)
    let tableEnd = ForestFormat.headerSize + sectionCount * ForestFormat.sectionEntrySize
    guard tableEnd <= bytes.count else {
      throw ForestFileError(.wrongLength, at: bytes.count, "the file ends in its section table")
    }
    let checked =
      Array(bytes[..<ForestFormat.checksumOffset])
      + Array(bytes[ForestFormat.headerSize..<tableEnd])
    guard checked.withUnsafeBytes({ XXH64.hash($0) }) == checksum else {
      throw ForestFileError(
        .checksum, at: ForestFormat.checksumOffset, "the header does not match its checksum")
    }
    (entries, sections) = try Self.sections(
      UnsafeRawBufferPointer(rebasing: bytes[ForestFormat.headerSize..<tableEnd]),
      count: sectionCount, from: tableEnd, to: bytes.count)
    try checkCounts()
  }

  /// A section's values in the bytes that were parsed, none of a section that they have not; they lie
  /// within the bytes and are aligned.
  func values<Value>(
    _ section: ForestFormat.Section, of type: Value.Type = Value.self,
    in bytes: UnsafeRawBufferPointer
  ) -> UnsafeBufferPointer<Value> {
    guard let range = sections[section]?.range else { return .init(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: bytes[range]).assumingMemoryBound(to: type)
  }

  private static func sections(
    _ table: UnsafeRawBufferPointer, count: Int, from start: Int, to end: Int
  ) throws(ForestFileError) -> ([Entry], [ForestFormat.Section: Entry]) {
    var entries: [Entry] = []
    var sections: [ForestFormat.Section: Entry] = [:]
    var reader = ByteReader(table, startingAt: ForestFormat.headerSize)
    var free = start
    for _ in 0..<count {
      let place = reader.byteOffset
      let kind = try reader.integer(UInt32.self)
      let isRequired = try reader.integer(UInt32.self) & 1 == 1
      let offset = try reader.integer(UInt64.self)
      let length = try reader.integer(UInt64.self)
      let checksum = try reader.integer(UInt64.self)
      guard offset >= UInt64(free), offset <= UInt64(end), length <= UInt64(end) - offset,
        offset % UInt64(ForestFormat.alignment) == 0
      else {
        throw ForestFileError(
          .invalid, at: place, "section \(kind) does not lie in order within the file")
      }
      free = Int(offset + length)
      let entry = Entry(kind: kind, range: Int(offset)..<free, checksum: checksum)
      entries.append(entry)
      guard let section = ForestFormat.Section(rawValue: kind) else {
        guard !isRequired else {
          throw ForestFileError(.unsupported, at: place, "section \(kind) is not known here")
        }
        continue
      }
      guard sections.updateValue(entry, forKey: section) == nil else {
        throw ForestFileError(.invalid, at: place, "section \(kind) stands twice")
      }
    }
    return (entries, sections)
  }

  /// Each count of the header must fit the length of its section.
  private func checkCounts() throws(ForestFileError) {
    let limits = [
      (24, treeCount, ForestFormat.maximumTreeCount, "trees"),
      (28, columnCount, ForestFormat.maximumColumnCount, "columns"),
      (32, inputCount, ForestFormat.maximumInputCount, "inputs"),
      (36, classCount, ForestFormat.maximumClassCount, "classes"),
      (40, nodeCount, ForestFormat.maximumNodeCount, "nodes"),
      (48, distributionCount, ForestFormat.maximumNodeCount, "class distributions"),
    ]
    for (offset, count, limit, name) in limits where !(1...limit ~= count) {
      throw ForestFileError(
        .invalid, at: offset, "a forest has 1 to \(limit) \(name), not \(count)")
    }
    let expected: [(ForestFormat.Section, Int)] = [
      (.cutStarts, 4 * (columnCount + 1)),
      (.roots, 8 * (treeCount + 1)),
      (.nodes, MemoryLayout<FlatNode>.size * nodeCount),
      (.distributions, 8 * distributionCount * classCount),
      (.covers, 8 * nodeCount),
    ]
    for (section, length) in expected {
      guard let found = sections[section] else { continue }
      guard found.range.count == length else {
        throw ForestFileError(
          .invalid, at: found.range.lowerBound,
          "section \(section.rawValue) has \(found.range.count) bytes instead of \(length)")
      }
    }
    for section in ForestFormat.Section.allCases
    where section.isRequired && sections[section] == nil {
      throw ForestFileError(
        .invalid, at: 12, "section \(section.rawValue) is missing")
    }
  }
}
