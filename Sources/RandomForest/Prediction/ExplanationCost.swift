/// What an explanation of one sample takes.
public struct ExplanationCost: Sendable, Equatable {
  /// Whether the file says how many training samples came to each node.
  public let hasCovers: Bool
  /// The most tests between a root and a leaf.
  public let depth: Int
  /// The steps of an explanation: the nodes times half of the columns that a path can have tested times
  /// the classes; two columns of one number count once.
  public let steps: Int
  /// The most steps of one prediction: the depths of all trees, one more each.
  public let predictionSteps: Int
  /// The contributions that are kept: the columns times the classes.
  public let contributionCount: Int

  /// Whether a forest can be explained at all.
  public var isWithinBounds: Bool {
    depth <= Forest.maximumExplainedDepth && contributionCount <= Forest.maximumContributionCount
  }
}

extension Forest {
  /// Finds out what an explanation takes, to be asked before one is made.
  ///
  /// - Throws: `ForestFileError` when a tree is damaged.
  /// - Complexity: O(nodeCount).
  public func explanationCost() throws(ForestFileError) -> ExplanationCost {
    var depth = 0
    var predictionSteps = 0
    for tree in 0..<layout.treeCount {
      var treeDepth = 0
      _ = try checkedNodes(ofTree: tree) { leafDepth in
        treeDepth = max(treeDepth, leafDepth)
      }
      depth = max(depth, treeDepth)
      predictionSteps += treeDepth + 1
    }
    let pointCount = TreeExplainer.pointCount(depth: depth, schema)
    return ExplanationCost(
      hasCovers: hasCovers, depth: depth,
      steps: layout.nodeCount * pointCount * layout.classCount, predictionSteps: predictionSteps,
      contributionCount: layout.columnCount * layout.classCount)
  }
}
