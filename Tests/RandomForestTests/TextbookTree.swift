import POSIX
import RandomForest

/// A tree as a textbook draws it, to check others against.
indirect enum TextbookTree: Sendable, Equatable {
  /// Where a walk ends: the share of each class, and the training samples that came here.
  case leaf(distribution: [Double], cover: Double)
  /// A test of one encoded column: values at or below the threshold go to `left`.
  case split(
    column: Int, threshold: Double, left: TextbookTree, right: TextbookTree, cover: Double)

  /// Draws a tree of a forest.
  init(_ tree: DecisionTree) {
    var drawn: [TextbookTree] = []
    // Children come after their parent, so from the back each node finds its children ready.
    for (place, node) in tree.nodes.enumerated().reversed() {
      let cover = tree.covers.isEmpty ? .nan : tree.covers[place]
      switch node {
      case .leaf(let distribution): drawn.append(.leaf(distribution: distribution, cover: cover))
      case .split(let column, let threshold, let left):
        drawn.append(
          .split(
            column: column, threshold: threshold, left: drawn[tree.nodes.count - 1 - left],
            right: drawn[tree.nodes.count - 2 - left], cover: cover))
      }
    }
    self = drawn[tree.nodes.count - 1]
  }
}

extension TextbookTree {
  /// A test and what is below it.
  struct Split {
    let column: Int
    let threshold: Double
    let cover: Double
    let left: TextbookTree
    let right: TextbookTree
  }

  /// Every split, a parent before its children.
  var splits: [Split] {
    guard case .split(let column, let threshold, let left, let right, let cover) = self else {
      return []
    }
    let own = Split(column: column, threshold: threshold, cover: cover, left: left, right: right)
    return [own] + left.splits + right.splits
  }

  /// Every leaf, from left to right.
  var leaves: [(distribution: [Double], cover: Double)] {
    switch self {
    case .leaf(let distribution, let cover): [(distribution, cover)]
    case .split(_, _, let left, let right, _): left.leaves + right.leaves
    }
  }

  /// The most tests between root and leaf.
  var depth: Int {
    guard case .split(_, _, let left, let right, _) = self else { return 0 }
    return 1 + max(left.depth, right.depth)
  }

  /// The number of training samples that came here.
  var cover: Double {
    switch self {
    case .leaf(_, let cover), .split(_, _, _, _, let cover): cover
    }
  }

  /// The class shares of the leaf that encoded columns lead to.
  func distribution(of columns: [Double]) -> [Double] {
    switch self {
    case .leaf(let distribution, _): distribution
    case .split(let column, let threshold, let left, let right, _):
      (columns[column] <= threshold ? left : right).distribution(of: columns)
    }
  }

  /// The impurity times the samples, after the definition.
  func impurity(_ criterion: SplitCriterion) -> Double {
    let shares = leaves.reduce(into: [Double](repeating: 0, count: leaves[0].distribution.count)) {
      for (label, share) in $1.distribution.enumerated() { $0[label] += share * $1.cover / cover }
    }
    switch criterion {
    case .gini: return cover * (1 - shares.reduce(0) { $0 + $1 * $1 })
    case .entropy: return -cover * shares.reduce(0) { $1 > 0 ? $0 + $1 * log2($1) : $0 }
    }
  }
}

extension TextbookTree.Split {
  /// The impurity times the samples that the split removes.
  func impurityRemoved(_ criterion: SplitCriterion) -> Double {
    let whole = TextbookTree.split(
      column: column, threshold: threshold, left: left, right: right, cover: cover)
    return whole.impurity(criterion) - left.impurity(criterion) - right.impurity(criterion)
  }
}
