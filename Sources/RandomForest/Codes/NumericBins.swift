/// The bins of one numeric column: each value has a code, and codes ascend with the values.
///
/// A column of few distinct values has a code for each; one of more is cut at quantiles. NaN has the
/// last code of all, so that a missing value lies above every threshold.
///
/// Where splits are to learn to which side missing values go, these share their code with no number.
struct NumericBins: Sendable {
  /// The ascending cuts; the code of a value is the number of cuts below it.
  let cuts: [Double]
  /// The least and greatest value of each code among the training rows.
  let ranges: [(least: Double, greatest: Double)]
  /// Whether every code is a single value.
  let isExact: Bool
  /// The code of missing values, when they are told apart from all numbers and there are any; the cut
  /// before it is ∞.
  let missingCode: Int?

  var codeCount: Int { ranges.count }

  /// Bins a column and gives every value's code to `assign`.
  ///
  /// - Parameters:
  ///   - values: one a row.
  ///   - weights: the samples of each row; quantiles are of samples.
  ///   - limit: the most codes; missing values that are told apart may be one more than 2.
  ///   - separatesMissing: whether missing values are told apart from all numbers.
  init(
    _ values: [Double], weights: [Int], limit: Int, separatesMissing: Bool = false,
    assign: (_ row: Int, _ code: Int) -> Void
  ) {
    let separatesMissing = separatesMissing && values.contains(where: \.isNaN)
    if let distinct = DistinctValues(values, limit: limit) {
      var cuts = zip(distinct.values, distinct.values.dropFirst()).map(Self.between)
      if separatesMissing, !cuts.isEmpty { cuts[cuts.count - 1] = .infinity }
      self.cuts = cuts
      missingCode = separatesMissing ? distinct.values.count - 1 : nil
      ranges = distinct.values.map { ($0, $0) }
      isExact = true
      for (row, code) in distinct.codes.enumerated() { assign(row, Int(distinct.rank[Int(code)])) }
      return
    }
    // The boundaries of neighbouring distinct values that lie at or next above the quantiles.
    var order = values.indices.map { KeyedIndex(key: values[$0].sortKey, index: UInt32($0)) }
    order.radixSort()
    let end =
      separatesMissing ? order.firstIndex { $0.key == Double.nan.sortKey }! : order.count
    let total = order[..<end].reduce(0) { $0 + weights[Int($1.index)] }
    let step = Double(total) / Double(separatesMissing ? max(limit - 1, 2) : limit)
    var cuts: [Double] = []
    var ranges: [(least: Double, greatest: Double)] = []
    var least = values[Int(order[0].index)]
    var below = 0
    var next = step
    for place in 0..<end {
      let row = Int(order[place].index)
      assign(row, cuts.count)
      below += weights[row]
      guard place + 1 < end, order[place + 1].key != order[place].key,
        Double(below) >= next
      else { continue }
      let following = values[Int(order[place + 1].index)]
      cuts.append(Self.between(values[row], following))
      ranges.append((least, values[row]))
      least = following
      next = ((Double(below) / step).rounded(.down) + 1) * step
    }
    ranges.append((least, values[Int(order[end - 1].index)]))
    if separatesMissing {
      cuts.append(.infinity)
      ranges.append((.nan, .nan))
      for place in end..<order.count { assign(Int(order[place].index), cuts.count) }
    }
    missingCode = separatesMissing ? cuts.count : nil
    self.cuts = cuts
    self.ranges = ranges
    isExact = false
  }

  /// The threshold that separates a from b > a under `<=`: their midpoint, or a where the midpoint
  /// rounds to b or is not finite.
  static func between(_ a: Double, _ b: Double) -> Double {
    let middle = a / 2 + b / 2
    // Adding 0 makes 0 of -0, which no cut may be.
    return (middle.isFinite && middle >= a && middle < b ? middle : a) + 0
  }
}

/// The distinct values of a column of few.
private struct DistinctValues {
  /// In the order of the numbers, NaN last.
  private(set) var values: [Double] = []
  /// For each row the place where its value was first met.
  private(set) var codes: [UInt16] = []
  /// For each place of first meeting the place among the ascending values.
  private(set) var rank: [UInt16] = []

  /// - Returns: nil when there are more than `limit`.
  init?(_ column: [Double], limit: Int) {
    // Open addressing at a load of a quarter at most.
    let capacity = 1 << (Int.bitWidth - (4 * limit - 1).leadingZeroBitCount)
    let shift = UInt64(capacity.leadingZeroBitCount + 1)
    var slots = [Int32](repeating: -1, count: capacity)
    var keys: [UInt64] = []
    codes.reserveCapacity(column.count)
    for value in column {
      let key = value.sortKey
      var slot = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> shift)
      while slots[slot] >= 0, keys[Int(slots[slot])] != key {
        slot = (slot + 1) & (capacity - 1)
      }
      if slots[slot] < 0 {
        guard keys.count < limit else { return nil }
        slots[slot] = Int32(keys.count)
        keys.append(key)
        values.append(value.isNaN ? .nan : value + 0)
      }
      codes.append(UInt16(slots[slot]))
    }
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    rank = Array(repeating: 0, count: keys.count)
    for (place, index) in order.enumerated() { rank[index] = UInt16(place) }
    values = order.map { values[$0] }
  }
}
