import Synchronization

/// What a forest's trees say of the samples that they were not grown on (Breiman, 2001, section
/// 3.1).
///
/// A row of weight w stands for w samples. Of those a tree that drew it n times has not seen
/// w · (1 - 1/w)ⁿ on average; that share is the tree's say on the row.
public struct OutOfBag: Sendable {
  /// The class probabilities of each row of the dataset, row-major, shape (rowCount, classCount);
  /// NaN for a row that every tree has seen.
  public let probabilities: [Double]
  /// The class of each row of the dataset.
  public let labels: [Int]
  /// How many samples each row of the dataset stands for.
  public let weights: [Int]
  /// The scores over the rows that some tree has not seen.
  public let evaluation: Evaluation
}

/// The sums behind the out-of-bag estimates, to which any thread may add a tree at any time.
final class OutOfBagSums<Code: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  /// Sums are whole multiples of 2⁻⁴⁰, so that the order in which trees finish does not change them.
  private static var scale: Double { 0x1p40 }

  private let table: TrainingTable<Code>
  /// Row-major, shape (rowCount, classCount).
  private let sums: Mutex<[Int64]>

  init(_ table: TrainingTable<Code>) {
    self.table = table
    sums = Mutex(Array(repeating: 0, count: table.rowCount * table.classCount))
  }

  func add(_ tree: GrownTree, drawn: UnsafeBufferPointer<UInt32>) {
    let classCount = table.classCount
    let lastCodesLeft = tree.lastCodesLeft(table.columns)
    var leaves: [(row: Int, distribution: Int, share: Double)] = []
    for row in 0..<table.rowCount {
      let weight = Double(table.weights[row])
      let share = drawn[row] == 0 ? 1 : Self.power(1 - 1 / weight, drawn[row])
      if share > 0 {
        let leaf = tree.leaf(of: table.codes.row(row), table.columns, lastCodesLeft)
        leaves.append((row, leaf, share))
      }
    }
    sums.withLock { sums in
      for (row, distribution, share) in leaves {
        for label in 0..<classCount {
          let probability = tree.distributions[distribution * classCount + label]
          sums[row * classCount + label] += Int64((probability * share * Self.scale).rounded())
        }
      }
    }
  }

  func estimates(of dataset: Dataset) -> OutOfBag {
    let classCount = table.classCount
    var probabilities: [Double] = []
    probabilities.reserveCapacity(dataset.rowCount * classCount)
    var evaluation = Evaluation(classes: dataset.classes)
    sums.withLock { sums in
      for source in 0..<dataset.rowCount {
        let row = Int(table.rowOfSource![source])
        let own = sums[row * classCount..<(row + 1) * classCount]
        let total = Double(own.reduce(0, +))
        let shares = own.map { total > 0 ? Double($0) / total : .nan }
        probabilities += shares
        guard total > 0 else { continue }
        evaluation.add(
          probabilities: shares, actual: dataset.labels[source],
          weight: dataset.weights[source])
      }
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

extension GrownTree {
  /// For each node that splits a number the last code that goes left: a row that was not drawn may
  /// have a code between the two that the split was made between.
  fileprivate func lastCodesLeft(_ columns: TrainingColumns) -> [Int] {
    nodes.map { node in
      guard !node.isLeaf,
        case .numeric(let bins) = columns.inputs[columns.inputOfColumn[Int(node.column)]]
      else { return 0 }
      return bins.lastCodeLeft(Int(node.low), Int(node.high))
    }
  }

  /// The index of the distribution that a row of codes ends at.
  fileprivate func leaf<Code: FixedWidthInteger & UnsignedInteger & Sendable>(
    of codes: UnsafePointer<Code>, _ columns: TrainingColumns, _ lastCodesLeft: [Int]
  ) -> Int {
    var index = 0
    while !nodes[index].isLeaf {
      let node = nodes[index]
      let code = Int(codes[columns.inputOfColumn[Int(node.column)]])
      let hot = columns.hotCodeOfColumn[Int(node.column)]
      let goesRight = hot >= 0 ? code == hot : code > lastCodesLeft[index]
      index = Int(node.left) + (goesRight ? 1 : 0)
    }
    return Int(nodes[index].left)
  }
}
