/// What an input is worth to a forest, and how far that varies.
public struct Importance: Sendable, Equatable {
  /// The mean over the trees or the shuffles.
  public let mean: Double
  /// The standard deviation over the trees or the shuffles (of n, as NumPy gives it).
  public let standardDeviation: Double

  /// The moments of some values.
  ///
  /// - Parameter mean: what to state as their mean, when not all of them count in it.
  init(of values: [Double], mean: Double? = nil) {
    let own = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - own) * ($1 - own) }
    self.mean = mean ?? own
    standardDeviation = (squares / Double(values.count)).squareRoot()
  }
}

extension Forest {
  /// How much the forest relies on each measured input (Breiman, 2001, section 10): what a score loses
  /// when the input's values are dealt anew among the samples.
  ///
  /// - Parameters:
  ///   - dataset: measured rows, best not those of the training. A row of weight w counts as w rows.
  ///   - repeatCount: how often each input is shuffled.
  ///   - seed: one seed, one result.
  ///   - threadCount: how many threads predict; it does not change a bit of the result.
  ///   - score: what is lost, the higher the better: `\.rocAUC`, `\.confusion.balancedAccuracy`,
  ///     `\.confusion.macroAverage.f1`, or `{ -$0.logLoss }`. It is the accuracy unless told.
  /// - Returns: one result an input; NaN where the score is.
  /// - Throws: `ForestFileError` when the forest is damaged.
  /// - Complexity: O(inputs · repeats · samples · treeCount · depth).
  public func permutationImportances(
    on dataset: Dataset, repeatCount: Int = 10, seed: UInt64 = 0, threadCount: Int = 1,
    score: (Evaluation) -> Double = \.confusion.accuracy
  ) throws(ForestFileError) -> [Importance] {
    precondition(repeatCount > 0 && dataset.rowCount > 0, "there is something to shuffle")
    let width = dataset.featureCount
    // Samples are shuffled, not rows, so that a row of weight w counts as w rows.
    let rows = (0..<dataset.rowCount).flatMap {
      repeatElement($0, count: dataset.weights[$0])
    }
    let labels = rows.map { dataset.labels[$0] }
    func worth(of values: [Double]) throws(ForestFileError) -> Double {
      let samples = Dataset(
        features: dataset.features, classes: dataset.classes, values: values, labels: labels)
      return score(try Evaluation(of: self, on: samples, threadCount: threadCount))
    }
    let values = rows.flatMap(dataset.row)
    let base = try worth(of: values)
    var result: [Importance] = []
    for input in 0..<width {
      var generator = SeededGenerator(seed: seed, stream: UInt64(input))
      var losses: [Double] = []
      for _ in 0..<repeatCount {
        var shuffled = values
        for place in stride(from: rows.count - 1, to: 0, by: -1) {
          shuffled.swapAt(place * width + input, generator.below(place + 1) * width + input)
        }
        losses.append(base - (try worth(of: shuffled)))
      }
      result.append(Importance(of: losses))
    }
    return result
  }
}
