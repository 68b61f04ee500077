/// What a forest says of samples when one input takes other values and all else stays as it is: the
/// mean (Friedman, "Greedy function approximation: a gradient boosting machine", 2001, section 8.2) and
/// each sample's own curve (individual conditional expectation; Goldstein et al., 2015).
///
/// Where inputs go together, samples are asked about that cannot be: 20 years of age, 30 of marriage.
/// Curves that part tell of inputs that work together, which the mean hides.
public struct PartialDependence: Sendable, Equatable {
  /// The values that the input takes, shape (gridCount).
  public let grid: [Double]
  /// The mean of the samples' class probabilities, row-major, shape (gridCount, classCount).
  public let means: [Double]
  /// The class probabilities of each row, row-major, shape (rowCount, gridCount, classCount); empty
  /// unless they were asked for.
  public let individuals: [Double]
}

extension Forest {
  /// How the probabilities depend on one input (`partial_dependence(method="brute")` in scikit-learn).
  ///
  /// - Parameters:
  ///   - input: the index of the input.
  ///   - dataset: measured rows, counting by their weights.
  ///   - grid: the values that the input takes, NaN for a missing one; nil for
  ///     ``Dataset/grid(ofColumn:count:)``.
  ///   - keepsIndividuals: whether each row's curve is kept too, of 8 bytes a row, value and class.
  ///   - threadCount: how many threads predict; it does not change a bit of the result.
  /// - Throws: `ForestFileError` when the forest is damaged.
  /// - Precondition: there is such an input, and there are rows.
  /// - Complexity: O(gridCount · rowCount · treeCount · depth).
  public func partialDependence(
    ofInput input: Int, on dataset: Dataset, at grid: [Double]? = nil,
    keepsIndividuals: Bool = false, threadCount: Int = 1
  ) throws(ForestFileError) -> PartialDependence {
    precondition(schema.inputs.indices.contains(input), "there is no input \(input)")
    precondition(dataset.rowCount > 0, "there are rows to ask about")
    let grid = grid ?? dataset.grid(ofColumn: input)
    let (rowCount, classCount) = (dataset.rowCount, schema.classes.count)
    var samples = dataset.values
    var means = [Double](repeating: 0, count: grid.count * classCount)
    var individuals = [Double](
      repeating: 0, count: keepsIndividuals ? rowCount * grid.count * classCount : 0)
    for (point, value) in grid.enumerated() {
      for row in 0..<rowCount { samples[row * dataset.featureCount + input] = value }
      let probabilities = try probabilities(of: samples, threadCount: threadCount)
      for row in 0..<rowCount {
        for label in 0..<classCount {
          let probability = probabilities[row * classCount + label]
          means[point * classCount + label] += Double(dataset.weights[row]) * probability
          if keepsIndividuals {
            individuals[(row * grid.count + point) * classCount + label] = probability
          }
        }
      }
    }
    let sampleCount = Double(dataset.sampleCount)
    return PartialDependence(
      grid: grid, means: means.map { $0 / sampleCount }, individuals: individuals)
  }
}

extension Dataset {
  /// Values of a column that are worth asking about: all levels; of a number its distinct finite values
  /// or, where these are `count` or more, as many at equal steps from its 5% to its 95% quantile, as in
  /// scikit-learn. Where those are one value, they are the least and the greatest instead.
  ///
  /// - Precondition: `count` is 2 or more.
  public func grid(ofColumn column: Int, count: Int = 100) -> [Double] {
    precondition(count >= 2, "a grid has two ends")
    if case .categorical(let levels) = features[column].kind {
      return levels.indices.map(Double.init)
    }
    let found = valueCounts(ofColumn: column)
    guard found.values.count >= count else { return found.values }
    var (least, greatest) = (found.quantile(0.05), found.quantile(0.95))
    if least == greatest { (least, greatest) = (found.values[0], found.values.last!) }
    let step = (greatest - least) / Double(count - 1)
    return (0..<count - 1).map { Double($0) * step + least } + [greatest]
  }
}

extension ValueCounts {
  /// The number that a share of the samples lies below, about free of bias whatever the distribution
  /// (Cunnane, 1978; `mquantiles` in SciPy).
  ///
  /// - Precondition: there are two samples or more.
  fileprivate func quantile(_ share: Double) -> Double {
    let count = sampleCount
    let place = 0.4 + 0.2 * share + Double(count) * share
    let below = min(max(Int(place), 1), count - 1)
    let rest = min(max(place - Double(below), 0), 1)
    return (1 - rest) * value(ofSample: below - 1) + rest * value(ofSample: below)
  }

  /// The value of a sample in their ascending order.
  private func value(ofSample index: Int) -> Double {
    var end = 0
    return zip(values, counts).first {
      end += $1
      return index < end
    }!.0
  }
}
