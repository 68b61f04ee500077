import Dispatch
import Synchronization

/// A dataset with each value replaced by its code, row for row.
struct CodedDataset {
  let columns: TrainingColumns
  /// Row-major, shape (rowCount, inputCount).
  let codes: CodeMatrix<UInt16>

  /// Codes the inputs of a dataset, each on whichever thread is free.
  ///
  /// - Parameter encodings: one a feature of the dataset.
  init(_ dataset: Dataset, _ encodings: [EncodedFeature], binLimit: Int, threadCount: Int) {
    let width = dataset.featureCount
    let codes = CodeMatrix<UInt16>(rowCount: dataset.rowCount, width: width)
    let inputs = Mutex([TrainingColumns.Input?](repeating: nil, count: width))
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(threadCount, max(width, 1))) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < width else { return }
        let input = Self.code(dataset, index, encodings[index], binLimit: binLimit) { row, code in
          codes.row(row)[index] = UInt16(truncatingIfNeeded: code)
        }
        inputs.withLock { $0[index] = input }
      }
    }
    columns = TrainingColumns(inputs.withLock { $0.map { $0! } })
    self.codes = codes
  }

  private static func code(
    _ dataset: Dataset, _ index: Int, _ encoded: EncodedFeature, binLimit: Int,
    assign: (_ row: Int, _ code: Int) -> Void
  ) -> TrainingColumns.Input {
    let width = dataset.featureCount
    if encoded.isMeasured {
      let isPair = encoded.encoding == .identityWithMissing
      let values = (0..<dataset.rowCount).map { dataset.values[$0 * width + index] }
      let bins = NumericBins(
        values, weights: dataset.weights, limit: binLimit, separatesMissing: isPair, assign: assign)
      return isPair ? .pair(bins) : .numeric(bins)
    }
    let columnCount = encoded.columnCount
    for row in 0..<dataset.rowCount {
      let hotColumn = encoded.hotColumn(for: dataset.values[row * width + index])
      assign(row, TrainingColumns.hotCode(ofColumn: hotColumn, among: columnCount))
    }
    return .oneHot(columnCount: columnCount)
  }
}
