/// `TreeEnsemble` of ai.onnx.ml 5: leaves stand in lists of their own and weigh one target each, and the
/// targets are the classes, numbered from 0.
extension TreeEnsemble {
  /// By their numbers. ONNX Runtime 1.32 takes 1 for LOGISTIC and 2 for SOFTMAX.
  private static let transforms = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
  private static let aggregates = ["AVERAGE", "SUM", "MIN", "MAX"]
  private static let modes: [Comparison] = [
    .atMost, .below, .atLeast, .above, .equal, .different, .member,
  ]

  /// - Parameters:
  ///   - columnCount: the columns of the table that the trees test.
  ///   - isSingle: whether its numbers are of 32 bits.
  ///   - maximumClassCount: the classes that can be kept.
  init(
    targets node: GraphNode, columnCount: Int, isSingle: Bool, maximumClassCount: Int
  ) throws(ONNXError) {
    try node.allow([
      "aggregate_function", "leaf_targetids", "leaf_weights", "membership_values", "n_targets",
      "nodes_falseleafs", "nodes_falsenodeids", "nodes_featureids", "nodes_hitrates",
      "nodes_missing_value_tracks_true", "nodes_modes", "nodes_splits", "nodes_trueleafs",
      "nodes_truenodeids", "post_transform", "tree_roots",
    ])
    func name(_ attribute: String, of names: [String], or other: Int) throws(ONNXError) -> String {
      let number = try node.integer(attribute).map { Int(clamping: $0) } ?? other
      return names.indices ~= number ? names[number] : "\(number)"
    }
    let transform = try name("post_transform", of: Self.transforms, or: 0)
    guard transform == "NONE" else {
      throw node.wrong(
        "post_transform \(transform) cannot be kept, which ONNX Runtime takes for another one than ONNX "
          + "does: a node of Softmax behind the trees says the same to both")
    }
    let aggregate = try name("aggregate_function", of: Self.aggregates, or: 1)
    guard aggregate == "SUM" || aggregate == "AVERAGE" else {
      throw node.wrong("aggregate_function \(aggregate) cannot be kept, only sums and means")
    }
    let classCount = Int(clamping: try node.integer("n_targets") ?? 1)
    guard 2...max(2, maximumClassCount) ~= classCount else {
      throw node.wrong(
        "it has \(classCount) targets, which would be its classes, and 2 to \(maximumClassCount) "
          + "can be kept; one alone is a regression")
    }
    let lists = try TargetLists(node, columnCount: columnCount)
    var nodes = try lists.nodes(Self.modes, node)
    var weights: [Int: [Double]] = [:]
    let roots = try lists.link(&nodes, node) { leaf, place throws(ONNXError) in
      guard 0..<Int64(classCount) ~= lists.targets[leaf] else {
        throw node.wrong("leaf \(leaf) weighs target \(lists.targets[leaf]) of \(classCount)")
      }
      var own = [Double](repeating: 0, count: classCount)
      own[Int(lists.targets[leaf])] = lists.weights[leaf]
      weights[place] = own
    }
    self.init(
      label: node.label, nodes: nodes, roots: roots, weights: weights,
      classNames: (0..<classCount).map { "\($0)" }, hasTextNames: false,
      baseValues: [Double](repeating: 0, count: classCount), transform: .none,
      twoClasses: nil, isSingle: isSingle,
      divisor: aggregate == "AVERAGE" ? Double(roots.count) : 1)
  }
}

/// The lists of such a node, of one length each.
private struct TargetLists {
  private let modes: [Double]
  private let columns: [Int64]
  private let splits: [Double]
  private let tracks: [Int64]
  private let covers: [Double]
  /// For each side the places of the children, and whether those are leaves.
  private let whenTrue: (places: [Int64], areLeaves: [Int64])
  private let whenFalse: (places: [Int64], areLeaves: [Int64])
  private let treeRoots: [Int64]
  private let members: [Double]
  private let columnCount: Int
  let targets: [Int64]
  let weights: [Double]

