import POSIX

/// Scores how pure the sides of a split are: higher is purer, and the difference to the score of the
/// undivided node is the impurity removed times the weighted samples.
struct Impurity: Sendable {
  let criterion: SplitCriterion
  /// Whether all samples count alike and the measure is Gini's: then every sum is a whole number.
  let isPlainGini: Bool

  init(_ criterion: SplitCriterion, countsAllAlike: Bool) {
    self.criterion = criterion
    isPlainGini = criterion == .gini && countsAllAlike
  }

  /// The weighted samples of a node.
  func cover(of node: NodeSamples) -> Double {
    var total = 0.0
    for number in 0..<node.classCount {
      total += node.weights[number] * Double(node.counts[number])
    }
    return total
  }

  /// The impurity of a node times its weighted samples.
  func risk(of node: NodeSamples) -> Double {
    (criterion == .gini ? cover(of: node) : 0) - score(of: node)
  }

  /// The score of an undivided node.
  func score(of node: NodeSamples) -> Double {
    score(of: node) { Double(node.counts[$0]) }
  }

  /// The score of the two sides that `left` and the rest of the node make.
  func score(left: UnsafePointer<UInt32>, of node: NodeSamples) -> Double {
    score(of: node) { Double(left[$0]) } + score(of: node) { Double(node.counts[$0] - left[$0]) }
  }

  @inline(__always)
  private func score(of node: NodeSamples, _ count: (_ number: Int) -> Double) -> Double {
    var total = 0.0
    var sum = 0.0
    for number in 0..<node.classCount {
      let weighted = node.weights[number] * count(number)
      total += weighted
      switch criterion {
      case .gini: sum += weighted * weighted
      case .entropy: sum += weighted > 0 ? weighted * log2(weighted) : 0
      }
    }
    guard total > 0 else { return 0 }
    return criterion == .gini ? sum / total : sum - total * log2(total)
  }
}
