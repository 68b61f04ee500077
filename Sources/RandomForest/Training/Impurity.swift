import POSIX

/// Scores how pure the sides of a split are: higher is purer, and the difference to the score of the
/// undivided node is the impurity removed times the weighted samples.
struct Impurity: Sendable {
  let criterion: SplitCriterion
  /// What a sample of each class counts.
  let classWeights: [Double]
  /// Whether all samples count alike and the measure is Gini's: then every sum is a whole number.
  let isPlainGini: Bool

  init(_ criterion: SplitCriterion, classWeights: [Double]) {
    self.criterion = criterion
    self.classWeights = classWeights
    isPlainGini = criterion == .gini && classWeights.allSatisfy { $0 == 1 }
  }

  /// The weighted samples of a node.
  func cover(of counts: UnsafePointer<UInt32>) -> Double {
    var total = 0.0
    for label in classWeights.indices { total += classWeights[label] * Double(counts[label]) }
    return total
  }

  /// The score of an undivided node.
  func score(of counts: UnsafePointer<UInt32>) -> Double {
    score { Double(counts[$0]) }
  }

  /// The score of the two sides that `left` and the rest of `counts` make.
  func score(left: UnsafePointer<UInt32>, of counts: UnsafePointer<UInt32>) -> Double {
    score { Double(left[$0]) } + score { Double(counts[$0] - left[$0]) }
  }

  @inline(__always)
  private func score(_ count: (_ label: Int) -> Double) -> Double {
    var total = 0.0
    var sum = 0.0
    for label in classWeights.indices {
      let weighted = classWeights[label] * count(label)
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
