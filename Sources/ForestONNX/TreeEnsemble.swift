/// The trees of a TreeEnsembleClassifier, or a TreeEnsemble, as ONNX has them, checked to be trees.
struct TreeEnsemble {
  struct Node {
    var comparison: Comparison
    var column: Int
    var threshold: Double
    /// The places of the children among all nodes; -1 in a leaf.
    var whenTrue: Int
    var whenFalse: Int
    /// Whether a missing value goes where the comparison is true.
    var tracksTrue = false
    /// How many training samples came here, as far as the file says.
    var cover: Double
    /// What the column is compared with by `.member`.
    var members: [Double] = []

    var isLeaf: Bool { whenTrue < 0 }
  }

  /// What becomes of the sums of a sample.
  enum Transform: String {
    case none = "NONE"
    case softmax = "SOFTMAX"
    /// Of two classes alone: of more it gives no probabilities.
    case logistic = "LOGISTIC"
  }

  /// The node of the graph, for errors.
  let label: String
  let nodes: [Node]
  /// The root of each tree, in the order in which ONNX adds them up.
  let roots: [Int]
  /// For each leaf's place the weight that it adds to each class, shape (classCount).
  let weights: [Int: [Double]]
  /// The names of the classes, or what numbers they have.
  let classNames: [String]
  let hasTextNames: Bool
  /// What is added to each class, shape (classCount).
  let baseValues: [Double]
  var transform: Transform
  /// How the two classes are told apart; nil where there are more, or one, or the node names none.
  let twoClasses: TwoClasses?
  /// Whether it compares and adds up in 32 bits.
  let isSingle: Bool
  /// By what it divides its sums itself.
  let divisor: Double

  private static let attributeNames: Set<String> = [
    "base_values", "base_values_as_tensor", "class_ids", "class_nodeids", "class_treeids",
    "class_weights", "class_weights_as_tensor", "classlabels_int64s", "classlabels_strings",
    "nodes_falsenodeids", "nodes_featureids", "nodes_hitrates", "nodes_hitrates_as_tensor",
    "nodes_missing_value_tracks_true", "nodes_modes", "nodes_nodeids", "nodes_treeids",
    "nodes_truenodeids", "nodes_values", "nodes_values_as_tensor", "post_transform",
  ]

  /// - Parameters:
  ///   - columnCount: the columns of the table that the trees test.
  ///   - isSingle: whether its numbers are of 32 bits.
  ///   - maximumClassCount: the classes that can be kept.
  init(
    _ node: GraphNode, columnCount: Int, isSingle: Bool, maximumClassCount: Int
  ) throws(ONNXError) {
    self.isSingle = isSingle
    divisor = 1
    try node.allow(Self.attributeNames)
    label = node.label
    let transform = try node.text("post_transform") ?? "NONE"
    guard let known = Transform(rawValue: transform) else {
      throw node.wrong(
        "post_transform \(transform.shown) cannot be kept, only NONE, SOFTMAX and LOGISTIC")
    }
    self.transform = known

    let texts = try node.texts("classlabels_strings")
    let numbers = try node.integers("classlabels_int64s")
    guard texts.isEmpty != numbers.isEmpty else {
      throw node.wrong("it must name its classes, by texts or by numbers")
    }
    hasTextNames = !texts.isEmpty
    classNames = texts.isEmpty ? numbers.map { "\($0)" } : texts
    guard Set(classNames).count == classNames.count else {
      throw node.wrong("a class stands twice")
    }
    guard classNames.count <= maximumClassCount else {
      throw node.wrong(
        "it has \(classNames.count) classes, and \(maximumClassCount) are known here")
    }

    let thresholds = try Self.numbers(node, "nodes_values")
    let bases = try Self.numbers(node, "base_values")
    guard
      bases.isEmpty || bases.count == classNames.count || bases.count == 1 && classNames.count == 2,
      bases.allSatisfy(\.isFinite)
    else { throw node.wrong("base_values must be one finite number a class") }
    baseValues = classNames.indices.map { $0 < bases.count ? bases[$0] : 0 }

    let ids = try NodeIDs(node)
    nodes = try Self.nodes(node, ids, thresholds, columnCount: columnCount)
    roots = try Self.roots(of: nodes, ids, node)
    weights = try Self.weights(of: nodes, ids, node, classCount: classNames.count)
    guard known != .logistic || classNames.count == 2 else {
      throw node.wrong("post_transform LOGISTIC gives probabilities of two classes alone")
    }
    twoClasses =
      classNames.count == 2
      ? try TwoClasses(
        node, known, weighed: Set(try node.integers("class_ids")),
        secondHasTree: Self.hasTree(of: 1, nodes, ids, node), baseCount: bases.count,
        hasNegative: Self.numbers(node, "class_weights").contains { $0 < 0 }) : nil
  }

