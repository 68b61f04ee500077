/// A tree as it was grown: nodes in the order of their splits, children side by side and after their
/// parent.
struct CodedTree: Sendable {
  struct Node {
    /// The weighted samples that reached the node.
    var cover: Double
    /// Codes of the column at or below `low` go left; `high` is the next code that occurs.
    var low: UInt16 = 0
    var high: UInt16 = 0
    /// The column tested, `leafColumn` for a leaf.
    var column: UInt16 = leafColumn
    /// The left child, the right one is next to it; in a leaf the index of its distribution.
    var left: UInt32 = 0

    static let leafColumn = UInt16.max
    var isLeaf: Bool { column == Self.leafColumn }
  }

  var nodes: [Node] = []
  /// The class shares of the leaves.
  var distributions = ClassShares()
  /// The impurity that each column's splits removed, weighted by samples.
  var importances: [Double]
}
