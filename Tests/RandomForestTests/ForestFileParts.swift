@testable import RandomForest

/// The parts of a forest file, put together without the library's writer, which makes sound files
/// only. As they come, they make one tree with one test of one number, and two classes.
struct ForestFileParts {
  var classes = ["a", "b"]
  /// The levels of the input, one-hot; as measured when nil. The cuts are the first column's.
  var levels: [String]?
  var cuts: [Double] = [0.5]
  var roots: [UInt64] = [0]
  var nodes = [
    FlatNode(offset: 1, column: 0, cut: 0),
    FlatNode(offset: 0, column: 0, cut: ForestFormat.leafMark),
    FlatNode(offset: 1, column: 0, cut: ForestFormat.leafMark),
  ]
  var distributions: [Double] = [1, 0, 0, 1]
  /// No section when empty.
  var covers: [Double] = [3, 2, 1]
  /// Sections after the others.
  var others: [(kind: UInt32, isRequired: Bool, bytes: [UInt8])] = []
  /// Sections that the table states and that are not among the bytes, nor is the file's end.
  var elsewhere: [(section: ForestFormat.Section, offset: Int, length: Int)] = []
  /// The nodes that the header states, when they are elsewhere.
  var nodeCount: Int?

  /// The bytes of the file, with right checksums.
  var file: ForgedForest {
    let own: [(ForestFormat.Section, [UInt8])] = [
      (.schema, schema), (.cutStarts, Self.bytes(cutStarts)),
      (.cuts, Self.bytes(cuts)), (.roots, Self.bytes(roots + [nodeTotal])),
      (.nodes, Self.bytes(nodes)), (.distributions, Self.bytes(distributions)),
      (.covers, Self.bytes(covers)),
    ]
    let sections =
      own.filter { !$0.1.isEmpty }.map { ($0.0.rawValue, $0.0.isRequired, $0.1) } + others
    var table: [UInt8] = []
    var content: [UInt8] = []
    let start = Self.aligned(
      ForestFormat.headerSize
        + (sections.count + elsewhere.count) * ForestFormat.sectionEntrySize)
    for (kind, isRequired, bytes) in sections {
      table += Self.bytes([kind, isRequired ? 1 : 0])
      table += Self.bytes([UInt64(start + content.count), UInt64(bytes.count), 0])
      content += bytes
      content += repeatElement(0, count: Self.aligned(content.count) - content.count)
    }
    for (section, offset, length) in elsewhere {
      table += Self.bytes([section.rawValue, section.isRequired ? 1 : 0])
      table += Self.bytes([UInt64(offset), UInt64(length), 0])
    }
    var header = ForestFormat.magic
    header += Self.bytes([ForestFormat.version, UInt32(sections.count + elsewhere.count)])
    let end = elsewhere.last.map { $0.offset + $0.length } ?? start + content.count
    header += Self.bytes([UInt64(end)])
    header += Self.bytes([UInt32(roots.count), UInt32(columnCount), 1, UInt32(classes.count)])
    header += Self.bytes([nodeTotal, UInt64(distributions.count / classes.count), 0])
    let front = header + table
    return ForgedForest(
      ForgedForest(front + repeatElement(0, count: start - front.count) + content).signed)
  }

  private var nodeTotal: UInt64 { UInt64(nodeCount ?? nodes.count) }

  private var columnCount: Int { levels?.count ?? 1 }

  private var cutStarts: [UInt32] {
    [0] + Array(repeating: UInt32(cuts.count), count: columnCount)
  }

  /// The classes and the one input.
  private var schema: [UInt8] {
    var bytes = (classes + ["x"]).flatMap(Self.bytes)
    guard let levels else { return bytes + [0] + Self.bytes([Double.nan, .nan]) }
    bytes += [1] + Self.bytes([UInt32(levels.count)])
    return bytes + levels.flatMap(Self.bytes)
  }

  private static func bytes(_ name: String) -> [UInt8] {
    bytes([UInt16(name.utf8.count)]) + Array(name.utf8)
  }

  private static func bytes<Value>(_ values: [Value]) -> [UInt8] {
    values.withUnsafeBytes { Array($0) }
  }

  private static func aligned(_ count: Int) -> Int {
    (count + ForestFormat.alignment - 1) / ForestFormat.alignment * ForestFormat.alignment
  }
}