  init(_ node: GraphNode, columnCount: Int) throws(ONNXError) {
    func numbers(_ name: String) throws(ONNXError) -> [Double] {
      try node.tensor(name).map { $0.numbers ?? [] } ?? []
    }
    modes = try numbers("nodes_modes")
    columns = try node.integers("nodes_featureids")
    splits = try numbers("nodes_splits")
    tracks = try node.integers("nodes_missing_value_tracks_true")
    covers = try numbers("nodes_hitrates")
    whenTrue = (
      try node.integers("nodes_truenodeids"), try node.integers("nodes_trueleafs")
    )
    whenFalse = (
      try node.integers("nodes_falsenodeids"), try node.integers("nodes_falseleafs")
    )
    treeRoots = try node.integers("tree_roots")
    members = try numbers("membership_values")
    targets = try node.integers("leaf_targetids")
    weights = try numbers("leaf_weights")
    self.columnCount = columnCount
    let counts = [
      columns.count, splits.count, whenTrue.places.count, whenTrue.areLeaves.count,
      whenFalse.places.count, whenFalse.areLeaves.count,
    ]
    guard counts.allSatisfy({ $0 == modes.count }),
      [0, modes.count].contains(tracks.count), [0, modes.count].contains(covers.count)
    else { throw node.wrong("the lists nodes_… have different lengths") }
    guard targets.count == weights.count else {
      throw node.wrong("the lists leaf_… have different lengths")
    }
    guard weights.allSatisfy(\.isFinite) else {
      throw node.wrong("a leaf has a weight that is no number")
    }
    guard !treeRoots.isEmpty else { throw node.wrong("it has no trees") }
  }

  /// The nodes that test something, without their children.
  func nodes(_ known: [Comparison], _ node: GraphNode) throws(ONNXError) -> [TreeEnsemble.Node] {
    var sets = members.split(omittingEmptySubsequences: false, whereSeparator: \.isNaN)[...]
    var nodes: [TreeEnsemble.Node] = []
    for index in modes.indices {
      func wrong(_ reason: String) -> ONNXError { node.wrong("node \(index) \(reason)") }
      guard let mode = Int(exactly: modes[index]), known.indices ~= mode else {
        throw wrong("compares in a way that is not known here")
      }
      let isMember = known[mode] == .member
      // A set ends at a NaN; behind the last one nothing is left.
      guard !isMember || sets.count > 1 else { throw wrong("has no membership_values") }
      guard isMember || !splits[index].isNaN else { throw wrong("has no number as its threshold") }
      guard 0..<Int64(columnCount) ~= columns[index] else {
        throw wrong("tests column \(columns[index]) of \(columnCount)")
      }
      nodes.append(
        TreeEnsemble.Node(
          comparison: known[mode], column: Int(columns[index]),
          threshold: isMember ? 0 : splits[index], whenTrue: -1, whenFalse: -1,
          tracksTrue: !tracks.isEmpty && tracks[index] != 0, cover: .nan,
          members: isMember ? Array(sets.removeFirst()) : []))
    }
    return nodes
  }

  /// Gives each node its children, and each child that is a leaf a node of its own.
  ///
  /// - Parameter weigh: is told of each leaf, and of its place among the nodes.
  /// - Returns: the roots.
  func link(
    _ nodes: inout [TreeEnsemble.Node], _ node: GraphNode,
    _ weigh: (_ leaf: Int, _ place: Int) throws(ONNXError) -> Void
  ) throws(ONNXError) -> [Int] {
    let leaf = TreeEnsemble.Node(
      comparison: .atMost, column: 0, threshold: 0, whenTrue: -1, whenFalse: -1, cover: .nan)
    func add(_ number: Int64, to nodes: inout [TreeEnsemble.Node]) throws(ONNXError) -> Int {
      guard let number = Int(exactly: number), targets.indices ~= number else {
        throw node.wrong("it has no leaf \(number)")
      }
      nodes.append(leaf)
      try weigh(number, nodes.count - 1)
      return nodes.count - 1
    }
    var isReached = [Bool](repeating: false, count: modes.count)
    func reach(_ number: Int64) throws(ONNXError) -> Int {
      guard let place = Int(exactly: number), isReached.indices ~= place else {
        throw node.wrong("it has no node \(number)")
      }
      guard !isReached[place] else { throw node.wrong("node \(number) has two parents") }
      isReached[place] = true
      return place
    }
    var roots: [Int] = []
    for root in treeRoots {
      let root = try reach(root)
      // How a tree of one leaf is written.
      if whenTrue.areLeaves[root] != 0, whenFalse.areLeaves[root] != 0,
        whenTrue.places[root] == whenFalse.places[root]
      {
        roots.append(try add(whenTrue.places[root], to: &nodes))
        continue
      }
      roots.append(root)
      var open = [root]
      while let place = open.popLast() {
        for isTrue in [true, false] {
          let side = isTrue ? whenTrue : whenFalse
          let child: Int
          if side.areLeaves[place] != 0 {
            child = try add(side.places[place], to: &nodes)
          } else {
            child = try reach(side.places[place])
            open.append(child)
          }
          if isTrue { nodes[place].whenTrue = child } else { nodes[place].whenFalse = child }
        }
      }
    }
    guard let lost = isReached.firstIndex(of: false) else { return roots }
    throw node.wrong("node \(lost) is no node's child, and no root")
  }
}
