/// The constants of the forest file, version 1; docs/forest-file.md describes every field.
enum ForestFormat {
  /// 0x89 and the line ends show a file that a transfer in text mode has damaged.
  static let magic: [UInt8] = [0x89, 0x52, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0x00]
  static let version: UInt32 = 1
  static let headerSize = 64
  static let checksumOffset = 56
  static let sectionEntrySize = 32
  static let maximumSectionCount = 64
  static let alignment = 64
  /// A node whose cut is this is a leaf.
  static let leafMark: UInt16 = 0xffff
  /// The most cuts of a column: their indices lie below the leaf mark.
  static let maximumCutCount = Int(leafMark)
  /// The most trees: a count of votes is a signed integer of 32 bits.
  static let maximumTreeCount = Int(Int32.max)
  /// The most nodes of all trees together, so that 32 bits say where a walk stands.
  static let maximumNodeCount = 1 << 32
  static let maximumColumnCount = 65_535
  static let maximumInputCount = 65_535
  static let maximumClassCount = 65_536
  /// The most ranks of levels in all orders together.
  static let maximumRankCount = 1 << 24
  /// The rank of a level that the order does not know.
  static let noRank = UInt32.max
  static let maximumParameterCount = 65_535
  /// The most bytes of a name: their number has two bytes.
  static let maximumNameLength = Int(UInt16.max)

  /// What a section holds.
  enum Section: UInt32, CaseIterable {
    case schema = 1
    case parameters = 2
    case cutStarts = 3
    case cuts = 4
    case roots = 5
    case nodes = 6
    case distributions = 7
    case covers = 8

    /// A reader that does not know a required section must refuse the file.
    var isRequired: Bool { self != .parameters && self != .covers }
  }
}

/// One node of a tree as it lies in the file: 8 bytes.
///
/// A sample whose rank in the column is at most `cut` goes to the left child, which lies `offset`
/// nodes further on, others to the right child next to it. In a leaf `cut` is
/// `ForestFormat.leafMark`, `column` is 0 and `offset` is the index of its class distribution.
struct FlatNode {
  var offset: UInt32
  var column: UInt16
  var cut: UInt16

  var isLeaf: Bool { cut == ForestFormat.leafMark }
}

#if !_endian(little)
  #error("forest files are mapped as they are, which needs a little-endian machine")
#endif
