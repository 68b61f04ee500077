/// The sums behind the out-of-bag estimates: what some of the trees say, to which others may be added.
struct OutOfBagSums<Code: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  /// Sums are whole multiples of 2⁻⁴⁰, so that the order in which trees are added does not change them.
  private static var scale: Double { 0x1p40 }

  private let table: TrainingTable<Code>
  /// Row-major, shape (rowCount, classCount).
  private var sums: [Int64]

  init(_ table: TrainingTable<Code>) {
    self.table = table
    sums = Array(repeating: 0, count: table.rowCount * table.classCount)
  }

  /// Adds what a tree says of the rows that it has not seen whole.
  mutating func add(_ tree: CodedTree, drawn: UnsafeBufferPointer<UInt32>) {
    let classCount = table.classCount
    let steps = tree.steps(table.columns)
    let shares = tree.distributions.shares.map { $0 * Self.scale }
    let labels = tree.distributions.labels
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<table.rowCount {
        let share =
          drawn[row] == 0 ? 1 : Self.power(1 - 1 / Double(table.samples[row]), drawn[row])
        guard share > 0 else { continue }
        let leaf = CodedTree.leaf(
          of: table.codes.row(row), stride: table.codes.inputStride, steps)
        for place in tree.distributions.range(of: leaf) {
          // Half a unit is added because rounding would be a call.
          sums[row &* classCount &+ Int(labels[place])] &+= Int64(shares[place] * share + 0.5)
        }
      }
    }
  }

  /// Adds what other trees say.
  mutating func add(_ other: Self) {
    for place in sums.indices { sums[place] &+= other.sums[place] }
  }

  func estimates(of dataset: Dataset) -> OutOfBag {
    let classCount = table.classCount
    var probabilities: [Double] = []
    probabilities.reserveCapacity(dataset.rowCount * classCount)
    var evaluation = Evaluation(classes: dataset.classes)
    for source in 0..<dataset.rowCount {
      let row = Int(table.rowOfSource![source])
      let own = sums[row * classCount..<(row + 1) * classCount]
      let total = Double(own.reduce(0, +))
      let shares = own.map { total > 0 ? Double($0) / total : .nan }
      probabilities += shares
      evaluation.add(
        probabilities: shares, actual: dataset.labels[source], weight: dataset.weights[source])
    }
    return OutOfBag(
      probabilities: probabilities, labels: dataset.labels, weights: dataset.weights,
      evaluation: evaluation)
  }

  private static func power(_ base: Double, _ exponent: UInt32) -> Double {
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}

extension CodedTree {
  /// A node as a row of codes passes it.
  fileprivate struct Step {
    /// The input whose code decides, `none` in a leaf.
    var input = none
    /// Codes of `first..<first + count` go right.
    var first: UInt16 = 0
    var count: UInt16 = 0
    /// The left child, the right one is next to it; in a leaf the index of its distribution.
    var left: UInt32

    static let none = UInt16.max
  }

  /// The nodes as rows pass them that were not drawn: such a row may have a code between the two that
  /// a split was made between.
  fileprivate func steps(_ columns: TrainingColumns) -> [Step] {
    nodes.map { node in
      guard !node.isLeaf else { return Step(left: node.left) }
      let column = Int(node.column)
      let input = columns.columns[column].input
      var step = Step(input: UInt16(input), left: node.left)
      let low = columns.inputs[input].bins?.lastCodeLeft(Int(node.low), Int(node.high)) ?? 0
      let right = columns.codesRight(ofColumn: column, low: low)
      step.first = UInt16(right.lowerBound)
      step.count = UInt16(right.count)
      return step
    }
  }

  /// The index of the distribution that a row of codes ends at.
  fileprivate static func leaf(
    of codes: UnsafePointer<some FixedWidthInteger>, stride: Int, _ steps: [Step]
  ) -> Int {
    var step = steps[0]
    while step.input != Step.none {
      let code = UInt16(truncatingIfNeeded: codes[Int(step.input) &* stride])
      step = steps[Int(step.left) &+ (code &- step.first < step.count ? 1 : 0)]
    }
    return Int(step.left)
  }
}
