/// The rows that trees are grown on: codes instead of values, equal rows merged, in an order that
/// depends on the rows alone.
///
/// Everything random works on this form, so neither the order of the rows nor their grouping into
/// weights changes a forest.
struct TrainingTable<Code: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  let columns: TrainingColumns
  /// Row-major, shape (rowCount, inputCount).
  let codes: CodeMatrix<Code>
  /// The class of each row.
  let labels: [UInt16]
  /// The samples of each row.
  let weights: [UInt32]
  let classCount: Int
  let sampleCount: Int
  /// The row that each of the dataset's rows became; nil unless it was asked for.
  let rowOfSource: [UInt32]?

  var rowCount: Int { labels.count }

  /// Merges the rows of a coded dataset that are equal.
  ///
  /// - Complexity: O(rows) where the inputs' codes fit into 64 bits together; rows that agree in
  ///   the inputs that do are sorted by the others.
  init(
    _ coded: CodedDataset<Code>, labels sourceLabels: [Int], weights sourceWeights: [Int],
    classCount: Int, keepsSources: Bool
  ) {
    columns = coded.columns
    self.classCount = classCount
    let source = coded.codes
    let order = Self.canonicalOrder(coded, sourceLabels, classCount: classCount)
    var labels: [UInt16] = []
    var weights: [UInt32] = []
    var representative: [UInt32] = []
    var rowOfSource = keepsSources ? [UInt32](repeating: 0, count: source.rowCount) : nil
    var total = 0
    for index in order {
      let row = Int(index)
      total += sourceWeights[row]
      let isNew =
        representative.isEmpty
        || Self.order(source, sourceLabels, Int(representative.last!), row) != 0
      if isNew {
        representative.append(index)
        labels.append(UInt16(sourceLabels[row]))
        weights.append(UInt32(sourceWeights[row]))
      } else {
        weights[weights.count - 1] += UInt32(sourceWeights[row])
      }
      rowOfSource?[row] = UInt32(labels.count - 1)
    }
    let codes = CodeMatrix<Code>(rowCount: representative.count, width: source.width)
    for (row, index) in representative.enumerated() {
      codes.row(row).update(from: source.row(Int(index)), count: source.width)
    }
    self.codes = codes
    self.labels = labels
    self.weights = weights
    self.rowOfSource = rowOfSource
    sampleCount = total
  }

  /// The rows sorted by their codes and then their class.
  private static func canonicalOrder(
    _ coded: CodedDataset<Code>, _ labels: [Int], classCount: Int
  ) -> [UInt32] {
    // The leading inputs whose codes fit into one number, and the class if all of them do.
    let codes = coded.codes
    var radixes: [UInt64] = []
    var size = UInt64(1)
    for radix in coded.columns.inputs.map(\.codeCount) + [classCount] {
      let (product, overflow) = size.multipliedReportingOverflow(by: UInt64(radix))
      if overflow { break }
      size = product
      radixes.append(UInt64(radix))
    }
    let isComplete = radixes.count > codes.width
    if isComplete { radixes.removeLast() }
    func key(_ row: Int) -> UInt64 {
      let codes = codes.row(row)
      var key = UInt64(0)
      for (input, radix) in radixes.enumerated() { key = key &* radix &+ UInt64(codes[input]) }
      return isComplete ? key &* UInt64(classCount) &+ UInt64(labels[row]) : key
    }
    var order = (0..<codes.rowCount).map { KeyedIndex(key: key($0), index: UInt32($0)) }
    order.radixSort()
    guard !isComplete else { return order.map(\.index) }
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, order[end].key == order[start].key { end += 1 }
      if end - start > 1 {
        order[start..<end].sort {
          let difference = Self.order(codes, labels, Int($0.index), Int($1.index))
          return difference != 0 ? difference < 0 : $0.index < $1.index
        }
      }
      start = end
    }
    return order.map(\.index)
  }

  /// Negative when row a comes before row b, 0 when they are equal.
  private static func order(
    _ codes: CodeMatrix<Code>, _ labels: [Int], _ a: Int, _ b: Int
  ) -> Int {
    let (first, second) = (codes.row(a), codes.row(b))
    for input in 0..<codes.width where first[input] != second[input] {
      return first[input] < second[input] ? -1 : 1
    }
    return labels[a] - labels[b]
  }
}
