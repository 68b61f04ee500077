/// Weighted, labelled samples of named features.
///
/// A row of weight w stands for w equal samples, so a table of counts trains as the samples
/// themselves would. A missing value is NaN.
public struct Dataset: Sendable, Equatable {
  /// The columns, in order.
  public let features: [Feature]
  /// The class names; a label is an index into them.
  public let classes: [String]
  /// Row-major, shape (rowCount, features.count), Float64; a categorical value is its level's index.
  public private(set) var values: [Double] = []
  /// One class index a row.
  public private(set) var labels: [Int] = []
  /// How many samples each row stands for, at least 1.
  public private(set) var weights: [Int] = []

  /// Creates a dataset without rows.
  public init(features: [Feature], classes: [String]) {
    self.features = features
    self.classes = classes
  }

  /// Creates a dataset of rows.
  ///
  /// - Parameters:
  ///   - features: the columns, in order.
  ///   - classes: the class names.
  ///   - values: row-major, shape (labels.count, features.count).
  ///   - labels: one class index a row.
  ///   - weights: how many samples each row stands for; nil for one each.
  /// - Precondition: the shapes agree, labels are classes and weights are positive.
  public init(
    features: [Feature], classes: [String], values: [Double], labels: [Int], weights: [Int]? = nil
  ) {
    precondition(values.count == labels.count * features.count, "a row has a value a feature")
    precondition(labels.allSatisfy(classes.indices.contains), "a label is a class")
    precondition(
      weights.map { $0.count == labels.count && $0.allSatisfy { $0 > 0 } } ?? true,
      "a weight is positive, one a row")
    self.features = features
    self.classes = classes
    self.values = values
    self.labels = labels
    self.weights = weights ?? Array(repeating: 1, count: labels.count)
  }

  /// The number of rows, whatever their weights.
  public var rowCount: Int { labels.count }
  /// The number of samples: the sum of the weights.
  public var sampleCount: Int { weights.reduce(0, +) }
  /// The number of columns.
  public var featureCount: Int { features.count }

  /// Adds a row.
  ///
  /// - Precondition: `row` has a value for each feature, `label` is a class, `weight` is positive.
  public mutating func append(_ row: some Collection<Double>, label: Int, weight: Int = 1) {
    precondition(row.count == features.count, "a row needs \(features.count) values")
    precondition(classes.indices.contains(label), "label \(label) is not a class")
    precondition(weight > 0, "a weight is positive")
    values.append(contentsOf: row)
    labels.append(label)
    weights.append(weight)
  }

  /// The values of one row.
  public func row(_ index: Int) -> ArraySlice<Double> {
    values[index * featureCount..<(index + 1) * featureCount]
  }

  /// The number of samples of each class.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    for (label, weight) in zip(labels, weights) { counts[label] += weight }
    return counts
  }

  /// The same rows under other weights; rows of weight 0 are left out.
  ///
  /// - Precondition: there is a weight for each row.
  public func reweighted(_ weights: [Int]) -> Dataset {
    var result = Dataset(features: features, classes: classes)
    for index in 0..<rowCount where weights[index] > 0 {
      result.append(row(index), label: labels[index], weight: weights[index])
    }
    return result
  }

  /// The same samples with equal rows merged, in an order that depends on the rows alone.
  ///
  /// What is drawn from this form at random, as splits, folds and synthetic samples are, depends
  /// neither on the order of the rows nor on their grouping into weights. Training needs no such care:
  /// it merges rows by itself.
  ///
  /// - Parameter threadCount: how many threads share the columns; it does not change the result.
  /// - Complexity: O(rowCount · featureCount), while no column has more than 65,536 distinct values.
  public func collapsed(threadCount: Int = 1) -> Dataset {
    // Every column is taken as the number it is.
    let encodings = features.map {
      EncodedFeature(Feature(name: $0.name, kind: .numeric), encoding: .identity)
    }
    let coded = CodedDataset<UInt16>(
      self, encodings, binLimit: Int(UInt16.max) + 1, threadCount: threadCount)
    let exactCount = coded.columns.inputs.prefix(while: \.isExact).count
    let width = featureCount
    func compare(_ a: Int, _ b: Int) -> Int {
      guard exactCount < width else { return coded.compare(labels, a, b) }
      for column in 0..<width {
        let first = values[a &* width &+ column].sortKey
        let second = values[b &* width &+ column].sortKey
        if first != second { return first < second ? -1 : 1 }
      }
      return labels[a] - labels[b]
    }
    let order = coded.sortedRows(
      labels, classCount: classes.count, exactInputCount: exactCount, compare)
    var result = Dataset(features: features, classes: classes)
    var previous: Int?
    for index in order.map(Int.init) {
      if let last = previous, compare(last, index) == 0 {
        result.weights[result.rowCount - 1] += weights[index]
      } else {
        result.append(row(index), label: labels[index], weight: weights[index])
      }
      previous = index
    }
    return result
  }
}
