/// The rows that trees are grown on: codes instead of values, equal rows merged, in an order that
/// depends on the rows alone.
///
/// Everything random works on this form, so neither the order of the rows nor their grouping into
/// weights changes a forest.
struct TrainingTable<Code: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  let columns: TrainingColumns
  /// Shape (rowCount, inputCount); row by row, or, where rows are long, input by input: a split reads
  /// few of a row's codes.
  let codes: CodeMatrix<Code>
  /// The class of each row.
  let labels: [UInt16]
  /// The samples of each row.
  let samples: [UInt32]
  /// What each row counts, and in what share it is drawn: its samples, or multiples of a unit.
  let weights: [UInt32]
  let classCount: Int
  /// The row that each of the dataset's rows became; nil unless it was asked for.
  let rowOfSource: [UInt32]?

  var rowCount: Int { labels.count }

  /// Merges the rows of a coded dataset that are equal.
  ///
  /// - Parameters:
  ///   - samples: how many each source row stands for.
  ///   - weights: what each source row counts, where that is not its samples.
  /// - Complexity: O(rows) where the inputs' codes fit into 64 bits together; rows that agree in
  ///   the inputs that do are sorted by the others.
  init(
    _ coded: CodedDataset, labels sourceLabels: [Int], samples sourceSamples: [Int],
    weights sourceWeights: [UInt32]?, classCount: Int, keepsSources: Bool
  ) {
    columns = coded.columns
    self.classCount = classCount
    let source = coded.codes
    let order = coded.sortedRows(sourceLabels, classCount: classCount) {
      coded.compare(sourceLabels, $0, $1)
    }
    var labels: [UInt16] = []
    var samples: [UInt32] = []
    var weights: [UInt32] = []
    var representative: [UInt32] = []
    var rowOfSource = keepsSources ? [UInt32](repeating: 0, count: source.rowCount) : nil
    for index in order {
      let row = Int(index)
      let isNew =
        representative.isEmpty
        || coded.compare(sourceLabels, Int(representative.last!), row) != 0
      if isNew {
        representative.append(index)
        labels.append(UInt16(sourceLabels[row]))
        samples.append(0)
        if sourceWeights != nil { weights.append(0) }
      }
      samples[samples.count - 1] += UInt32(sourceSamples[row])
      if let sourceWeights { weights[weights.count - 1] += sourceWeights[row] }
      rowOfSource?[row] = UInt32(labels.count - 1)
    }
    let codes = CodeMatrix<Code>(
      rowCount: representative.count, width: source.width,
      isColumnMajor: source.width * MemoryLayout<Code>.size > 256)
    for (row, index) in representative.enumerated() {
      let (from, to) = (source.row(Int(index)), codes.row(row))
      for input in 0..<source.width {
        to[input &* codes.inputStride] = Code(truncatingIfNeeded: from[input])
      }
    }
    self.codes = codes
    self.labels = labels
    self.samples = samples
    self.weights = sourceWeights == nil ? samples : weights
    self.rowOfSource = rowOfSource
  }
}
