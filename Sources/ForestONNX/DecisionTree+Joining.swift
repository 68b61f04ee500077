import RandomForest

extension DecisionTree {
  /// The tree in which two leaves of one node that say the same are one.
  func joiningEqualLeaves() -> DecisionTree {
    var nodes = nodes
    // Children stand behind their parent, so from the back each is joined before its parent is.
    for index in nodes.indices.reversed() {
      guard case .split(_, _, let left) = nodes[index], case .leaf(let one) = nodes[left],
        case .leaf(let other) = nodes[left + 1], one == other
      else { continue }
      nodes[index] = .leaf(distribution: one)
    }
    var joined: [Node] = [nodes[0]]
    var place = 0
    while place < joined.count {
      if case .split(let column, let threshold, let left) = joined[place] {
        joined[place] = .split(column: column, threshold: threshold, left: joined.count)
        joined += [nodes[left], nodes[left + 1]]
      }
      place += 1
    }
    return DecisionTree(nodes: joined)
  }
}
