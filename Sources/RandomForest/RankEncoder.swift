/// Turns measured samples into the ranks that nodes compare with: for each column the number of its
/// cuts below the sample's value.
///
/// Comparing ranks is exact: `value <= cuts[c]` is `rank <= c`. NaN has the highest rank, so that a
/// missing number goes right everywhere.
struct RankEncoder: Sendable {
  private enum Input {
    /// One column as measured.
    case numeric(column: Int, cutCount: Int)
    /// Columns of which one is 1 and the others 0, with the ranks of both in each.
    case hot(EncodedFeature, columns: Range<Int>)
  }

  private let inputs: [Input]
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
      if case .identity = input.encoding {
        let cutCount = cuts.cuts(of: columns.lowerBound).count
        inputs.append(.numeric(column: columns.lowerBound, cutCount: cutCount))
        states = cutCount + 1
      } else {
        inputs.append(.hot(input, columns: columns))
        states = columns.count + 1
      }
      cellCount = cellCount.flatMap {
        let (product, overflow) = $0.multipliedReportingOverflow(by: states)
        return overflow ? nil : product
      }
    }
    self.inputs = inputs
    self.cellCount = cellCount
    zeros = (0..<schema.columnCount).map { cuts.rank(of: 0, in: $0) }
    ones = (0..<schema.columnCount).map { cuts.rank(of: 1, in: $0) }
  }

  /// Encodes one sample, shape (inputs), into ranks, shape (columnCount).
  @inline(__always)
  func encode(
    _ sample: UnsafePointer<Double>, _ cuts: CutTable, into ranks: UnsafeMutablePointer<UInt16>
  ) {
    for index in inputs.indices {
      switch inputs[index] {
      case .numeric(let column, _):
        ranks[column] = cuts.rank(of: sample[index], in: column)
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
        let own = ranks + column * laneCount
        let cuts = cuts.cuts(of: column)
        var row = 0
        while row + 4 <= count {
          let values = samples + (row &* width &+ index)
          let four = cuts.countsBelow(
            SIMD4(values[0], values[width], values[2 &* width], values[3 &* width]))
          UnsafeMutableRawPointer(own + row).storeBytes(
            of: SIMD4<UInt16>(truncatingIfNeeded: four), as: SIMD4<UInt16>.self)
          row &+= 4
        }
        while row < count {
          own[row] = UInt16(truncatingIfNeeded: cuts.countBelow(samples[row * width + index]))
          row += 1
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
      case .hot(let input, let columns):
        let state = input.hotColumn(for: sample[index]) ?? columns.count
        cell = cell &* (columns.count &+ 1) &+ state
      }
    }
    return cell
  }
}
