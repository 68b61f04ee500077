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
  private let classWeights: [Double]
  private let weightUnit: Double
  private let search: SplitSearch<Code>
  /// The samples drawn of each row, shape (rowCount).
  private let drawn: UnsafeMutableBufferPointer<UInt32>
  private let targets: UnsafeMutablePointer<Target>
  private let gatherer: NodeGatherer
  /// The row indices of the tree, a node's in one stretch.
  private let rows: UnsafeMutablePointer<UInt32>
  private let scratch: UnsafeMutablePointer<UInt32>
  /// Where the rows of each node stand; of one that was split, its children's.
  private var ranges: [Range<UInt32>] = []
  /// The risk of each node, when the tree will be pruned.
  private var risks: [Double] = []
  /// The bounds of each node, where an order is asked for.
  private var bounds: [ClosedRange<Double>] = []
  private var leastImprovement = 0.0
  private var generator = SeededGenerator(seed: 0)
  private var tree = CodedTree(importances: [])
  /// The distribution of a leaf of one class, by class, once there is one.
  private var pureDistributions: [UInt32?] = []

  /// - Parameter weightUnit: what a row's weight of 1 stands for, where rows are not drawn.
  init(
    _ table: TrainingTable<Code>, _ draw: SampleDraw, _ parameters: ForestParameters,
    classWeights: [Double], weightUnit: Double, inputNames: [String]
  ) {
    self.table = table
    self.parameters = parameters
    self.draw = draw
    self.classWeights = classWeights
    self.weightUnit = weightUnit
    impurity = Impurity(
      parameters.criterion,
      countsAllAlike: parameters.classWeights != .balancedSubsample
        && classWeights.allSatisfy { $0 == 1 })
    search = SplitSearch(table, parameters, impurity, names: inputNames)
    drawn = .allocate(capacity: table.rowCount)
    targets = .allocate(capacity: table.rowCount)
    gatherer = NodeGatherer(rowCount: table.rowCount, classCount: table.classCount)
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

  /// A leaf that can be split.
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
    ranges.removeAll(keepingCapacity: true)
    risks.removeAll(keepingCapacity: true)
    bounds.removeAll(keepingCapacity: true)
    pureDistributions = Array(repeating: nil, count: table.classCount)

    let rowCount = drawRows()
    weighClasses(rowCount)
    // Less than asked for by what rounding may take away.
    leastImprovement =
      (parameters.minimumImpurityDecrease - .ulpOfOne)
      * impurity.cover(of: samples(of: 0..<rowCount))
    let first = addNode(0..<rowCount, depth: 0, 0...1)
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
    if parameters.complexityCost > 0 {
      let cost = parameters.complexityCost * tree.nodes[0].cover
      let kept = tree.prune(risks, leafCost: cost)
      ranges = kept.map { ranges[$0] }
      if !bounds.isEmpty { bounds = kept.map { bounds[$0] } }
    }
    for node in tree.nodes.indices where tree.nodes[node].isLeaf {
      tree.nodes[node].left = distribution(ofNode: node)
    }
    if weightUnit != 1 {
      for node in tree.nodes.indices { tree.nodes[node].cover *= weightUnit }
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

  /// Sets what the classes count in this tree.
  private func weighClasses(_ rowCount: Int) {
    var weights = classWeights
    if parameters.classWeights == .balancedSubsample {
      var counts = [Int](repeating: 0, count: table.classCount)
      for place in 0..<rowCount {
        let target = targets[Int(rows[place])]
        counts[Int(target.label)] += Int(target.weight)
      }
      weights = ClassWeights.balancing(counts)
    }
    gatherer.weightOfLabel.update(from: weights, count: weights.count)
  }

  /// The samples of some rows of the tree, valid until the next call.
  private func samples(of range: Range<Int>) -> NodeSamples {
    gatherer.gather(
      UnsafeBufferPointer(start: rows + range.lowerBound, count: range.count), targets)
  }

  /// Adds a node.
  ///
  /// - Parameter bounds: between what the share of the second of two classes is kept.
  /// - Returns: how it can be split, nil when it stays a leaf.
  private mutating func addNode(
    _ range: Range<Int>, depth: Int, _ bounds: ClosedRange<Double>
  ) -> Leaf? {
    var node = samples(of: range)
    node.bounds = bounds
    ranges.append(UInt32(range.lowerBound)..<UInt32(range.upperBound))
    tree.nodes.append(CodedTree.Node(cover: impurity.cover(of: node)))
    if !parameters.monotonicConstraints.isEmpty { self.bounds.append(bounds) }
    if parameters.complexityCost > 0 { risks.append(impurity.risk(of: node)) }
    guard node.classCount > 1, node.sampleCount >= parameters.minimumSamplesPerSplit,
      depth < parameters.maximumDepth ?? .max,
      let split = search.bestSplit(of: node, &generator)
    else { return nil }
    let improvement = split.score - impurity.score(of: node)
    guard improvement >= leastImprovement else { return nil }
    return Leaf(
      node: tree.nodes.count - 1, rows: range, depth: depth, split: split,
      improvement: improvement)
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
    let depth = leaf.depth + 1
    let left = addNode(leaf.rows.lowerBound..<middle, depth: depth, split.leftBounds)
    let right = addNode(middle..<leaf.rows.upperBound, depth: depth, split.rightBounds)
    return (left, right)
  }

  /// Moves the rows that go left to the front of the range, in their order.
  ///
  /// - Returns: the first place of those that go right.
  private mutating func partition(_ range: Range<Int>, by split: Split) -> Int {
    let stride = table.codes.rowStride
    let codes = table.codes.input(table.columns.columns[split.column].input)
    let goRight = table.columns.codesRight(ofColumn: split.column, low: split.low)
    let first = goRight.lowerBound
    let count = UInt(bitPattern: goRight.count)
    var left = range.lowerBound
    var right = 0
    // Each row is written to both sides and counted on one: no branch to mispredict.
    for place in range {
      let row = rows[place]
      let code = Int(codes[Int(row) &* stride])
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
    let samples = samples(of: Int(ranges[node].lowerBound)..<Int(ranges[node].upperBound))
    if !bounds.isEmpty {
      tree.distributions.append(boundedShares(of: samples, bounds[node]))
      return UInt32(tree.distributions.count - 1)
    }
    let pure = samples.classCount == 1 ? Int(samples.labels[0]) : nil
    if let pure, let known = pureDistributions[pure] { return known }
    let index = UInt32(tree.distributions.count)
    let cover = tree.nodes[node].cover
    tree.distributions.append(
      (0..<samples.classCount).lazy.map { number in
        let weight = samples.weights[number] * Double(samples.counts[number])
        return (Int(samples.labels[number]), weight / cover)
      })
    if let pure { pureDistributions[pure] = index }
    return index
  }

  /// The shares of two classes, the second's no further than its bounds.
  private func boundedShares(
    of samples: NodeSamples, _ bounds: ClosedRange<Double>
  ) -> [(label: Int, share: Double)] {
    let own =
      samples.classCount == 2
      ? samples.secondShare { samples.counts[$0] } : Double(samples.labels[0])
    let share = min(max(own, bounds.lowerBound), bounds.upperBound)
    return [(0, 1 - share), (1, share)]
  }
}
