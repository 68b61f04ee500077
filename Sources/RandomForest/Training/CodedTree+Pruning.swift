extension CodedTree {
  /// Minimal cost-complexity pruning (Breiman et al., 1984, 3.3): of all subtrees with the same root
  /// the smallest whose risks and costs of the leaves add up to the least.
  ///
  /// - Parameters:
  ///   - risks: each node's impurity times its weighted samples.
  ///   - leafCost: the cost of each leaf, in the same unit.
  /// - Returns: for each node that is left the one it was.
  mutating func prune(_ risks: [Double], leafCost: Double) -> [Int] {
    var least = risks
    for place in nodes.indices.reversed() {
      least[place] += leafCost
      guard !nodes[place].isLeaf else { continue }
      let left = Int(nodes[place].left)
      let divided = least[left] + least[left + 1]
      if least[place] <= divided {
        nodes[place].column = Node.leafColumn
      } else {
        least[place] = divided
      }
    }
    // Children come after their parent: each is numbered when its parent is kept.
    var kept = [0]
    var next = 0
    importances = importances.map { _ in 0 }
    while next < kept.count {
      let place = kept[next]
      next += 1
      guard !nodes[place].isLeaf else { continue }
      let left = Int(nodes[place].left)
      importances[Int(nodes[place].column)] += risks[place] - risks[left] - risks[left + 1]
      nodes[place].left = UInt32(kept.count)
      kept += [left, left + 1]
    }
    nodes = kept.map { nodes[$0] }
    return kept
  }
}
