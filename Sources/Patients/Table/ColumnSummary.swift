public import RandomForest

/// The distribution of one numeric column, rows counting by their weights.
public struct NumericSummary: Sendable, Equatable {
  /// The number of samples with a value.
  public let count: Int
  /// The arithmetic mean; NaN without samples, as all that follow.
  public let mean: Double
  /// The sample standard deviation (n - 1); NaN below two samples.
  public let standardDeviation: Double
  /// The least value, the quartiles and the greatest: shape (5), interpolated linearly.
  public let quartiles: [Double]

  /// Summarises a column of a dataset, or one class's part of it.
  public init(of dataset: Dataset, column: Int, label: Int? = nil) {
    let rows = (0..<dataset.rowCount).filter { row in
      (label == nil || dataset.labels[row] == label)
        && !dataset.values[row * dataset.featureCount + column].isNaN
    }
    let values = rows.map {
      (value: dataset.values[$0 * dataset.featureCount + column], weight: dataset.weights[$0])
    }.sorted { $0.value < $1.value }
    let count = values.reduce(0) { $0 + $1.weight }
    let mean = values.reduce(0) { $0 + $1.value * Double($1.weight) } / Double(count)
    let squares = values.reduce(0) {
      $0 + ($1.value - mean) * ($1.value - mean) * Double($1.weight)
    }
    self.count = count
    self.mean = mean
    standardDeviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : .nan
    func value(at rank: Int) -> Double {
      var below = 0
      return values.first { entry in
        below += entry.weight
        return below > rank
      }?.value ?? .nan
    }
    quartiles = (0...4).map { quarter in
      guard count > 0 else { return .nan }
      let position = Double(quarter) / 4 * Double(count - 1)
      let low = value(at: Int(position))
      return low + (position - position.rounded(.down))
        * (value(at: Int(position.rounded(.up))) - low)
    }
  }
}

extension Dataset {
  /// The samples of each level of a categorical column, of all classes or of one.
  public func levelCounts(ofColumn column: Int, label: Int? = nil) -> [Int] {
    guard case .categorical(let levels) = features[column].kind else { return [] }
    var counts = [Int](repeating: 0, count: levels.count)
    for row in 0..<rowCount where label == nil || labels[row] == label {
      let level = values[row * featureCount + column]
      if !level.isNaN { counts[Int(level)] += weights[row] }
    }
    return counts
  }
}
