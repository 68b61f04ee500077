extension Forest {
  /// What the accuracy loses when an input's values are shuffled.
  public struct PermutationImportance: Sendable, Equatable {
    /// The mean loss of accuracy over the shuffles.
    public let mean: Double
    /// The standard deviation over the shuffles (of n, as scikit-learn gives it).
    public let standardDeviation: Double
  }

  /// How much the forest relies on each measured input (Breiman, 2001, section 10): the accuracy lost
  /// when the input's values are dealt anew among the samples.
  ///
  /// - Parameters:
  ///   - dataset: measured rows, best not those of the training.
  ///   - repeatCount: how often each input is shuffled.
  ///   - seed: one seed, one result.
  /// - Returns: one result an input.
  /// - Throws: `ForestFileError` when the forest is damaged.
  /// - Complexity: O(inputs · repeats · samples · treeCount · depth).
  public func permutationImportances(
    on dataset: Dataset, repeatCount: Int = 10, seed: UInt64 = 0
  ) throws(ForestFileError) -> [PermutationImportance] {
    precondition(repeatCount > 0 && dataset.rowCount > 0, "there is something to shuffle")
    let width = dataset.featureCount
    // Samples are shuffled, not rows, so that a row of weight w counts as w rows.
    let rows = (0..<dataset.rowCount).flatMap {
      repeatElement($0, count: dataset.weights[$0])
    }
    var samples: [Double] = []
    samples.reserveCapacity(rows.count * width)
    for row in rows { samples += dataset.row(row) }
    let labels = rows.map { dataset.labels[$0] }
    let base = try accuracy(samples, labels)
    var result: [PermutationImportance] = []
    for input in 0..<width {
      var generator = SeededGenerator(seed: seed, stream: UInt64(input))
      var losses: [Double] = []
      for _ in 0..<repeatCount {
        var shuffled = samples
        for place in stride(from: rows.count - 1, to: 0, by: -1) {
          shuffled.swapAt(place * width + input, generator.below(place + 1) * width + input)
        }
        losses.append(base - (try accuracy(shuffled, labels)))
      }
      let mean = losses.reduce(0, +) / Double(repeatCount)
      let squares = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      result.append(
        PermutationImportance(
          mean: mean, standardDeviation: (squares / Double(repeatCount)).squareRoot()))
    }
    return result
  }

  private func accuracy(
    _ samples: [Double], _ labels: [Int]
  ) throws(ForestFileError) -> Double {
    let probabilities = try probabilities(of: samples)
    let classCount = layout.classCount
    let correct = labels.indices.count { row in
      probabilities[row * classCount..<(row + 1) * classCount].indexOfLargest == labels[row]
    }
    return Double(correct) / Double(labels.count)
  }
}
