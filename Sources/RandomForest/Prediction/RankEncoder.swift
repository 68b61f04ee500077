/// Turns measured samples into the ranks that nodes compare with: for each column the number of its
/// cuts below the sample's value.
///
/// Comparing ranks is exact: `value <= cuts[c]` is `rank <= c`. NaN has the highest rank, so that a
/// missing number goes right everywhere; in the second column of a pair it has the lowest.
struct RankEncoder: Sendable {
  private enum Input {
    /// One column as measured.
    case numeric(column: Int, cutCount: Int)
    /// Two columns as measured, the second behind the first; in it a missing value lies below all.
    case pair(column: Int, cutCount: Int, secondCutCount: Int)
    /// Columns whose ranks are known of each level, and last of what is none, shape (columns, levels + 1).
    case levels(column: Int, ranks: [[UInt16]])
    /// Columns of which one is 1 and the others 0, with the ranks of both in each.
    case hot(EncodedFeature, columns: Range<Int>)
  }

  /// Up to four numeric columns that have cuts, searched at once.
  private struct Four {
    /// The inputs and their columns, the last repeated where there are fewer.
    var inputs: SIMD4<Int>
    var columns: SIMD4<Int>
    /// Where the cuts of the columns start, and how many there are.
    var starts: SIMD4<Int64>
    var counts: SIMD4<Int64>
  }

  private let inputs: [Input]
  private let fours: [Four]
  /// The ranks of 0 and of 1 in each column.
  private let zeros: [UInt16]
  private let ones: [UInt16]
  let columnCount: Int
  /// How many samples a forest can tell apart, nil when that is beyond counting: the product of the
  /// inputs' states.
  let cellCount: Int?

  init(_ schema: FeatureSchema, _ cuts: CutTable) {
    columnCount = schema.columnCount
    var inputs: [Input] = []
    var cellCount: Int? = 1
    for (index, input) in schema.inputs.enumerated() {
      let columns = schema.columnStarts[index]..<schema.columnStarts[index + 1]
      let states: Int
      let cutCount = cuts.cuts(of: columns.lowerBound).count
      switch input.encoding {
      case .identity:
        inputs.append(.numeric(column: columns.lowerBound, cutCount: cutCount))
        states = cutCount + 1
      case .identityWithMissing:
        let secondCutCount = cuts.cuts(of: columns.lowerBound + 1).count
        inputs.append(
          .pair(column: columns.lowerBound, cutCount: cutCount, secondCutCount: secondCutCount))
        states = cutCount + secondCutCount + 2
      case .ordered(let orders):
        let ranks = zip(columns, orders).map { column, order in
          (order + [nil]).map { cuts.rank(of: $0.map(Double.init) ?? .nan, in: column) }
        }
        inputs.append(.levels(column: columns.lowerBound, ranks: ranks))
        states = orders[0].count + 1
      case .oneHot, .bins:
        inputs.append(.hot(input, columns: columns))
        states = columns.count + 1
      }
      cellCount = cellCount.flatMap {
        let (product, overflow) = $0.multipliedReportingOverflow(by: states)
        return overflow ? nil : product
      }
    }
    self.inputs = inputs
    fours = Self.fours(inputs, cuts)
    self.cellCount = cellCount
    zeros = (0..<schema.columnCount).map { cuts.rank(of: 0, in: $0) }
    ones = (0..<schema.columnCount).map { cuts.rank(of: 1, in: $0) }
  }

  private static func fours(_ inputs: [Input], _ cuts: CutTable) -> [Four] {
    var searched: [(input: Int, column: Int, count: Int)] = []
    for (index, input) in inputs.enumerated() {
      switch input {
      case .numeric(let column, let count): searched.append((index, column, count))
      case .pair(let column, let count, let secondCount):
        searched += [(index, column, count), (index, column + 1, secondCount)]
      case .levels, .hot: break
      }
    }
    searched.removeAll { $0.count == 0 }
    return stride(from: 0, to: searched.count, by: 4).map { first in
      var four = Four(inputs: .zero, columns: .zero, starts: .zero, counts: .zero)
      for place in 0..<4 {
        let (index, column, count) = searched[min(first + place, searched.count - 1)]
        four.inputs[place] = index
        four.columns[place] = column
        four.starts[place] = Int64(cuts.starts[column])
        four.counts[place] = Int64(count)
      }
      return four
    }
  }

