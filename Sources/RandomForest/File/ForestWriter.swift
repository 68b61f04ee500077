/// Lays trees out as the bytes of a forest file.
struct ForestWriter {
  private let trees: [CodedTree]
  private let classCount: Int
  private let thresholds: [ColumnThresholds]
  private let nodeCount: Int
  private let distributions: DistributionTable
  private let counts: [(value: UInt64, size: Int)]
  private let small: [ForestFormat.Section: [UInt8]]
  private let sections: [ForestFormat.Section]

  /// - Precondition: the trees were grown on the schema's columns, which `columns` describes.
  init(
    trees: [CodedTree], schema: FeatureSchema, columns: TrainingColumns,
    parameters: [(name: String, value: String)]
  ) {
    self.init(
      trees: trees, schema: schema, thresholds: Self.thresholds(of: trees, columns),
      parameters: parameters)
  }

  /// - Parameters:
  ///   - thresholds: for each column those that its splits use.
  ///   - hasCovers: whether the nodes' covers are known.
  init(
    trees: [CodedTree], schema: FeatureSchema, thresholds: [ColumnThresholds],
    parameters: [(name: String, value: String)], hasCovers: Bool = true
  ) {
    self.trees = trees
    self.thresholds = thresholds
    sections = ForestFormat.Section.allCases.filter { hasCovers || $0 != .covers }
    classCount = schema.classes.count
    nodeCount = trees.reduce(0) { $0 + $1.nodes.count }
    distributions = DistributionTable(trees)
    var cutStarts: [UInt8] = []
    var cuts: [UInt8] = []
    for column in thresholds {
      cutStarts.append(UInt32(cuts.count / 8))
      for cut in column.cuts { cuts.append(cut.bitPattern) }
    }
    cutStarts.append(UInt32(cuts.count / 8))
    small = [
      .schema: Self.encode(schema), .parameters: Self.encode(parameters), .cutStarts: cutStarts,
      .cuts: cuts,
    ]
    counts = [
      (UInt64(trees.count), 4), (UInt64(schema.columnCount), 4), (UInt64(schema.inputs.count), 4),
      (UInt64(classCount), 4), (UInt64(nodeCount), 8), (UInt64(distributions.count), 8),
    ]
  }

  private static func thresholds(
    of trees: [CodedTree], _ columns: TrainingColumns
  ) -> [ColumnThresholds] {
    var thresholds = (0..<columns.count).map { column in
      ColumnThresholds(columns.input(ofColumn: column).bins)
    }
    for tree in trees {
      for node in tree.nodes where !node.isLeaf {
        thresholds[Int(node.column)].use(low: Int(node.low), high: Int(node.high))
      }
    }
    for column in thresholds.indices { thresholds[column].finish() }
    return thresholds
  }

  private func byteCount(of section: ForestFormat.Section) -> Int {
    switch section {
    case .schema, .parameters, .cutStarts, .cuts: small[section]!.count
    case .roots: 8 * (trees.count + 1)
    case .nodes: MemoryLayout<FlatNode>.size * nodeCount
    case .distributions: 8 * distributions.count * classCount
    case .covers: 8 * nodeCount
    }
  }

  /// The whole file, laid out in memory once.
  func bytes() -> ForestBytes {
    var offsets: [Int] = []
    var end = (ForestFormat.headerSize + sections.count * ForestFormat.sectionEntrySize).aligned
    for section in sections {
      offsets.append(end)
      end = (end + byteCount(of: section)).aligned
    }
    return ForestBytes(byteCount: end) { memory in
      var table: [UInt8] = []
      for (section, offset) in zip(sections, offsets) {
        let part = UnsafeMutableRawBufferPointer(
          rebasing: memory[offset..<offset + byteCount(of: section)])
        fill(section, part)
        table.append(section.rawValue)
        table.append(UInt32(section.isRequired ? 1 : 0))
        table.append(UInt64(offset))
        table.append(UInt64(part.count))
        table.append(XXH64.hash(UnsafeRawBufferPointer(part)))
      }
      var header = ForestFormat.magic
      header.append(ForestFormat.version)
      header.append(UInt32(sections.count))
      header.append(UInt64(end))
      for (value, size) in counts {
        if size == 4 { header.append(UInt32(value)) } else { header.append(value) }
      }
      header.append((header + table).withUnsafeBytes { XXH64.hash($0) })
      memory.copyBytes(from: header + table)
    }
  }

  private func fill(_ section: ForestFormat.Section, _ part: UnsafeMutableRawBufferPointer) {
    switch section {
    case .schema, .parameters, .cutStarts, .cuts:
      part.copyBytes(from: small[section]!)
    case .roots:
      let roots = part.bindMemory(to: UInt64.self)
      roots[0] = 0
      for (index, tree) in trees.enumerated() {
        roots[index + 1] = roots[index] + UInt64(tree.nodes.count)
      }
    case .nodes:
      let nodes = part.bindMemory(to: FlatNode.self)
      var place = 0
      for (index, tree) in trees.enumerated() {
        for (number, node) in tree.nodes.enumerated() {
          nodes[place] = flat(node, number, tree: index)
          place += 1
        }
      }
    case .distributions:
      let shares = part.bindMemory(to: Double.self)
      shares.update(repeating: 0)
      for index in 0..<distributions.count {
        for place in distributions.values.range(of: index) {
          let label = Int(distributions.values.labels[place])
          shares[index * classCount + label] = distributions.values.shares[place]
        }
      }
    case .covers:
      let covers = part.bindMemory(to: Double.self)
      var place = 0
      for tree in trees {
        for node in tree.nodes {
          covers[place] = node.cover
          place += 1
        }
      }
    }
  }

