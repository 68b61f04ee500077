/// The cuts of every column, and the ranks that compare with them.
struct CutTable: @unchecked Sendable {
  // `@unchecked Sendable` because nobody writes where the pointers lead.
  let starts: UnsafeBufferPointer<UInt32>
  let cuts: UnsafeBufferPointer<Double>

  /// Checks that the starts ascend within the cuts, at most 65,535 a column.
  init(_ bytes: UnsafeRawBufferPointer, _ layout: ForestLayout) throws(ForestFileError) {
    starts = layout.values(.cutStarts, in: bytes)
    cuts = layout.values(.cuts, in: bytes)
    let offset = layout.sections[.cutStarts]!.range.lowerBound
    for column in 0..<layout.columnCount {
      guard starts[column] <= starts[column + 1],
        starts[column + 1] - starts[column] <= UInt32(ForestFormat.leafMark)
      else {
        throw ForestFileError(
          .invalid, at: offset + 4 * column, "the cuts of column \(column) are out of order")
      }
    }
    guard starts[0] == 0, Int(starts[layout.columnCount]) == cuts.count,
      layout.sections[.cuts]!.range.count == 8 * cuts.count
    else {
      throw ForestFileError(.invalid, at: offset, "the cuts do not fit their section")
    }
  }

  /// The ascending cuts of a column.
  @inline(__always)
  func cuts(of column: Int) -> UnsafeBufferPointer<Double> {
    let start = Int(starts[column])
    return UnsafeBufferPointer(
      start: cuts.baseAddress.map { $0 + start }, count: Int(starts[column &+ 1]) &- start)
  }

  /// The number of the column's cuts below a value, so that `value <= cuts[c]` is `rank <= c`;
  /// the number of all its cuts for NaN, which therefore goes right everywhere.
  @inline(__always)
  func rank(of value: Double, in column: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: cuts(of: column).countBelow(value))
  }
}
