/// One tree of a forest in the form that a textbook draws, to inspect, export or check against.
public indirect enum DecisionTree: Sendable, Equatable {
  /// Where a walk ends: the share of each class among the training samples that came here, and how
  /// many they were, each counting what its class weighs; NaN when the file does not say.
  case leaf(distribution: [Double], cover: Double)
  /// A test of one encoded column: values at or below the threshold go to `left`, others and NaN
  /// to `right`. `cover` is as in a leaf.
  case split(
    column: Int, threshold: Double, left: DecisionTree, right: DecisionTree, cover: Double)
}

extension Forest {
  /// The deepest tree that can be built: what walks it nests as deep, on the stack.
  static let maximumBuiltDepth = 4096

  /// Builds one tree with its thresholds.
  ///
  /// - Throws: `ForestFileError` when the tree is damaged or deeper than 4,096.
  /// - Precondition: `index` is less than `treeCount`.
  public func decisionTree(_ index: Int) throws(ForestFileError) -> DecisionTree {
    precondition(0..<treeCount ~= index, "there is no tree \(index)")
    let nodes = try checkedNodes(ofTree: index, maximumDepth: Self.maximumBuiltDepth)
    let first = Int(values(.roots, of: UInt64.self)[index])
    let covers = values(.covers, of: Double.self)
    let distributions = values(.distributions, of: Double.self)
    let cuts = cuts
    var built: [DecisionTree?] = Array(repeating: nil, count: nodes.count)
    // Children come after their parent, so from the back each node finds its children ready.
    for (position, node) in nodes.enumerated().reversed() {
      let cover = covers.isEmpty ? .nan : covers[first + position]
      if node.isLeaf {
        let start = Int(node.offset) * layout.classCount
        built[position] = .leaf(
          distribution: Array(distributions[start..<start + layout.classCount]), cover: cover)
        continue
      }
      let left = position + Int(node.offset)
      built[position] = .split(
        column: Int(node.column), threshold: cuts.cuts(of: Int(node.column))[Int(node.cut)],
        left: built[left]!, right: built[left + 1]!, cover: cover)
    }
    return built[0]!
  }
}