  init(
    label: String, nodes: [Node], roots: [Int], weights: [Int: [Double]], classNames: [String],
    hasTextNames: Bool, baseValues: [Double], transform: Transform, twoClasses: TwoClasses?,
    isSingle: Bool, divisor: Double
  ) {
    self.label = label
    self.nodes = nodes
    self.roots = roots
    self.weights = weights
    self.classNames = classNames
    self.hasTextNames = hasTextNames
    self.baseValues = baseValues
    self.transform = transform
    self.twoClasses = twoClasses
    self.isSingle = isSingle
    self.divisor = divisor
  }

  /// Numbers of 32 bits in an attribute, or of 64 in a tensor.
  static func numbers(
    _ node: GraphNode, _ name: String
  ) throws(ONNXError) -> [Double] {
    let single = try node.floats(name)
    guard let tensor = try node.tensor("\(name)_as_tensor") else {
      return single.map(Double.init)
    }
    guard single.isEmpty else { throw node.wrong("\(name) stands in two attributes") }
    guard let values = tensor.numbers, tensor.type == .double || tensor.type == .float else {
      throw node.wrong("\(name)_as_tensor must hold numbers of 32 or 64 bits")
    }
    return values
  }

  private static func nodes(
    _ node: GraphNode, _ ids: NodeIDs, _ thresholds: [Double], columnCount: Int
  ) throws(ONNXError) -> [Node] {
    let modes = try node.texts("nodes_modes")
    let columns = try node.integers("nodes_featureids")
    let whenTrue = try node.integers("nodes_truenodeids")
    let whenFalse = try node.integers("nodes_falsenodeids")
    let covers = try numbers(node, "nodes_hitrates")
    let count = ids.count
    guard
      [modes.count, columns.count, whenTrue.count, whenFalse.count, thresholds.count]
        .allSatisfy({ $0 == count }), covers.isEmpty || covers.count == count
    else { throw node.wrong("the lists nodes_… have different lengths") }
    let tracks = try node.integers("nodes_missing_value_tracks_true")
    guard tracks.isEmpty || tracks.count == count else {
      throw node.wrong("the lists nodes_… have different lengths")
    }
    var nodes: [Node] = []
    nodes.reserveCapacity(count)
    for index in 0..<count {
      let cover = covers.isEmpty ? Double.nan : covers[index]
      if modes[index] == "LEAF" {
        nodes.append(
          Node(
            comparison: .atMost, column: 0, threshold: 0, whenTrue: -1, whenFalse: -1,
            cover: cover))
        continue
      }
      func wrong(_ reason: String) -> ONNXError {
        node.wrong("node \(ids.node[index]) of tree \(ids.tree[index]) \(reason)")
      }
      guard let comparison = Comparison(rawValue: modes[index]), comparison != .member else {
        throw wrong("compares by \(modes[index].shown), which is not known here")
      }
      guard !thresholds[index].isNaN else { throw wrong("has no number as its threshold") }
      guard 0..<Int64(columnCount) ~= columns[index] else {
        throw wrong("tests column \(columns[index]) of \(columnCount)")
      }
      guard let yes = ids.place(ids.tree[index], whenTrue[index]) else {
        throw wrong("has no child \(whenTrue[index])")
      }
      guard let no = ids.place(ids.tree[index], whenFalse[index]) else {
        throw wrong("has no child \(whenFalse[index])")
      }
      nodes.append(
        Node(
          comparison: comparison, column: Int(columns[index]), threshold: thresholds[index],
          whenTrue: yes, whenFalse: no, tracksTrue: !tracks.isEmpty && tracks[index] != 0,
          cover: cover))
    }
    return nodes
  }

