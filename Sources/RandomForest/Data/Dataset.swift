/// Weighted, labelled samples of named features.
///
/// A row of weight w stands for w equal samples, so a table of counts trains as the samples
/// themselves would. A missing value is NaN.
public struct Dataset: Sendable, Equatable {
  /// The columns, in order.
  public let features: [Feature]
  /// The class names, each unique; a label is an index into them.
  public let classes: [String]
  /// Row-major, shape (rowCount, features.count), Float64; a categorical value is its level's index.
  public private(set) var values: [Double] = []
  /// One class index a row.
  public private(set) var labels: [Int] = []
  /// How many samples each row stands for, at least 1.
  public internal(set) var weights: [Int] = []
  /// Whether no two rows are equal and they stand in the order that `collapsed` gives them.
  var isCollapsed = false

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
  ///   - weights: how many samples each row stands for; nil for one each. Rows of weight 0 are left out.
  /// - Precondition: the shapes agree, labels are classes and no weight is negative.
  public init(
    features: [Feature], classes: [String], values: [Double], labels: [Int], weights: [Int]? = nil
  ) {
    precondition(values.count == labels.count * features.count, "a row has a value a feature")
    precondition(labels.allSatisfy(classes.indices.contains), "a label is a class")
    precondition(
      weights.map { $0.count == labels.count && $0.allSatisfy { $0 >= 0 } } ?? true,
      "no weight is negative, and there is one a row")
    self.features = features
    self.classes = classes
    if let weights, weights.contains(0) {
      for (row, label) in labels.enumerated() {
        let start = row * features.count
        append(values[start..<start + features.count], label: label, weight: weights[row])
      }
      return
    }
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

  /// Adds a row, unless its weight is 0.
  ///
  /// - Precondition: `row` has a value for each feature, `label` is a class, `weight` is not negative.
  public mutating func append(_ row: some Collection<Double>, label: Int, weight: Int = 1) {
    precondition(row.count == features.count, "a row needs \(features.count) values")
    precondition(classes.indices.contains(label), "label \(label) is not a class")
    precondition(weight >= 0, "a weight is not negative")
    guard weight > 0 else { return }
    isCollapsed = false
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
    result.isCollapsed = isCollapsed
    return result
  }

  /// Whether both have the same columns, classes and rows in the same order; missing values are equal.
  public static func == (a: Dataset, b: Dataset) -> Bool {
    a.features == b.features && a.classes == b.classes && a.labels == b.labels
      && a.weights == b.weights
      && a.values.elementsEqual(b.values) { $0 == $1 || $0.isNaN && $1.isNaN }
  }
}
