/// Grows the trees of one forest, one after the other, reusing its memory.
///
/// CART (Breiman et al., 1984) with a random choice of columns at each split (Breiman, 2001). With a
/// leaf limit it grows best first: the leaf whose split removes the most impurity is split next,
/// until the limit is reached or nothing is left to gain.
struct TreeGrower<Code: FixedWidthInteger & UnsignedInteger & Sendable>: ~Copyable {
  private let table: TrainingTable<Code>
  private let parameters: ForestParameters
  private let draw: SampleDraw
  private let impurity: Impurity
  private let search: SplitSearch<Code>
  /// The samples drawn of each row, shape (rowCount).
  private let drawn: UnsafeMutableBufferPointer<UInt32>
  private let targets: UnsafeMutablePointer<Target>
  /// The row indices of the tree, a node's in one stretch.
  private let rows: UnsafeMutablePointer<UInt32>
  private let scratch: UnsafeMutablePointer<UInt32>
  /// The samples of each class in each node, shape (nodes, classCount).
  private var counts: [UInt32] = []
  /// The samples of each class left of each node's split, shape (nodes, classCount).
  private var leftCounts: [UInt32] = []
  private var leastImprovement = 0.0
  private var generator = SeededGenerator(seed: 0)
  private var tree = CodedTree(importances: [])
  /// The distribution of a leaf of one class, by class, once there is one.
  private var pureDistributions: [UInt32?] = []

  init(
    _ table: TrainingTable<Code>, _ draw: SampleDraw, _ parameters: ForestParameters,
    _ impurity: Impurity
  ) {
    self.table = table
    self.parameters = parameters
    self.draw = draw
    self.impurity = impurity
    search = SplitSearch(table, parameters, impurity)
    drawn = .allocate(capacity: table.rowCount)
    targets = .allocate(capacity: table.rowCount)
    rows = .allocate(capacity: table.rowCount)
    scratch = .allocate(capacity: table.rowCount)
  }

  deinit {
    drawn.deallocate()
    targets.deallocate()
    rows.deallocate()
    scratch.deallocate()
  }