  /// Checks that each node but one of each tree is the child of exactly one other, and is reached from
  /// that one.
  private static func roots(
    of nodes: [Node], _ ids: NodeIDs, _ node: GraphNode
  ) throws(ONNXError) -> [Int] {
    var parentCounts = [Int](repeating: 0, count: nodes.count)
    for own in nodes where !own.isLeaf {
      parentCounts[own.whenTrue] += 1
      parentCounts[own.whenFalse] += 1
    }
    var roots: [Int] = []
    var rooted: Set<Int64> = []
    for index in nodes.indices {
      guard parentCounts[index] <= 1 else {
        throw node.wrong("node \(ids.node[index]) of tree \(ids.tree[index]) has two parents")
      }
      guard parentCounts[index] == 0 else { continue }
      guard rooted.insert(ids.tree[index]).inserted else {
        throw node.wrong("node \(ids.node[index]) of tree \(ids.tree[index]) is no node's child")
      }
      roots.append(index)
    }
    // As many parents as children and one root a tree: what is not reached goes round in a circle.
    var reached = 0
    var stack = roots
    while let index = stack.popLast() {
      reached += 1
      if !nodes[index].isLeaf { stack += [nodes[index].whenTrue, nodes[index].whenFalse] }
    }
    guard reached == nodes.count else { throw node.wrong("nodes of a tree go round in a circle") }
    return roots
  }

  private static func weights(
    of nodes: [Node], _ ids: NodeIDs, _ node: GraphNode, classCount: Int
  ) throws(ONNXError) -> [Int: [Double]] {
    let trees = try node.integers("class_treeids")
    let numbers = try node.integers("class_nodeids")
    let classes = try node.integers("class_ids")
    let values = try self.numbers(node, "class_weights")
    guard trees.count == values.count, numbers.count == values.count,
      classes.count == values.count
    else { throw node.wrong("the lists class_… have different lengths") }
    var weights: [Int: [Double]] = [:]
    for (index, value) in values.enumerated() {
      func wrong(_ reason: String) -> ONNXError {
        node.wrong("node \(numbers[index]) of tree \(trees[index]) \(reason)")
      }
      guard let leaf = ids.place(trees[index], numbers[index]), nodes[leaf].isLeaf else {
        throw wrong("has a weight and is no leaf")
      }
      guard 0..<Int64(classCount) ~= classes[index] else {
        throw wrong("weighs class \(classes[index]) of \(classCount)")
      }
      guard value.isFinite else { throw wrong("has a weight that is no number") }
      weights[leaf, default: Array(repeating: 0, count: classCount)][Int(classes[index])] += value
    }
    return weights
  }

  /// Whether there is a tree of which every leaf weighs a class, be it by 0.
  private static func hasTree(
    of label: Int64, _ nodes: [Node], _ ids: NodeIDs, _ node: GraphNode
  ) throws(ONNXError) -> Bool {
    let trees = try node.integers("class_treeids")
    let numbers = try node.integers("class_nodeids")
    var isWeighed = [Bool](repeating: false, count: nodes.count)
    for (index, own) in try node.integers("class_ids").enumerated() where own == label {
      isWeighed[ids.place(trees[index], numbers[index])!] = true
    }
    let others = nodes.indices.filter { nodes[$0].isLeaf && !isWeighed[$0] }
    return Set(others.map { ids.tree[$0] }).count < Set(ids.tree).count
  }
}

/// The numbers by which nodes of trees are known in a file.
private struct NodeIDs {
  private struct Key: Hashable {
    let tree: Int64
    let node: Int64
  }

  let tree: [Int64]
  let node: [Int64]
  private let places: [Key: Int]

  var count: Int { node.count }

  init(_ graphNode: GraphNode) throws(ONNXError) {
    tree = try graphNode.integers("nodes_treeids")
    node = try graphNode.integers("nodes_nodeids")
    guard !node.isEmpty else { throw graphNode.wrong("it has no trees") }
    guard tree.count == node.count else {
      throw graphNode.wrong("the lists nodes_… have different lengths")
    }
    var places: [Key: Int] = [:]
    places.reserveCapacity(node.count)
    for index in node.indices {
      guard places.updateValue(index, forKey: Key(tree: tree[index], node: node[index])) == nil
      else {
        throw graphNode.wrong("node \(node[index]) of tree \(tree[index]) stands twice")
      }
    }
    self.places = places
  }

  func place(_ tree: Int64, _ node: Int64) -> Int? { places[Key(tree: tree, node: node)] }
}
