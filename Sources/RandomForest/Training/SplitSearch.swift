/// A way to divide the samples of a node in two.
struct Split {
  var column = 0
  /// Codes at or below `low` go left; `high` is the next code that occurs in the node. For a one-hot
  /// column the samples that have its code go right, and both are 0. In the second column of a pair
  /// missing values go left.
  var low = 0
  var high = 0
  /// What `Impurity` scores the two sides; higher is purer.
  var score = -Double.infinity
  /// The samples that go left.
  var leftCount = 0
  /// What the bounds of the sides are, where an order is asked for.
  var leftBounds = 0.0...1.0
  var rightBounds = 0.0...1.0
}

/// Finds the best split of a node among randomly drawn columns.
final class SplitSearch<Code: FixedWidthInteger & UnsignedInteger & Sendable> {
  let table: TrainingTable<Code>
  private let columns: TrainingColumns
  private let strategy: SplitStrategy
  private let minimumSamplesPerLeaf: Int
  let impurity: Impurity
  private let columnsToTry: Int
  /// For each column which way the second class's share may go: 1 up, -1 down, 0 both; nothing where no
  /// column has an order.
  private let directions: [Double]
  /// The columns, of a pair the first; each search draws from it by moving the drawn ones to its front.
  private let drawOrder: UnsafeMutablePointer<TrainingColumns.Column>
  private let histograms: CodeHistograms<Code>
  private let lists: CodeLists<Code>
  private let sorter: CodeSorter<Code>
  /// The samples left of the boundary being tried, by the node's classes.
  let left: UnsafeMutablePointer<UInt32>
  /// The samples whose value is missing, by the node's classes.
  let missing: UnsafeMutablePointer<UInt32>
  let block: CodeBlock<Code>

  /// - Parameter names: the inputs'.
  init(
    _ table: TrainingTable<Code>, _ parameters: ForestParameters, _ impurity: Impurity,
    names: [String]
  ) {
    self.table = table
    columns = table.columns
    strategy = parameters.strategy
    minimumSamplesPerLeaf = parameters.minimumSamplesPerLeaf
    self.impurity = impurity
    directions =
      parameters.monotonicConstraints.isEmpty
      ? []
      : table.columns.columns.map { column in
        switch parameters.monotonicConstraints[names[column.input]] {
        case .increasing: 1
        case .decreasing: -1
        case nil: 0
        }
      }
    let drawnCount = columns.drawn.count
    columnsToTry = min(parameters.maximumFeatures.count(of: drawnCount), drawnCount)
    drawOrder = .allocate(capacity: drawnCount)
    histograms = CodeHistograms(table)
    lists = CodeLists(table)
    sorter = CodeSorter(table)
    left = .allocate(capacity: table.classCount)
    missing = .allocate(capacity: table.classCount)
    block = CodeBlock(table)
  }

  deinit {
    drawOrder.deallocate()
    left.deallocate()
    missing.deallocate()
  }

  /// Forgets what earlier trees have drawn, so that a tree does not depend on them.
  func beginTree() {
    for (place, column) in columns.drawn.enumerated() { drawOrder[place] = column }
  }

  /// The split that removes the most impurity, nil when the node cannot be split.
  ///
  /// Columns are drawn without replacement until enough were tried; the draw goes on while all of
  /// them were constant in the node. Of equal splits the first found wins.
  func bestSplit(of node: NodeSamples, _ generator: inout SeededGenerator) -> Split? {
    var best = Split()
    var varies = false
    var tried = 0
    let drawnCount = columns.drawn.count
    while tried < drawnCount, tried < columnsToTry || !varies {
      // The columns of a round are drawn first, so that one pass over the rows counts for several.
      let round = tried..<(tried < columnsToTry ? columnsToTry : tried + 1)
      for place in round {
        let other = place + generator.below(drawnCount - place)
        (drawOrder[place], drawOrder[other]) = (drawOrder[other], drawOrder[place])
      }
      tried = round.upperBound
      var start = round.lowerBound
      while start < tried {
        var end = start
        while end < tried, include(drawOrder[end], node) { end += 1 }
        histograms.count(node)
        if strategy == .random {
          end = block.gather(drawOrder, start..<end, node, &generator)
        }
        for place in start..<end where tryColumn(at: place, node, &best) {
          varies = true
        }
        if end < tried { clear(node) }
        start = end
      }
    }
    clear(node)
    return best.score > -.infinity ? best : nil
  }

