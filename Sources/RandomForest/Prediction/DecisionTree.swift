/// One tree laid out flat, to be read from a forest or made into one: children stand side by side and
/// after their parent, the root first.
public struct DecisionTree: Sendable, Equatable {
  /// A place of the tree.
  public enum Node: Sendable, Equatable {
    /// Where a walk ends: the share of each class.
    case leaf(distribution: [Double])
    /// A test of one encoded column: values at or below the threshold go to the node at `left`, others
    /// and NaN to the one behind it. In the second column of a number that may be missing, a missing
    /// value lies below every threshold.
    case split(column: Int, threshold: Double, left: Int)
  }

  /// The nodes.
  public var nodes: [Node]
  /// How many training samples came to each node, each counting what its class weighs; empty when that
  /// is not known.
  public var covers: [Double]

  /// Creates a tree.
  public init(nodes: [Node], covers: [Double] = []) {
    self.nodes = nodes
    self.covers = covers
  }
}

extension Forest {
  /// Reads one tree with its thresholds, however deep it is.
  ///
  /// - Throws: `ForestFileError` when the tree is damaged.
  /// - Precondition: `index` is less than `treeCount`.
  public func tree(_ index: Int) throws(ForestFileError) -> DecisionTree {
    precondition(0..<treeCount ~= index, "there is no tree \(index)")
    let nodes = try checkedNodes(ofTree: index)
    let first = Int(values(.roots, of: UInt64.self)[index])
    let covers = values(.covers, of: Double.self)
    let distributions = values(.distributions, of: Double.self)
    let cuts = cuts
    return DecisionTree(
      nodes: nodes.enumerated().map { position, node in
        if node.isLeaf {
          let start = Int(node.offset) * layout.classCount
          return .leaf(distribution: Array(distributions[start..<start + layout.classCount]))
        }
        let column = Int(node.column)
        return .split(
          column: column, threshold: cuts.cuts(of: column)[Int(node.cut)],
          left: position + Int(node.offset))
      }, covers: covers.isEmpty ? [] : Array(covers[first..<first + nodes.count]))
  }

  /// Makes a forest of trees that were not trained here, and checks it as a file is checked.
  ///
  /// - Parameters:
  ///   - schema: what the trees' columns and classes are.
  ///   - trees: in the order in which their shares are added up. Covers are kept when every tree has
  ///     them.
  ///   - parameters: names and values for people and tools to read.
  /// - Throws: `ForestFileError` when the trees are none that a forest file can hold.
  public convenience init(
    schema: FeatureSchema, trees: [DecisionTree], parameters: [(name: String, value: String)] = []
  ) throws(ForestFileError) {
    try Self.check(schema, trees, parameters)
    var cuts = [Set<Double>](repeating: [], count: schema.columnCount)
    for tree in trees {
      for case .split(let column, let threshold, _) in tree.nodes {
        // Adding 0 makes 0 of -0, which no cut may be.
        cuts[column].insert(threshold + 0)
      }
    }
    let ascending = cuts.map { $0.sorted() }
    if let column = ascending.firstIndex(where: { $0.count > ForestFormat.maximumCutCount }) {
      throw ForestFileError(
        .unsupported,
        "column \(schema.columnNames[column]) has \(ascending[column].count) thresholds, "
          + "\(ForestFormat.maximumCutCount) at most can be kept")
    }
    let hasCovers = trees.allSatisfy { !$0.covers.isEmpty }
    let writer = ForestWriter(
      trees: trees.map { CodedTree($0, ascending, hasCovers: hasCovers) }, schema: schema,
      thresholds: ascending.map(ColumnThresholds.init(cuts:)), parameters: parameters,
      hasCovers: hasCovers)
    try self.init(trusting: writer.bytes())
    try verify()
  }

  /// What must hold before the trees can be laid out; the rest is checked in the finished file.
  private static func check(
    _ schema: FeatureSchema, _ trees: [DecisionTree], _ parameters: [(name: String, value: String)]
  ) throws(ForestFileError) {
    func wrong(_ message: String) -> ForestFileError { ForestFileError(.invalid, message) }
    guard !trees.isEmpty, trees.count <= ForestFormat.maximumTreeCount,
      trees.allSatisfy({ !$0.nodes.isEmpty }),
      trees.reduce(0, { $0 + $1.nodes.count }) <= ForestFormat.maximumNodeCount
    else { throw wrong("a forest needs trees, and a tree needs nodes") }
    guard 1...ForestFormat.maximumColumnCount ~= schema.columnCount,
      1...ForestFormat.maximumClassCount ~= schema.classes.count,
      parameters.count <= ForestFormat.maximumParameterCount, schema.hasShortNames,
      schema.rankCount <= ForestFormat.maximumRankCount,
      parameters.allSatisfy({
        max($0.name.utf8.count, $0.value.utf8.count) <= ForestFormat.maximumNameLength
      })
    else { throw wrong("the names, columns or classes are too many or too long") }
    if let repeated = schema.repeatedNames { throw wrong(repeated) }
    for (number, tree) in trees.enumerated() {
      guard tree.covers.isEmpty || tree.covers.count == tree.nodes.count else {
        throw wrong("tree \(number) has other covers than nodes")
      }
      for (index, node) in tree.nodes.enumerated() {
        let isRight =
          switch node {
          case .leaf(let distribution): distribution.count == schema.classes.count
          case .split(let column, let threshold, let left):
            !threshold.isNaN && 0..<schema.columnCount ~= column && left > index
              && left + 1 < tree.nodes.count
          }
        guard isRight else { throw wrong("node \(index) of tree \(number) cannot be where it is") }
      }
    }
  }
}

extension CodedTree {
  /// Takes over a tree whose thresholds stand among the cuts of their columns.
  fileprivate init(_ tree: DecisionTree, _ cuts: [[Double]], hasCovers: Bool) {
    self.init(importances: [])
    nodes.reserveCapacity(tree.nodes.count)
    var leafCount = UInt32(0)
    for (index, node) in tree.nodes.enumerated() {
      let cover = hasCovers ? tree.covers[index] : .nan
      switch node {
      case .leaf(let shares):
        nodes.append(Node(cover: cover, left: leafCount))
        distributions.append(shares.enumerated().lazy.map { ($0.offset, $0.element) })
        leafCount += 1
      case .split(let column, let threshold, let left):
        let place = UInt16(cuts[column].countBelow(threshold + 0))
        nodes.append(
          Node(cover: cover, low: place, column: UInt16(column), left: UInt32(left)))
      }
    }
  }
}
