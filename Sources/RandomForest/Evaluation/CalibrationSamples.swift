/// What a forest stated of samples that it had not seen, and what they are: what calibrations are
/// made of.
///
/// A row with a NaN, as ``OutOfBag`` has it for a sample that every tree has seen, states nothing and
/// is left out.
public struct CalibrationSamples: Sendable, Equatable {
  struct Row: Equatable {
    let probabilities: [Double]
    let label: Int
    let weight: Int
  }

  let rows: [Row]
  /// The number of classes.
  public let classCount: Int
  /// The number of samples used: the sum of the weights of the rows without a NaN.
  public let count: Int
  /// The number of samples left out: the sum of the weights of the rows with a NaN.
  public let leftOutCount: Int

  /// Takes a forest's probabilities.
  ///
  /// - Parameters:
  ///   - probabilities: row-major, shape (labels.count, classCount).
  ///   - labels: the right classes.
  ///   - weights: how many samples each row stands for, at least 0; nil for one each.
  ///   - classCount: the number of classes.
  public init(probabilities: [Double], labels: [Int], weights: [Int]? = nil, classCount: Int) {
    precondition(probabilities.count == labels.count * classCount, "a row has a value a class")
    precondition(labels.allSatisfy { 0..<classCount ~= $0 }, "a label is one of the classes")
    let weights = weights ?? Array(repeating: 1, count: labels.count)
    precondition(
      weights.count == labels.count && weights.allSatisfy { $0 >= 0 }, "a row has a weight")
    let all = labels.indices.map { row in
      Row(
        probabilities: Array(probabilities[row * classCount..<(row + 1) * classCount]),
        label: labels[row], weight: weights[row])
    }
    // A row of weight 0 stands for no sample.
    rows = all.filter { $0.weight > 0 && !$0.probabilities.contains(where: \.isNaN) }
    self.classCount = classCount
    count = rows.reduce(0) { $0 + $1.weight }
    leftOutCount = weights.reduce(0, +) - count
  }

  /// Takes a forest's out-of-bag estimates.
  ///
  /// - Parameters:
  ///   - outOfBag: the estimates.
  ///   - rows: the rows of the training dataset to take: those that were measured, not those that
  ///     resampling made.
  public init(_ outOfBag: OutOfBag, rows: Range<Int>) {
    let classCount = outOfBag.evaluation.confusion.classes.count
    self.init(
      probabilities: Array(
        outOfBag.probabilities[rows.lowerBound * classCount..<rows.upperBound * classCount]),
      labels: Array(outOfBag.labels[rows]), weights: Array(outOfBag.weights[rows]),
      classCount: classCount)
  }
}

/// Why probabilities cannot be calibrated.
public enum CalibrationError: Error, Equatable, CustomStringConvertible {
  /// No row without a NaN and of a weight above 0.
  case noSamples

  /// A sentence for people.
  public var description: String {
    "no sample has known probabilities; more trees leave each sample out of more of them"
  }
}