  /// Makes ready what a column's input is looked up in.
  ///
  /// - Returns: false where there is no room for it beside the inputs of the columns before.
  private func include(_ column: TrainingColumns.Column, _ node: NodeSamples) -> Bool {
    let input = column.input
    if histograms.includes(input) || lists.includes(input) { return true }
    if column.kind == .hot {
      return histograms.isFull(input, of: node)
        ? histograms.include(input, of: node) : lists.include(input, of: node)
    }
    return strategy == .random || !histograms.isFull(input, of: node)
      || histograms.include(input, of: node)
  }

  private func clear(_ node: NodeSamples) {
    histograms.clear(node)
    lists.clear(node)
  }

  /// Tries the column at a place of the draw.
  ///
  /// - Returns: whether it varies in the node.
  private func tryColumn(at place: Int, _ node: NodeSamples, _ best: inout Split) -> Bool {
    let column = drawOrder[place]
    if column.kind == .hot {
      // Of many levels most do not occur.
      let isAbsent =
        lists.includes(column.input) && lists.lacks(column.hotCode, ofInput: column.input)
      return !isAbsent && tryHotCode(column, node, &best)
    }
    if strategy == .random {
      return tryRandomBoundary(of: block.column(atPlace: place), column, node, &best)
    }
    let bins = columns.inputs[column.input].bins!
    return histograms.includes(column.input)
      ? tryNumber(histograms.runs(ofInput: column.input, of: node), bins, column, node, &best)
      : tryNumber(sorter.runs(of: node, input: column.input), bins, column, node, &best)
  }

  /// - Returns: whether the column varies in the node: its input may do so among other codes alone.
  private func tryHotCode(
    _ column: TrainingColumns.Column, _ node: NodeSamples, _ best: inout Split
  ) -> Bool {
    left.update(from: node.counts, count: node.classCount)
    if lists.includes(column.input) {
      lists.forEach(of: column.hotCode, ofInput: column.input) { place in
        left[Int(node.targets[place].label)] &-= node.targets[place].weight
      }
    } else {
      let counts = histograms.histogram(ofInput: column.input) + column.hotCode &* node.classCount
      for label in 0..<node.classCount { left[label] &-= counts[label] }
    }
    let leftCount = (0..<node.classCount).reduce(0) { $0 &+ Int(left[$1]) }
    guard 0 < leftCount, leftCount < node.sampleCount else { return false }
    consider(column.index, node, &best) { (0, 0) }
    return true
  }

  /// Scores the sides that `left` and the rest of the node make.
  ///
  /// - Parameter codes: the codes on both sides, asked for when the split is the best.
  func consider(
    _ column: Int, _ node: NodeSamples, _ best: inout Split,
    _ codes: () -> (low: Int, high: Int)
  ) {
    var sides = Sides(node)
    for label in 0..<node.classCount { sides.add(left[label], before: 0, of: node.counts[label]) }
    guard sides.leftCount >= minimumSamplesPerLeaf, sides.rightCount >= minimumSamplesPerLeaf
    else { return }
    let score = impurity.isPlainGini ? sides.score : impurity.score(left: left, of: node)
    guard score > best.score else { return }
    let (low, high) = codes()
    take(
      Split(column: column, low: low, high: high, score: score, leftCount: sides.leftCount), node,
      &best)
  }