  /// Encodes one sample, shape (inputs), into ranks, shape (columnCount).
  @inline(__always)
  func encode(
    _ sample: UnsafePointer<Double>, _ cuts: CutTable, into ranks: UnsafeMutablePointer<UInt16>
  ) {
    for four in fours {
      let values = SIMD4(
        sample[four.inputs[0]], sample[four.inputs[1]], sample[four.inputs[2]],
        sample[four.inputs[3]])
      let below = cuts.cuts.countsBelow(values, from: four.starts, counts: four.counts)
      for place in 0..<4 {
        ranks[four.columns[place]] = UInt16(truncatingIfNeeded: below[place])
      }
    }
    for index in inputs.indices {
      switch inputs[index] {
      case .numeric(let column, let cutCount):
        if cutCount == 0 { ranks[column] = 0 }
      case .pair(let column, let cutCount, let secondCutCount):
        if cutCount == 0 { ranks[column] = 0 }
        if secondCutCount == 0 || sample[index].isNaN { ranks[column + 1] = 0 }
      case .levels(let column, let ranksOfLevels):
        for (order, ofLevels) in ranksOfLevels.enumerated() {
          ranks[column + order] = ofLevels[Self.level(sample[index], below: ofLevels.count - 1)]
        }
      case .hot(let input, let columns):
        for column in columns { ranks[column] = zeros[column] }
        guard let hot = input.hotColumn(for: sample[index]) else { continue }
        ranks[columns.lowerBound + hot] = ones[columns.lowerBound + hot]
      }
    }
  }

  /// Encodes a block of samples, row-major, shape (count, inputs), into ranks, column-major, shape
  /// (columnCount, laneCount).
  func encode(
    _ samples: UnsafePointer<Double>, count: Int, laneCount: Int, _ cuts: CutTable,
    into ranks: UnsafeMutablePointer<UInt16>
  ) {
    let width = inputs.count
    for index in inputs.indices {
      switch inputs[index] {
      case .numeric(let column, _):
        encodeNumbers(
          samples + index, count: count, cuts.cuts(of: column), into: ranks + column * laneCount)
      case .pair(let column, _, _):
        let first = ranks + column * laneCount
        let second = first + laneCount
        encodeNumbers(samples + index, count: count, cuts.cuts(of: column), into: first)
        encodeNumbers(samples + index, count: count, cuts.cuts(of: column + 1), into: second)
        for row in 0..<count where samples[row * width + index].isNaN { second[row] = 0 }
      case .levels(let column, let ranksOfLevels):
        for row in 0..<count {
          let level = Self.level(samples[row * width + index], below: ranksOfLevels[0].count - 1)
          for (order, ofLevels) in ranksOfLevels.enumerated() {
            ranks[(column + order) * laneCount + row] = ofLevels[level]
          }
        }
      case .hot(let input, let columns):
        for column in columns {
          (ranks + column * laneCount).update(repeating: zeros[column], count: count)
        }
        for row in 0..<count {
          guard let hot = input.hotColumn(for: samples[row * width + index]) else { continue }
          let column = columns.lowerBound + hot
          ranks[column * laneCount + row] = ones[column]
        }
      }
    }
  }

  /// The index of a level, `count` for what is none.
  private static func level(_ value: Double, below count: Int) -> Int {
    guard let level = Int(exactly: value), 0..<count ~= level else { return count }
    return level
  }

  /// Encodes one input of a block: every `inputs.count`-th of the numbers.
  @inline(__always)
  private func encodeNumbers(
    _ numbers: UnsafePointer<Double>, count: Int, _ cuts: UnsafeBufferPointer<Double>,
    into ranks: UnsafeMutablePointer<UInt16>
  ) {
    let width = inputs.count
    let cutCount = cuts.count
    var row = 0
    while row + 4 <= count, cutCount > 0 {
      let values = numbers + row &* width
      let four = cuts.countsBelow(
        SIMD4(values[0], values[width], values[2 &* width], values[3 &* width]),
        from: .zero, counts: SIMD4(repeating: Int64(cutCount)))
      UnsafeMutableRawPointer(ranks + row).storeBytes(
        of: SIMD4<UInt16>(truncatingIfNeeded: four), as: SIMD4<UInt16>.self)
      row &+= 4
    }
    while row < count {
      ranks[row] = UInt16(truncatingIfNeeded: cuts.countBelow(numbers[row * width]))
      row += 1
    }
  }

  /// The number of the cell that a sample lies in; samples of one cell are alike to the forest.
  ///
  /// - Precondition: `cellCount` is not nil.
  @inline(__always)
  func cell(of sample: UnsafePointer<Double>, _ cuts: CutTable) -> Int {
    var cell = 0
    for index in inputs.indices {
      switch inputs[index] {
      case .numeric(let column, let cutCount):
        cell = cell &* (cutCount &+ 1) &+ Int(cuts.rank(of: sample[index], in: column))
      case .pair(let column, let cutCount, let secondCutCount):
        // The ranks of a number grow with it, and so does their sum: it tells them apart.
        let value = sample[index]
        let state =
          value.isNaN
          ? cutCount &+ secondCutCount &+ 1
          : Int(cuts.rank(of: value, in: column)) &+ Int(cuts.rank(of: value, in: column &+ 1))
        cell = cell &* (cutCount &+ secondCutCount &+ 2) &+ state
      case .levels(_, let ranksOfLevels):
        let count = ranksOfLevels[0].count
        cell = cell &* count &+ Self.level(sample[index], below: count - 1)
      case .hot(let input, let columns):
        let state = input.hotColumn(for: sample[index]) ?? columns.count
        cell = cell &* (columns.count &+ 1) &+ state
      }
    }
    return cell
  }
}
