/// How often each value of a feature occurs in a set of samples.
public struct ValueCounts: Sendable, Equatable, Codable {
  /// The values, ascending; of a grouped distribution the greatest value of each group.
  public let values: [Double]
  /// How many samples have each value or lie in each group.
  public let counts: [Int]
  /// Whether neighbouring values share a group, because there were too many.
  public let isGrouped: Bool

  /// Creates a distribution.
  ///
  /// - Precondition: the values ascend and each has a count above 0.
  public init(values: [Double], counts: [Int], isGrouped: Bool = false) {
    precondition(values.count == counts.count, "a value has a count")
    precondition(zip(values, values.dropFirst()).allSatisfy { $0 < $1 }, "the values ascend")
    precondition(counts.allSatisfy { $0 > 0 }, "a count is positive")
    self.values = values
    self.counts = counts
    self.isGrouped = isGrouped
  }

  /// Reads a distribution.
  ///
  /// - Throws: `DecodingError` for one that cannot be.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let values = try container.decode([Double].self, forKey: .values)
    let counts = try container.decode([Int].self, forKey: .counts)
    guard values.count == counts.count, values.allSatisfy(\.isFinite),
      zip(values, values.dropFirst()).allSatisfy({ $0 < $1 }),
      counts.allSatisfy({ 1...Self.greatestCount ~= $0 }),
      counts.reduce(0, { min($0 + $1, Self.greatestCount + 1) }) <= Self.greatestCount
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .counts, in: container, debugDescription: "values ascend, each with its count")
    }
    self.init(
      values: values, counts: counts,
      isGrouped: try container.decode(Bool.self, forKey: .isGrouped))
  }

  private enum CodingKeys: String, CodingKey {
    case values, counts, isGrouped
  }

  /// No sum of counts that are read may be greater, so that its products with other counts fit.
  private static let greatestCount = 1 << 40

  /// Counts values of weight 1; those that are not finite are left out.
  public init(of values: some Sequence<Double>) {
    var distinct: [Double] = []
    var counts: [Int] = []
    // Adding 0 makes 0 of -0.
    for value in values.lazy.filter(\.isFinite).map({ $0 + 0 }).sorted() {
      if distinct.last == value {
        counts[counts.count - 1] += 1
      } else {
        distinct.append(value)
        counts.append(1)
      }
    }
    self.init(values: distinct, counts: counts)
  }

  /// The number of samples.
  public var sampleCount: Int { counts.reduce(0, +) }

  /// The same samples in groups of about equal size, when they have more values than a limit; the
  /// first group is the least value alone, so that nothing is said to lie below it.
  ///
  /// - Precondition: the limit is 2 or more.
  public func grouped(limit: Int) -> ValueCounts {
    precondition(limit >= 2, "there is a group for the least value and one for the rest")
    guard values.count > limit else { return self }
    var ends = [values[0]]
    var sizes = [counts[0]]
    let rest = sampleCount - counts[0]
    var size = 0
    var done = 0
    for (value, count) in zip(values.dropFirst(), counts.dropFirst()) {
      size += count
      // The next group ends where its share of the samples does.
      guard (done + size) * (limit - 1) >= rest * ends.count || value == values.last else {
        continue
      }
      ends.append(value)
      sizes.append(size)
      done += size
      size = 0
    }
    return ValueCounts(values: ends, counts: sizes, isGrouped: true)
  }
}

extension Dataset {
  /// How often each finite value of a column occurs, in samples.
  ///
  /// - Complexity: O(rowCount).
  public func valueCounts(ofColumn column: Int) -> ValueCounts {
    if let counts = countsOfSmallNumbers(inColumn: column) {
      let places = counts.indices.filter { counts[$0] > 0 }
      return ValueCounts(values: places.map(Double.init), counts: places.map { counts[$0] })
    }
    var order: [KeyedIndex] = []
    for row in 0..<rowCount {
      let value = values[row * featureCount + column] + 0
      guard value.isFinite else { continue }
      order.append(KeyedIndex(key: value.sortKey, index: UInt32(row)))
    }
    order.radixSort()
    var distinct: [Double] = []
    var counts: [Int] = []
    for entry in order {
      let row = Int(entry.index)
      let value = values[row * featureCount + column] + 0
      if distinct.last == value {
        counts[counts.count - 1] += weights[row]
      } else {
        distinct.append(value)
        counts.append(weights[row])
      }
    }
    return ValueCounts(values: distinct, counts: counts)
  }

  /// The counts of 0, 1, 2, … in a column that holds nothing else, as levels, ages and most counts do:
  /// they need no sorting.
  private func countsOfSmallNumbers(inColumn column: Int) -> [Int]? {
    var counts = [Int](repeating: 0, count: 256)
    for row in 0..<rowCount {
      guard let number = Int(exactly: values[row * featureCount + column]),
        counts.indices.contains(number)
      else { return nil }
      counts[number] += weights[row]
    }
    return counts
  }
}