  /// The samples of each row that the last tree was grown on.
  var drawnSamples: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(drawn) }

  /// A leaf that can be split; the classes of its left side stand in `leftCounts`.
  private struct Leaf {
    let node: Int
    let rows: Range<Int>
    let depth: Int
    let split: Split
    let improvement: Double
  }

  /// Grows the tree of a number; it depends on the data, the parameters and that number alone.
  mutating func grow(_ number: Int) -> CodedTree {
    generator = SeededGenerator(seed: parameters.seed, stream: UInt64(number) + 1)
    search.beginTree()
    tree = CodedTree(importances: [Double](repeating: 0, count: table.columns.count))
    counts.removeAll(keepingCapacity: true)
    leftCounts.removeAll(keepingCapacity: true)
    pureDistributions = Array(repeating: nil, count: table.classCount)

    let rowCount = drawRows()
    var root = [UInt32](repeating: 0, count: table.classCount)
    for place in 0..<rowCount {
      let target = targets[Int(rows[place])]
      root[Int(target.label)] += target.weight
    }
    // Less than asked for by what rounding may take away.
    leastImprovement =
      (parameters.minimumImpurityDecrease - .ulpOfOne) * impurity.cover(of: root)
    counts.append(contentsOf: root)
    let first = addNode(0..<rowCount, depth: 0)
    if let limit = parameters.maximumLeafCount {
      var frontier = PriorityQueue<Leaf>()
      var leafCount = 1
      if let first { frontier.insert(first, priority: first.improvement) }
      while leafCount < limit, let leaf = frontier.popFirst() {
        let (left, right) = divide(leaf)
        if let left { frontier.insert(left, priority: left.improvement) }
        if let right { frontier.insert(right, priority: right.improvement) }
        leafCount += 1
      }
    } else {
      var frontier = first.map { [$0] } ?? []
      while let leaf = frontier.popLast() {
        let (left, right) = divide(leaf)
        if let right { frontier.append(right) }
        if let left { frontier.append(left) }
      }
    }
    for node in tree.nodes.indices where tree.nodes[node].isLeaf {
      tree.nodes[node].left = distribution(ofNode: node)
    }
    return tree
  }

  /// Draws the tree's samples and lists the rows that have any.
  private mutating func drawRows() -> Int {
    if parameters.bootstrap {
      draw.draw(into: drawn, &generator)
    } else {
      _ = drawn.update(fromContentsOf: table.weights)
    }
    var rowCount = 0
    table.labels.withUnsafeBufferPointer { labels in
      for row in 0..<table.rowCount {
        targets[row] = Target(weight: drawn[row], label: UInt32(labels[row]))
        rows[rowCount] = UInt32(row)
        rowCount += drawn[row] > 0 ? 1 : 0
      }
    }
    return rowCount
  }

  /// Adds a node whose counts have just been appended.
  ///
  /// - Returns: how it can be split, nil when it stays a leaf.
  private mutating func addNode(_ range: Range<Int>, depth: Int) -> Leaf? {
    let classCount = table.classCount
    let node = tree.nodes.count
    let start = node * classCount
    leftCounts.append(contentsOf: repeatElement(0, count: classCount))
    return counts.withUnsafeBufferPointer { counts in
      let own = counts.baseAddress! + start
      tree.nodes.append(CodedTree.Node(cover: impurity.cover(of: own)))
      var samples = 0
      var classes = 0
      for label in 0..<classCount {
        samples += Int(own[label])
        classes += own[label] > 0 ? 1 : 0
      }
      guard classes > 1, samples >= parameters.minimumSamplesPerSplit,
        depth < parameters.maximumDepth ?? .max,
        let split = search.bestSplit(
          of: UnsafeBufferPointer(start: rows + range.lowerBound, count: range.count), targets,
          counts: own, &generator)
      else { return nil }
      let improvement = split.score - impurity.score(of: own)
      guard improvement >= leastImprovement else { return nil }
      for label in 0..<classCount { leftCounts[start + label] = search.bestLeft[label] }
      return Leaf(node: node, rows: range, depth: depth, split: split, improvement: improvement)
    }
  }

  /// Splits a leaf.
  ///
  /// - Returns: its two children, where they can be split further.
  private mutating func divide(_ leaf: Leaf) -> (left: Leaf?, right: Leaf?) {
    let split = leaf.split
    tree.nodes[leaf.node].column = UInt16(split.column)
    tree.nodes[leaf.node].low = UInt16(split.low)
    tree.nodes[leaf.node].high = UInt16(split.high)
    tree.nodes[leaf.node].left = UInt32(tree.nodes.count)
    tree.importances[split.column] += leaf.improvement
    let middle = partition(leaf.rows, by: split)
    let own = leaf.node * table.classCount..<(leaf.node + 1) * table.classCount
    counts.append(contentsOf: leftCounts[own])
    let left = addNode(leaf.rows.lowerBound..<middle, depth: leaf.depth + 1)
    for place in own { counts.append(counts[place] - leftCounts[place]) }
    let right = addNode(middle..<leaf.rows.upperBound, depth: leaf.depth + 1)
    return (left, right)
  }

  /// Moves the rows that go left to the front of the range, in their order.
  ///
  /// - Returns: the first place of those that go right.
  private mutating func partition(_ range: Range<Int>, by split: Split) -> Int {
    let width = table.codes.width
    let codes = table.codes.elements + table.columns.inputOfColumn[split.column]
    let goRight = table.columns.codesRight(ofColumn: split.column, low: split.low)
    let first = goRight.lowerBound
    let count = UInt(bitPattern: goRight.count)
    var left = range.lowerBound
    var right = 0
    // Each row is written to both sides and counted on one: no branch to mispredict.
    for place in range {
      let row = rows[place]
      let code = Int(codes[Int(row) &* width])
      let goesLeft = UInt(bitPattern: code &- first) >= count
      rows[left] = row
      scratch[right] = row
      left &+= goesLeft ? 1 : 0
      right &+= goesLeft ? 0 : 1
    }
    (rows + left).update(from: scratch, count: right)
    return left
  }

  /// The index of a leaf's class shares; leaves of one class share one.
  private mutating func distribution(ofNode node: Int) -> UInt32 {
    let classCount = table.classCount
    let own = counts[node * classCount..<(node + 1) * classCount]
    let pure = own.count { $0 > 0 } == 1 ? own.firstIndex { $0 > 0 }! - own.startIndex : nil
    if let pure, let known = pureDistributions[pure] { return known }
    let index = UInt32(tree.distributions.count / classCount)
    let cover = tree.nodes[node].cover
    for (label, count) in own.enumerated() {
      tree.distributions.append(impurity.classWeights[label] * Double(count) / cover)
    }
    if let pure { pureDistributions[pure] = index }
    return index
  }
}