  private func flat(_ node: CodedTree.Node, _ number: Int, tree: Int) -> FlatNode {
    guard !node.isLeaf else {
      return FlatNode(
        offset: distributions.index(of: Int(node.left), inTree: tree), column: 0,
        cut: ForestFormat.leafMark)
    }
    let column = Int(node.column)
    return FlatNode(
      offset: node.left - UInt32(number), column: node.column,
      cut: thresholds[column].place(low: Int(node.low), high: Int(node.high)))
  }

  private static func encode(_ schema: FeatureSchema) -> [UInt8] {
    var bytes: [UInt8] = []
    for name in schema.classes { bytes.append(string: name) }
    for input in schema.inputs {
      bytes.append(string: input.feature.name)
      switch (input.encoding, input.feature.kind) {
      case (.oneHot, .categorical(let levels)):
        bytes.append(UInt8(1))
        bytes.append(UInt32(levels.count))
        for level in levels { bytes.append(string: level) }
      case (.ordered(let orders), .categorical(let levels)):
        bytes.append(UInt8(4))
        bytes.append(UInt32(levels.count))
        for level in levels { bytes.append(string: level) }
        bytes.append(UInt32(orders.count))
        for rank in orders.joined() { bytes.append(rank.map(UInt32.init) ?? ForestFormat.noRank) }
      case (.bins(let edges, let labels), _):
        bytes.append(UInt8(2))
        bytes.append(range: input.observedRange)
        bytes.append(UInt32(edges.count))
        for edge in edges { bytes.append(edge.bitPattern) }
        for label in labels { bytes.append(string: label) }
      case (.identityWithMissing, _):
        bytes.append(UInt8(3))
        bytes.append(range: input.observedRange)
      default:
        bytes.append(UInt8(0))
        bytes.append(range: input.observedRange)
      }
    }
    return bytes
  }

  private static func encode(_ parameters: [(name: String, value: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(UInt32(parameters.count))
    for parameter in parameters {
      bytes.append(string: parameter.name)
      bytes.append(string: parameter.value)
    }
    return bytes
  }
}

/// The distinct class distributions of a forest's leaves: most leaves share a few.
private struct DistributionTable {
  private(set) var values = ClassShares()
  var count: Int { values.count }
  /// For each tree where its distributions begin in `indices`.
  private var starts: [Int] = []
  private var indices: [UInt32] = []

  init(_ trees: [CodedTree]) {
    let total = trees.reduce(0) { $0 + $1.distributions.count }
    // Open addressing at a load of a half at most.
    let capacity = 1 << (Int.bitWidth - (2 * total).leadingZeroBitCount)
    var slots = [UInt32](repeating: .max, count: capacity)
    for tree in trees {
      starts.append(indices.count)
      for index in 0..<tree.distributions.count {
        indices.append(insert(index, of: tree.distributions, &slots))
      }
    }
  }

  /// The index of a tree's distribution among all.
  func index(of distribution: Int, inTree tree: Int) -> UInt32 {
    indices[starts[tree] + distribution]
  }

  private mutating func insert(
    _ index: Int, of others: ClassShares, _ slots: inout [UInt32]
  ) -> UInt32 {
    var slot = Int(truncatingIfNeeded: others.hash(of: index) >> 20) & (slots.count - 1)
    while slots[slot] != .max {
      if values.equals(Int(slots[slot]), others, index) { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = UInt32(count)
    values.append(index, of: others)
    return slots[slot]
  }
}

extension FeatureSchema {
  /// Whether every name fits the file.
  var hasShortNames: Bool {
    (classes + inputs.flatMap(\.names)).allSatisfy {
      $0.utf8.count <= ForestFormat.maximumNameLength
    }
  }
}

extension EncodedFeature {
  /// The names of the feature, of its levels and of its bins.
  fileprivate var names: [String] {
    switch (encoding, feature.kind) {
    case (.oneHot, .categorical(let levels)), (.ordered, .categorical(let levels)):
      [feature.name] + levels
    case (.bins(_, let labels), _): [feature.name] + labels
    default: [feature.name]
    }
  }
}

extension Int {
  /// The next multiple of a section's alignment.
  fileprivate var aligned: Int {
    (self + ForestFormat.alignment - 1) / ForestFormat.alignment * ForestFormat.alignment
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// - Precondition: at most 65,535 bytes of UTF-8.
  fileprivate mutating func append(string: String) {
    append(UInt16(string.utf8.count))
    append(contentsOf: string.utf8)
  }

  /// Two doubles, NaN where nothing was seen.
  fileprivate mutating func append(range: ClosedRange<Double>?) {
    append((range?.lowerBound ?? .nan).bitPattern)
    append((range?.upperBound ?? .nan).bitPattern)
  }
}
