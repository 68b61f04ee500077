/// What the samples of each row count, in whole multiples of a unit, so that sums of them are exact.
struct RowWeights {
  /// One a row, below 2³¹ together; 0 for what does not count alone.
  let units: [UInt32]
  /// What a unit stands for.
  let unit: Double

  /// - Parameter weights: what each sample of a row counts, one a row.
  init(
    _ weights: [Double], of dataset: Dataset, _ parameters: ForestParameters
  ) throws(TrainingError) {
    let rows = zip(weights, dataset.weights).map { $0 * Double($1) }
    let sum = rows.reduce(0, +)
    guard weights.count == dataset.rowCount, weights.allSatisfy({ $0 >= 0 }), sum > 0, sum.isFinite
    else {
      throw TrainingError(
        description: "sample weights are numbers from 0 on, one a row, not all 0")
    }
    guard
      parameters.bootstrap
        || (parameters.minimumSamplesPerSplit == 2 && parameters.minimumSamplesPerLeaf == 1)
    else {
      throw TrainingError(
        description: "without bootstrap, samples that count differently are not counted for the "
          + "fewest of a split or a leaf: ask for an impurity decrease or a cost of leaves")
    }
    // Less than the largest sum by what rounding up may add.
    let unit = sum / Double(Dataset.maximumSampleCount - rows.count)
    units = rows.map { $0 > 0 ? UInt32(max(1, ($0 / unit).rounded())) : 0 }
    self.unit = unit
  }
}
