extension CodedDataset {
  /// The rows sorted by their inputs from the first to the last and then by their class; equal ones stay
  /// in their order.
  ///
  /// - Parameters:
  ///   - exactInputCount: how many inputs, from the first on, have equal values where their codes are
  ///     equal; nil for all. The next one's codes still tell which of two unequal rows comes first.
  ///   - compare: negative when the row of the first index comes before that of the second, 0 when they
  ///     are equal.
  /// - Complexity: O(rows) where all inputs are exact and their codes fit into 64 bits together; else
  ///   the rows that agree in the codes that were sorted by are compared.
  func sortedRows(
    _ labels: [Int], classCount: Int, exactInputCount: Int? = nil,
    _ compare: (_ a: Int, _ b: Int) -> Int
  ) -> [UInt32] {
    let exactInputCount = exactInputCount ?? codes.width
    let radixes = columns.inputs.prefix(exactInputCount + 1).map { UInt64($0.codeCount) }
    var size = UInt64(1)
    func fits(_ radix: UInt64) -> Bool {
      let (product, overflow) = size.multipliedReportingOverflow(by: radix)
      if !overflow { size = product }
      return !overflow
    }
    let leading = Array(radixes.prefix(while: fits))
    let isComplete =
      exactInputCount == codes.width && leading.count == codes.width && fits(UInt64(classCount))
    var order = (0..<codes.rowCount).map { row in
      let codes = codes.row(row)
      var key = UInt64(0)
      for (input, radix) in leading.enumerated() { key = key &* radix &+ UInt64(codes[input]) }
      if isComplete { key = key &* UInt64(classCount) &+ UInt64(labels[row]) }
      return KeyedIndex(key: key, index: UInt32(row))
    }
    order.radixSort()
    guard !isComplete else { return order.map(\.index) }
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, order[end].key == order[start].key { end += 1 }
      if end - start > 1 {
        order[start..<end].sort {
          let difference = compare(Int($0.index), Int($1.index))
          return difference != 0 ? difference < 0 : $0.index < $1.index
        }
      }
      start = end
    }
    return order.map(\.index)
  }

  /// Compares two rows by their codes and then their class: negative when a comes before b.
  func compare(_ labels: [Int], _ a: Int, _ b: Int) -> Int {
    let (first, second) = (codes.row(a), codes.row(b))
    for input in 0..<codes.width where first[input] != second[input] {
      return first[input] < second[input] ? -1 : 1
    }
    return labels[a] - labels[b]
  }
}
