/// The bins of one numeric column: each value has a code, and codes ascend with the values.
///
/// A column of few distinct values has a code for each; one of more has bins that are narrowest where
/// few samples are, at its ends and beside values of many samples. NaN has the last code of all, so
/// that a missing value lies above every threshold.
///
/// Where splits are to learn to which side missing values go, these share their code with no number.
struct NumericBins: Sendable {
  /// The least value of each code among the training rows.
  let least: FixedNumbers
  /// The greatest value of each code; the same memory where every code is a single value.
  let greatest: FixedNumbers
  /// Whether every code is a single value.
  let isExact: Bool
  /// The code of missing values, when they are told apart from all numbers and there are any; the cut
  /// before it is ∞.
  let missingCode: Int?

  var codeCount: Int { least.elements.count }

  /// The ascending cuts; the code of a value is the number of cuts below it.
  var cuts: [Double] { (0..<codeCount - 1).map(cut) }

  /// The cut above a code.
  func cut(_ code: Int) -> Double {
    code + 1 == missingCode ? .infinity : Self.between(greatest[code], least[code + 1])
  }

  /// The code of a number, or of some codes the nearest to it.
  ///
  /// - Complexity: O(log codes).
  func code(of value: Double, among codes: Range<Int>? = nil) -> Int {
    let codes = codes ?? 0..<codeCount
    let below = UnsafeBufferPointer(rebasing: greatest.elements[codes]).countBelow(value)
    let code = min(codes.lowerBound + below, codes.upperBound - 1)
    return code > codes.lowerBound && value <= cut(code - 1) ? code - 1 : code
  }

  /// Bins a column and gives every value's code to `assign`.
  ///
  /// - Parameters:
  ///   - values: one a row.
  ///   - weights: the samples of each row; bins are of samples.
  ///   - limit: the most codes; missing values that are told apart may be one more than 2.
  ///   - separatesMissing: whether missing values are told apart from all numbers.
  init(
    _ values: [Double], weights: [Int], limit: Int, separatesMissing: Bool = false,
    assign: (_ row: Int, _ code: Int) -> Void
  ) {
    let separatesMissing = separatesMissing && values.contains(where: \.isNaN)
    // Sorting all rows is the shorter way for columns of many values.
    if let distinct = DistinctValues(values, limit: min(limit, 1024)) {
      least = FixedNumbers(distinct.values)
      greatest = least
      isExact = true
      missingCode = separatesMissing ? distinct.values.count - 1 : nil
      for (row, code) in distinct.codes.enumerated() { assign(row, Int(distinct.rank[Int(code)])) }
      return
    }
    var order = values.indices.map { KeyedIndex(key: values[$0].sortKey, index: UInt32($0)) }
    order.radixSort()
    let numberEnd =
      separatesMissing ? order.firstIndex { $0.key == Double.nan.sortKey }! : order.count
    // For each distinct value the place after its last row.
    var ends = order.indices.prefix(numberEnd).filter {
      $0 + 1 == numberEnd || order[$0 + 1].key != order[$0].key
    }.map { $0 + 1 }
    let numberLimit = separatesMissing ? max(limit - 1, 2) : limit
    isExact = ends.count <= numberLimit
    if !isExact {
      var samples = 0
      var start = 0
      let below = ends.map { end in
        samples += order[start..<end].reduce(0) { $0 + weights[Int($1.index)] }
        start = end
        return samples
      }
      ends = Self.narrowingBins(below, limit: numberLimit).map { ends[$0] }
    }
    if separatesMissing { ends.append(order.count) }
    missingCode = separatesMissing ? ends.count - 1 : nil
    greatest = FixedNumbers(ends.map { Double(sortKey: order[$0 - 1].key) })
    least =
      isExact
      ? greatest : FixedNumbers(([0] + ends.dropLast()).map { Double(sortKey: order[$0].key) })
    // Row by row: to write into a table all over takes longer.
    var codes = [UInt16](repeating: 0, count: values.count)
    var start = 0
    for (code, end) in ends.enumerated() {
      for place in start..<end { codes[Int(order[place].index)] = UInt16(code) }
      start = end
    }
    for (row, code) in codes.enumerated() { assign(row, Int(code)) }
  }

  /// Groups ascending values into bins: the place of the last value of each.
  ///
  /// Of the samples at or below a value, up to the middle of all, the square root is taken, and
  /// likewise from the other end; a bin takes values as long as that grows by no more than a width.
  /// So bins are of equal width in the roots, hold the fewer samples the nearer to an end they lie, and
  /// at most twice as many as bins of equal samples would; a value of more samples has a bin of its
  /// own. The width is the least at which there are no more bins than allowed.
  ///
  /// - Parameter below: the samples up to and with each value.
  private static func narrowingBins(_ below: [Int], limit: Int) -> [Int] {
    let total = Double(below.last!)
    let positions = below.map { samples in
      let share = Double(samples) / total
      return share <= 0.5 ? (share / 2).squareRoot() : 1 - ((1 - share) / 2).squareRoot()
    }
    func bins(width: Double) -> [Int]? {
      var lasts: [Int] = []
      var start = 0.0
      for place in 1..<positions.count where positions[place] - start > width {
        lasts.append(place - 1)
        if lasts.count == limit { return nil }
        start = positions[place - 1]
      }
      return lasts + [positions.count - 1]
    }
    // Two neighbouring bins are together wider than the width.
    var (low, high) = (0.0, min(1, 2 / Double(limit - 1)))
    for _ in 0..<12 {
      let middle = (low + high) / 2
      if bins(width: middle) == nil { low = middle } else { high = middle }
    }
    return bins(width: high)!
  }

  /// The threshold that separates a from b > a under `<=`: their midpoint, or a where the midpoint
  /// rounds to b or is not finite.
  static func between(_ a: Double, _ b: Double) -> Double {
    let middle = a / 2 + b / 2
    // Adding 0 makes 0 of -0, which no cut may be.
    return (middle.isFinite && middle >= a && middle < b ? middle : a) + 0
  }
}

/// Numbers that stay where they are in memory as long as they are held.
final class FixedNumbers: @unchecked Sendable {
  // `@unchecked Sendable` because nothing writes to them after they were made.
  let elements: UnsafeBufferPointer<Double>

  init(_ numbers: [Double]) {
    let copy = UnsafeMutableBufferPointer<Double>.allocate(capacity: numbers.count)
    _ = copy.initialize(from: numbers)
    elements = UnsafeBufferPointer(copy)
  }

  deinit { elements.deallocate() }

  subscript(index: Int) -> Double { elements[index] }
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
