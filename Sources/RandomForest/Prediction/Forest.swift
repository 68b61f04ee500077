import POSIX
import Synchronization

/// A trained random forest, read from the bytes of a forest file.
///
/// Opening checks the header, the schema and where everything lies, in time that does not depend
/// on the number of nodes; a mapped forest's pages are read when predictions touch them. Nothing in
/// a damaged or forged file can make a prediction read outside it or run for ever: the walk checks
/// what it follows. `verify()` checks every byte.
public final class Forest: Sendable {
  /// The measured features, their encodings and the classes.
  public let schema: FeatureSchema
  /// How the forest was trained, as names and values for people and tools to read.
  public let parameters: [(name: String, value: String)]

  let bytes: ForestBytes
  let layout: ForestLayout
  let cuts: CutTable
  let encoder: RankEncoder
  /// What is known of each cell, nil when the cells are too many.
  let cells: CellCache?
  private let walk: ForestWalk
  /// Whether every byte has been checked, so that walks need not check their steps.
  private let isVerified: Atomic<Bool>

  /// Maps a forest file read-only.
  ///
  /// - Throws: `ForestFileError` naming the call that failed, or the byte that is wrong.
  public convenience init(mapping path: String) throws(ForestFileError) {
    try self.init(ForestBytes(mapping: path))
  }

  /// Reads a forest file, no link to one, into memory: whatever becomes of the file, the forest stays.
  ///
  /// - Throws: `ForestFileError` naming the call that failed, or the byte that is wrong.
  public convenience init(reading path: String) throws(ForestFileError) {
    try self.init(ForestBytes(reading: path))
  }

  /// Reads a forest from the bytes of a forest file, which are copied.
  ///
  /// - Throws: `ForestFileError` naming the byte that is wrong.
  public convenience init(copying bytes: some Collection<UInt8>) throws(ForestFileError) {
    try self.init(ForestBytes(copying: bytes))
  }

  /// Reads a forest from bytes that were just written by this program.
  convenience init(trusting bytes: ForestBytes) throws(ForestFileError) {
    try self.init(bytes)
    isVerified.store(true, ordering: .releasing)
  }

  private init(_ bytes: ForestBytes) throws(ForestFileError) {
    isVerified = Atomic(false)
    self.bytes = bytes
    layout = try ForestLayout(parsing: bytes.buffer)
    schema = try FeatureSchema(
      parsing: bytes.buffer, in: layout.sections[.schema]!.range, layout: layout)
    parameters = try Self.parameters(of: bytes.buffer, in: layout.sections[.parameters]?.range)
    cuts = try CutTable(bytes.buffer, layout)
    encoder = RankEncoder(schema, cuts)
    walk = ForestWalk(bytes.buffer, layout)
    let classCount = layout.classCount
    cells = encoder.cellCount.flatMap { CellCache(cellCount: $0, classCount: classCount) }
  }

  /// The trees, when every byte has been checked.
  var verifiedWalk: ForestWalk? {
    isVerified.load(ordering: .acquiring) ? walk : nil
  }

  /// Notes that `verify` found nothing wrong.
  func trust() { isVerified.store(true, ordering: .releasing) }

  /// The number of trees (`n_estimators` in scikit-learn).
  public var treeCount: Int { layout.treeCount }
  /// The number of nodes of all trees, leaves included.
  public var nodeCount: Int { layout.nodeCount }
  /// Whether the file says how many training samples came to each node, as an explanation needs.
  public var hasCovers: Bool { layout.sections[.covers] != nil }
  /// The length of the forest file in bytes.
  public var byteCount: Int { bytes.buffer.count }

  /// The numbers at which an input's value can change what the forest says, ascending: its columns'
  /// cuts, or the edges of its bins; none for a categorical input. A value at or below one lies on
  /// its lower side. What part a missing value from all numbers is none of them.
  public func thresholds(ofInput index: Int) -> [Double] {
    switch schema.inputs[index].encoding {
    case .identity: Array(cuts.cuts(of: schema.columnStarts[index]))
    case .identityWithMissing:
      Set((schema.columnStarts[index]..<schema.columnStarts[index + 1]).flatMap(cuts.cuts(of:)))
        .filter { $0 < .infinity }.sorted()
    case .bins(let edges, _): edges
    case .oneHot, .ordered: []
    }
  }

  /// Calls `body` with the bytes of the forest file.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes.buffer)
  }

  /// Writes the forest file so that a reader sees the old one or the new one, whole.
  ///
  /// - Throws: `ForestFileError` of a system call that failed; an existing file stays.
  public func write(to path: String) throws(ForestFileError) {
    do throws(SystemError) {
      try DurableFile.write(bytes.buffer, to: path)
    } catch {
      throw ForestFileError(.system, error.description)
    }
  }

  /// A section's values, none of a section that the file has not.
  func values<Value>(_ section: ForestFormat.Section, of type: Value.Type)
    -> UnsafeBufferPointer<Value>
  {
    layout.values(section, of: type, in: bytes.buffer)
  }

  private static func parameters(
    of bytes: UnsafeRawBufferPointer, in range: Range<Int>?
  ) throws(ForestFileError) -> [(name: String, value: String)] {
    guard let range else { return [] }
    var reader = ByteReader(
      UnsafeRawBufferPointer(rebasing: bytes[range]), startingAt: range.lowerBound)
    var parameters: [(name: String, value: String)] = []
    for _ in 0..<(try reader.count(upTo: ForestFormat.maximumParameterCount)) {
      parameters.append((try reader.string(), try reader.string()))
    }
    guard reader.isAtEnd else {
      throw ForestFileError(.invalid, at: reader.byteOffset, "bytes follow the parameters")
    }
    return parameters
  }
}
