/// Adds up the Shapley values of one sample, tree by tree.
struct TreeExplainer {
  private let ranks: [UInt16]
  /// For each column the one that it is known with.
  private let measurements: [Int]
  private let distributions: UnsafeBufferPointer<Double>
  private let classCount: Int
  /// Shape (columnCount, classCount), summed over the trees.
  private(set) var contributions: [Double]
  /// Shape (classCount), summed over the trees.
  private(set) var baseValues: [Double]

  init(
    ranks: [UInt16], measurements: [Int], distributions: UnsafeBufferPointer<Double>,
    classCount: Int
  ) {
    self.ranks = ranks
    self.measurements = measurements
    self.distributions = distributions
    self.classCount = classCount
    contributions = Array(repeating: 0, count: ranks.count * classCount)
    baseValues = Array(repeating: 0, count: classCount)
  }

  /// The columns that a path has tested, each once, with the weights of the subsets of them.
  private struct Path {
    /// What one column lets through of the path: the share of the training samples when the column
    /// is not known, 1 or 0 when it is.
    struct Element {
      var column: Int
      var zero: Double
      var one: Double
      /// The weight of the subsets of as many columns as come before this element.
      var weight: Double
    }

    var elements: [Element] = []

    /// Takes in one more column.
    mutating func extend(column: Int, zero: Double, one: Double) {
      let length = elements.count
      elements.append(Element(column: column, zero: zero, one: one, weight: length == 0 ? 1 : 0))
      let count = Double(length + 1)
      for i in (0..<length).reversed() {
        elements[i + 1].weight += one * elements[i].weight * Double(i + 1) / count
        elements[i].weight = zero * elements[i].weight * Double(length - i) / count
      }
    }

    /// Takes out a column, as if it had never been taken in.
    mutating func unwind(_ index: Int) {
      let weights = weights(without: index)
      for j in index..<elements.count - 1 {
        elements[j].column = elements[j + 1].column
        elements[j].zero = elements[j + 1].zero
        elements[j].one = elements[j + 1].one
      }
      elements.removeLast()
      for (j, weight) in weights.enumerated() { elements[j].weight = weight }
    }

    /// The sum of the weights that the other columns have without one.
    func totalWeight(without index: Int) -> Double {
      let length = elements.count - 1
      let count = Double(length + 1)
      let (zero, one) = (elements[index].zero, elements[index].one)
      var total = 0.0
      var next = elements[length].weight
      for j in (0..<length).reversed() {
        if one != 0 {
          let weight = next * count / (Double(j + 1) * one)
          next = elements[j].weight - weight * zero * Double(length - j) / count
          total += weight
        } else {
          total += elements[j].weight * count / (zero * Double(length - j))
        }
      }
      return total
    }

    /// The weights that the other columns have without one.
    func weights(without index: Int) -> [Double] {
      let length = elements.count - 1
      let count = Double(length + 1)
      let (zero, one) = (elements[index].zero, elements[index].one)
      var weights = [Double](repeating: 0, count: length)
      var next = elements[length].weight
      for j in (0..<length).reversed() {
        if one != 0 {
          weights[j] = next * count / (Double(j + 1) * one)
          next = elements[j].weight - weights[j] * zero * Double(length - j) / count
        } else {
          weights[j] = elements[j].weight * count / (zero * Double(length - j))
        }
      }
      return weights
    }
  }

  /// Adds a tree that has been checked.
  mutating func add(_ nodes: UnsafeBufferPointer<FlatNode>, covers: UnsafeBufferPointer<Double>) {
    visit(0, nodes, covers, Path(), column: -1, zero: 1, one: 1, share: 1)
  }

  /// - Parameters:
  ///   - path: what was tested above the parent's test.
  ///   - column: what the parent tests.
  ///   - share: the share of the training samples that come here.
  private mutating func visit(
    _ index: Int, _ nodes: UnsafeBufferPointer<FlatNode>, _ covers: UnsafeBufferPointer<Double>,
    _ above: Path, column: Int, zero: Double, one: Double, share: Double
  ) {
    var path = above
    path.extend(column: column, zero: zero, one: one)
    let node = nodes[index]
    if node.isLeaf {
      add(path, leaf: Int(node.offset) * classCount, share: share)
      return
    }
    let left = index + Int(node.offset)
    let goesRight = ranks[Int(node.column)] > node.cut
    let total = covers[left] + covers[left + 1]
    let measurement = measurements[Int(node.column)]
    // A column that was tested before enters with both tests' shares together.
    var (zeroBefore, oneBefore) = (1.0, 1.0)
    if let known = path.elements.firstIndex(where: { $0.column == measurement }) {
      (zeroBefore, oneBefore) = (path.elements[known].zero, path.elements[known].one)
      path.unwind(known)
    }
    for (child, isTaken) in [(left, !goesRight), (left + 1, goesRight)] {
      let portion = total > 0 ? covers[child] / total : 0
      guard portion > 0 || isTaken else { continue }
      visit(
        child, nodes, covers, path, column: measurement, zero: zeroBefore * portion,
        one: isTaken ? oneBefore : 0, share: share * portion)
    }
  }

  private mutating func add(_ path: Path, leaf: Int, share: Double) {
    for label in 0..<classCount { baseValues[label] += share * distributions[leaf + label] }
    // The first element is the root's, which tests nothing.
    for index in path.elements.indices.dropFirst() {
      let element = path.elements[index]
      guard element.zero > 0 || element.one != 0 else { continue }
      let weight = path.totalWeight(without: index) * (element.one - element.zero)
      for label in 0..<classCount {
        contributions[element.column * classCount + label] += weight * distributions[leaf + label]
      }
    }
  }
}
