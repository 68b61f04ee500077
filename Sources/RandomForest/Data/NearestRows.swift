/// Finds the nearest rows exactly: a k-d tree whose nodes know the box in which their rows lie (Friedman,
/// Bentley and Finkel, "An algorithm for finding best matches in logarithmic expected time", 1977).
///
/// Of many columns, or of levels alone, a box rules out little; then each row is looked at, eight at once and
/// as far as one of them may still be near.
struct NearestRows {
  private enum Node {
    /// The groups of its rows: few, or those that no number tells apart.
    case leaf(groups: Range<Int>)
    case halves(first: Int, second: Int)
  }

  /// A value of each of eight rows.
  private typealias Group = SIMD8<Double>

  /// A node of no more rows is not divided: the more columns, the less a box tells.
  private let leafSize: Int

  private let columnCount: Int
  /// The columns whose values are numbers.
  private let numbers: [Int]
  private let isLevel: [Bool]
  /// What a level that differs adds to a squared distance.
  private let mismatch: Double
  /// The rows of the groups, shape (groups, 8); -1 where a group is not full.
  private var rows: [Int] = []
  /// Shape (groups, columns).
  private var values: [Group] = []
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
    leafSize = 8 * max(numbers.count, 4)
    var rows = rows
    divide(&rows[...], values)
  }

  /// Makes the node of some rows and those below it, and gives its number.
  @discardableResult
  private mutating func divide(
    _ members: inout ArraySlice<Int>, _ values: (Int) -> ArraySlice<Double>
  ) -> Int {
    let node = nodes.count
    var widest = (column: 0, width: 0.0)
    for column in numbers {
      var (low, high) = (Double.infinity, -Double.infinity)
      for row in members {
        let value = Self.value(values(row), column)
        low = min(low, value)
        high = max(high, value)
      }
      boxes += [low, high]
      if high - low > widest.width { widest = (column, high - low) }
    }
    guard members.count > leafSize, widest.width > 0 else {
      nodes.append(.leaf(groups: addGroups(members, values)))
      return node
    }
    nodes.append(.halves(first: 0, second: 0))
    members.sort {
      Self.value(values($0), widest.column) < Self.value(values($1), widest.column)
    }
    let middle = members.startIndex + members.count / 2
    let first = divide(&members[..<middle], values)
    nodes[node] = .halves(first: first, second: divide(&members[middle...], values))
    return node
  }

  /// Lays out the rows of a leaf.
  private mutating func addGroups(
    _ members: ArraySlice<Int>, _ values: (Int) -> ArraySlice<Double>
  ) -> Range<Int> {
    let first = rows.count / Group.scalarCount
    for start in stride(from: members.startIndex, to: members.endIndex, by: Group.scalarCount) {
      let group = members[start..<min(start + Group.scalarCount, members.endIndex)]
      rows += group
      rows += repeatElement(-1, count: Group.scalarCount - group.count)
      for column in 0..<columnCount {
        var lanes = Group(repeating: .infinity)
        for (lane, row) in group.enumerated() { lanes[lane] = Self.value(values(row), column) }
        self.values.append(lanes)
      }
    }
    return first..<rows.count / Group.scalarCount
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
    _ values: UnsafeBufferPointer<Group>, _ count: Int,
    _ found: inout [(distance: Double, row: Int)]
  ) {
    switch nodes[node] {
    case .leaf(let groups):
      for group in groups {
        look(at: group, row, sample, values.baseAddress! + group * columnCount, count, &found)
      }
    case .halves(let first, let second):
      var near = (node: first, distance: squaredDistance(sample, toBoxOf: first))
      var far = (node: second, distance: squaredDistance(sample, toBoxOf: second))
      if far.distance < near.distance { swap(&near, &far) }
      visit(near.node, row, sample, values, count, &found)
      // What both sums are rounded by must hide no row.
      guard found.count < count || far.distance * (1 - 1e-9) <= found[count - 1].distance
      else { return }
      visit(far.node, row, sample, values, count, &found)
    }
  }

  /// Takes those of a group's rows that are nearer than what has been found.
  private func look(
    at group: Int, _ row: Int, _ sample: UnsafeBufferPointer<Double>,
    _ values: UnsafePointer<Group>, _ count: Int, _ found: inout [(distance: Double, row: Int)]
  ) {
    let limit = found.count < count ? .infinity : found[count - 1].distance
    let distances = squaredDistances(sample, values, limit)
    let isNear = distances .<= limit
    guard any(isNear) else { return }
    for lane in distances.indices where isNear[lane] {
      let other = rows[group * Group.scalarCount + lane]
      guard other >= 0 else { break }
      let distance = other == row ? -1 : distances[lane]
      if found.count == count {
        // As far and behind it is no nearer.
        guard (distance, other) < found[count - 1] else { continue }
        found.removeLast()
      }
      let end = found.firstIndex { (distance, other) < $0 } ?? found.count
      found.insert((distance, other), at: end)
    }
  }

  /// The squared distances of eight rows, or of their first columns where all are beyond `limit` already.
  private func squaredDistances(
    _ sample: UnsafeBufferPointer<Double>, _ others: UnsafePointer<Group>, _ limit: Double
  ) -> Group {
    var sums = Group.zero
    var column = 0
    while column < columnCount {
      // The limit is asked for now and then, which is faster.
      let end = min(column + 4, columnCount)
      while column < end {
        let value = Group(repeating: sample[column])
        if isLevel[column] {
          sums += Group.zero.replacing(with: mismatch, where: value .!= others[column])
        } else {
          let difference = value - others[column]
          sums += difference * difference
        }
        column &+= 1
      }
      if !any(sums .<= limit) { break }
    }
    return sums
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