  /// Makes the split that `left` and the rest of the node make the best, unless it breaks the order of its
  /// column: a side's share lies beyond the node's bounds, or the sides are the wrong way round. Below it
  /// neither side may pass the middle between them, as in scikit-learn.
  private func take(_ split: Split, _ node: NodeSamples, _ best: inout Split) {
    guard !directions.isEmpty else { return best = split }
    var split = split
    (split.leftBounds, split.rightBounds) = (node.bounds, node.bounds)
    let bins = columns.input(ofColumn: split.column).bins
    let cutsMissing =
      columns.columns[split.column].kind == .first && split.high == bins?.missingCode
    let direction = cutsMissing ? 0 : directions[split.column]
    if direction != 0 {
      let leftShare = node.secondShare { left[$0] }
      let rightShare = node.secondShare { node.counts[$0] - left[$0] }
      guard node.bounds.contains(leftShare), node.bounds.contains(rightShare),
        direction * (rightShare - leftShare) >= 0
      else { return }
      let middle = (leftShare + rightShare) / 2
      let (below, above) = (node.bounds.lowerBound...middle, middle...node.bounds.upperBound)
      (split.leftBounds, split.rightBounds) = direction > 0 ? (below, above) : (above, below)
    }
    best = split
  }

  /// Tries every boundary of a number. Where it may be missing: the missing to the right, to the left,
  /// and parted from all others; where none is missing in the node, they go with the more of its
  /// samples, as scikit-learn's do.
  private func tryNumber(
    _ runs: some CodeRuns, _ bins: NumericBins, _ column: TrainingColumns.Column,
    _ node: NodeSamples, _ best: inout Split
  ) -> Bool {
    guard runs.count > 1 else { return false }
    let before = best.score
    tryBoundaries(of: runs, runs.count, column.index, node, &best)
    guard column.kind == .first else { return true }
    if runs.code(runs.count - 1) == bins.missingCode {
      tryBoundaries(
        of: runs, runs.count - 1, column.index + 1, node, &best, leftRun: runs.count - 1)
    } else if best.score > before, 2 * best.leftCount > node.sampleCount {
      best.column = column.index + 1
    }
    return true
  }

  /// Tries the boundaries between the first runs.
  ///
  /// - Parameter leftRun: one that goes left at every boundary.
  @inline(__always)
  private func tryBoundaries(
    of runs: some CodeRuns, _ end: Int, _ column: Int, _ node: NodeSamples, _ best: inout Split,
    leftRun: Int? = nil
  ) {
    left.update(repeating: 0, count: node.classCount)
    var sides = Sides(node)
    func move(_ run: Int) {
      runs.forEach(run) { label, weight in
        sides.add(weight, before: left[label], of: node.counts[label])
        left[label] &+= weight
      }
    }
    if let leftRun { move(leftRun) }
    for run in 0..<end - 1 {
      move(run)
      guard sides.leftCount >= minimumSamplesPerLeaf, sides.rightCount >= minimumSamplesPerLeaf
      else { continue }
      let score = impurity.isPlainGini ? sides.score : impurity.score(left: left, of: node)
      guard score > best.score else { continue }
      take(
        Split(
          column: column, low: runs.code(run), high: runs.code(run + 1), score: score,
          leftCount: sides.leftCount), node, &best)
    }
  }
}

/// The sides of a split, and Gini's score of them in whole numbers, kept from boundary to boundary.
struct Sides {
  private(set) var leftCount = 0
  private(set) var rightCount: Int
  private var leftSquares = 0
  private var rightSquares = 0

  /// All samples lie right.
  init(_ node: NodeSamples) {
    rightCount = node.sampleCount
    for label in 0..<node.classCount {
      let count = Int(node.counts[label])
      rightSquares &+= count &* count
    }
  }

  /// Moves samples of a class to the left.
  ///
  /// - Parameters:
  ///   - before: how many of the class lay left.
  ///   - all: how many there are of it.
  @inline(__always)
  mutating func add(_ weight: UInt32, before: UInt32, of all: UInt32) {
    let (moved, before) = (Int(weight), Int(before))
    let after = Int(all) &- before
    leftCount &+= moved
    rightCount &-= moved
    leftSquares &+= moved &* (2 &* before &+ moved)
    rightSquares &-= moved &* (2 &* after &- moved)
  }

  @inline(__always)
  var score: Double {
    Double(leftSquares) / Double(leftCount) + Double(rightSquares) / Double(rightCount)
  }
}
