extension Array<Double> {
  /// How many of the ascending numbers are less than `value`; all of them for NaN.
  ///
  /// - Complexity: O(log n).
  func countBelow(_ value: Double) -> Int {
    withUnsafeBufferPointer { $0.countBelow(value) }
  }
}

/// Searches that halve what is left whatever a comparison says, because a binary search that branches
/// is mispredicted at every second step. They compare vectors, even of one value, since a scalar
/// comparison of floating point is compiled to a branch.
extension UnsafeBufferPointer<Double> {
  /// How many of the ascending numbers are less than `value`; all of them for NaN.
  ///
  /// - Complexity: O(log n).
  @inline(__always)
  func countBelow(_ value: Double) -> Int {
    guard let start = baseAddress, count > 0 else { return 0 }
    let values = SIMD2(repeating: value)
    var below = 0
    var rest = count
    while rest > 1 {
      let half = rest / 2
      let cuts = SIMD2(repeating: start[below &+ half &- 1])
      below &+= Int(
        SIMD2(repeating: Int64(half)).replacing(with: 0, where: cuts .>= values)[0])
      rest &-= half
    }
    let cuts = SIMD2(repeating: start[below])
    return below &+ Int(SIMD2<Int64>(repeating: 1).replacing(with: 0, where: cuts .>= values)[0])
  }

  /// `countBelow` for four values, each in a stretch of its own: while one search waits for memory,
  /// the others go on.
  ///
  /// - Parameters:
  ///   - starts: where the ascending stretches begin.
  ///   - counts: how many numbers each has, at least one.
  @inline(__always)
  func countsBelow(
    _ values: SIMD4<Double>, from starts: SIMD4<Int64>, counts: SIMD4<Int64>
  ) -> SIMD4<Int64> {
    func numbers(at places: SIMD4<Int64>) -> SIMD4<Double> {
      SIMD4(
        self[Int(places[0])], self[Int(places[1])], self[Int(places[2])], self[Int(places[3])])
    }
    var places = starts
    var rest = counts
    var longest = counts.max()
    while longest > 1 {
      let half = rest &>> 1
      places &+= half.replacing(with: 0, where: numbers(at: places &+ half) .>= values)
      rest &-= half
      longest &-= longest &>> 1
    }
    return (places &- starts)
      &+ SIMD4(repeating: 1).replacing(with: 0, where: numbers(at: places) .>= values)
  }
}

extension Double {
  /// An integer that orders as the numbers do, with every NaN last and -0 equal to 0.
  var sortKey: UInt64 {
    if isNaN { return .max }
    let bits = (self + 0).bitPattern
    return bits >> 63 == 1 ? ~bits : bits | 1 << 63
  }

  /// The number of a key.
  init(sortKey: UInt64) {
    self =
      sortKey == .max
      ? .nan : Double(bitPattern: sortKey >> 63 == 1 ? sortKey & ~(1 << 63) : ~sortKey)
  }
}
