/// Finds the nearest rows exactly: a k-d tree whose nodes know the box in which their rows lie (Friedman,
/// Bentley and Finkel, "An algorithm for finding best matches in logarithmic expected time", 1977).
///
/// Of many columns, or of levels alone, a box rules out little; then each row is looked at, as far as it may
/// still be near.
struct NearestRows {
  private struct Node {
    /// The places of its rows.
    let places: Range<Int>
    /// Its halves; nil for a few rows, or for those that no number tells apart.
    var halves: (first: Int, second: Int)?
  }

  /// A node of fewer rows is not divided.
  private static let leafSize = 16

  private let columnCount: Int
  /// The columns whose values are numbers.
  private let numbers: [Int]
  private let isLevel: [Bool]
  /// What a level that differs adds to a squared distance.
  private let mismatch: Double
  /// The rows by their places: those of a node lie side by side.
  private var rows: [Int]
  /// Shape (places, columns).
  private var values: [Double] = []
  private var nodes: [Node] = []
  /// The ends of the nodes' boxes, shape (nodes, numbers, 2).
  private var boxes: [Double] = []

  /// - Parameters:
  ///   - rows: the rows to search among.
  ///   - values: of a row, shape (features).
  ///   - mismatch: what a level that differs adds to the squared distance.
  init(
    _ rows: [Int], of features: [Feature], mismatch: Double, _ values: (Int) -> ArraySlice<Double>
  ) {
    columnCount = features.count
    isLevel = features.map(\.isCategorical)
    numbers = features.indices.filter { !features[$0].isCategorical }
    self.mismatch = mismatch
    self.rows = rows
    divide(rows.indices, values)
    self.values.reserveCapacity(rows.count * columnCount)
    for row in self.rows { self.values += values(row) }
  }

  /// Makes the node of some places and those below it, and gives its number.
  @discardableResult
  private mutating func divide(
    _ places: Range<Int>, _ values: (Int) -> ArraySlice<Double>
  ) -> Int {
    let node = nodes.count
    nodes.append(Node(places: places))
    var widest = (column: 0, width: 0.0)
    for column in numbers {
      var (low, high) = (Double.infinity, -Double.infinity)
      for place in places {
        let value = Self.value(values(rows[place]), column)
        low = min(low, value)
        high = max(high, value)
      }
      boxes += [low, high]
      if high - low > widest.width { widest = (column, high - low) }
    }
    guard places.count > Self.leafSize, widest.width > 0 else { return node }
    rows[places].sort {
      Self.value(values($0), widest.column) < Self.value(values($1), widest.column)
    }
    let middle = places.lowerBound + places.count / 2
    let first = divide(places.lowerBound..<middle, values)
    nodes[node].halves = (first, divide(middle..<places.upperBound, values))
    return node
  }

  private static func value(_ row: ArraySlice<Double>, _ column: Int) -> Double {
    row[row.startIndex + column]
  }

  /// The nearest rows to one of them: itself, then the others by their distance, of equals the first.
  ///
  /// - Parameter count: how many, at least 1; all where there are fewer.
  func nearest(to row: Int, _ sample: ArraySlice<Double>, count: Int) -> [Int] {
    var found: [(distance: Double, row: Int)] = []
    found.reserveCapacity(count + 1)
    sample.withUnsafeBufferPointer { sample in
      values.withUnsafeBufferPointer { values in
        visit(0, row, sample, values, count, &found)
      }
    }
    return found.map(\.row)
  }

  private func visit(
    _ node: Int, _ row: Int, _ sample: UnsafeBufferPointer<Double>,
    _ values: UnsafeBufferPointer<Double>, _ count: Int,
    _ found: inout [(distance: Double, row: Int)]
  ) {
    guard let (first, second) = nodes[node].halves else {
      for place in nodes[node].places {
        let other = rows[place]
        let farthest = found.count < count ? .infinity : found[count - 1].distance
        let distance =
          other == row
          ? -1 : squaredDistance(sample, values.baseAddress! + place * columnCount, farthest)
        // Beyond the farthest, or as far and behind it.
        guard
          found.count < count || (distance, other) < (farthest, found[count - 1].row)
        else { continue }
        let end = found.firstIndex { (distance, other) < ($0.distance, $0.row) } ?? found.count
        found.insert((distance, other), at: end)
        if found.count > count { found.removeLast() }
      }
      return
    }
    var near = (node: first, distance: squaredDistance(sample, toBoxOf: first))
    var far = (node: second, distance: squaredDistance(sample, toBoxOf: second))
    if far.distance < near.distance { swap(&near, &far) }
    func visit(_ half: (node: Int, distance: Double)) {
      // What both sums are rounded by must hide no row.
      guard found.count < count || half.distance * (1 - 1e-9) <= found[count - 1].distance
      else { return }
      self.visit(half.node, row, sample, values, count, &found)
    }
    visit(near)
    visit(far)
  }

  /// The squared distance of two rows, or of their first columns where that is beyond `limit` already.
  private func squaredDistance(
    _ sample: UnsafeBufferPointer<Double>, _ other: UnsafePointer<Double>, _ limit: Double
  ) -> Double {
    var sum = 0.0
    guard numbers.count == columnCount else {
      for column in 0..<columnCount {
        if isLevel[column] {
          sum += sample[column] == other[column] ? 0 : mismatch
        } else {
          let difference = sample[column] - other[column]
          sum += difference * difference
        }
        if sum > limit { break }
      }
      return sum
    }
    var column = 0
    while column < columnCount, sum <= limit {
      // The limit is asked for now and then, which is faster.
      let end = min(column + 4, columnCount)
      while column < end {
        let difference = sample[column] - other[column]
        sum += difference * difference
        column &+= 1
      }
    }
    return sum
  }

  /// The least squared distance that a row of a node can have.
  private func squaredDistance(
    _ sample: UnsafeBufferPointer<Double>, toBoxOf node: Int
  ) -> Double {
    var sum = 0.0
    var end = 2 * node * numbers.count
    for column in numbers {
      let outside = max(boxes[end] - sample[column], sample[column] - boxes[end + 1], 0)
      sum += outside * outside
      end += 2
    }
    return sum
  }
}
