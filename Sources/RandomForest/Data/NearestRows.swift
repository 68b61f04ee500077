/// Finds the nearest rows exactly: a k-d tree whose nodes know the box in which their rows lie (Friedman,
/// Bentley and Finkel, "An algorithm for finding best matches in logarithmic expected time", 1977).
///
/// Of many columns, or of levels alone, a box rules out little; then each row is looked at, eight at once and
/// as far as one of them may still be near. Of many numbers that is asked of their first 24 bits, with what
/// these may be off by added to the limit; what they do not rule out is measured in full.
struct NearestRows {
  private enum Node {
    /// The groups of its rows: few, or those that no number tells apart.
    case leaf(groups: Range<Int>)
    case halves(first: Int, second: Int)
  }

  /// A value of each of eight rows.
  private typealias Group = SIMD8<Double>
  /// The same, to 24 bits.
  private typealias Coarse = SIMD8<Float>

  /// With fewer numbers boxes rule out most rows.
  private static let coarseColumns = 12

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
  /// The same, each number as its distance from its column's middle; empty when it is of no use.
  private var coarse: [Coarse] = []
  /// The middles of the columns.
  private var middles: [Double] = []
  /// What a distance of coarse values may be off by, beside what its sum is rounded by.
  private var coarseError = 0.0
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
    if numbers.count == columnCount, columnCount >= Self.coarseColumns { makeCoarse() }
  }

  /// Rounds all values, unless they are so large that what is left of them tells nothing.
  private mutating func makeCoarse() {
    middles = numbers.map { column in (boxes[2 * column] + boxes[2 * column + 1]) / 2 }
    let reaches = numbers.map { column in
      max(abs(boxes[2 * column] - middles[column]), abs(boxes[2 * column + 1] - middles[column]))
    }
    guard reaches.allSatisfy({ $0 < 1e15 }) else { return }
    // Both values, and their difference, are rounded by half a unit of their last place.
    coarseError =
      reaches.reduce(0) {
        $0 + ($1 * Double(Float.ulpOfOne) * 4) * ($1 * Double(Float.ulpOfOne) * 4)
      }
      .squareRoot()
    // Squares so small would be rounded by more than that says.
    guard coarseError > 1e-15 else { return }
    coarse.reserveCapacity(values.count)
    for (place, group) in values.enumerated() {
      coarse.append(Coarse(group - middles[place % columnCount]))
    }
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
    let rounded = coarse.isEmpty ? [] : zip(sample, middles).map { Float($0 - $1) }
    sample.withUnsafeBufferPointer { sample in
      rounded.withUnsafeBufferPointer { rounded in
        visit(0, row, Sample(values: sample, rounded: rounded), count, &found)
      }
    }
    return found.map(\.row)
  }

  /// The row whose neighbours are looked for.
  private struct Sample {
    let values: UnsafeBufferPointer<Double>
    /// Empty where nothing is.
    let rounded: UnsafeBufferPointer<Float>
  }

  private func visit(
    _ node: Int, _ row: Int, _ sample: Sample, _ count: Int,
    _ found: inout [(distance: Double, row: Int)]
  ) {
    switch nodes[node] {
    case .leaf(let groups):
      values.withUnsafeBufferPointer { values in
        coarse.withUnsafeBufferPointer { coarse in
          for group in groups {
            look(
              at: group, row, sample, values.baseAddress! + group * columnCount,
              coarse.isEmpty ? nil : coarse.baseAddress! + group * columnCount, count, &found)
          }
        }
      }
    case .halves(let first, let second):
      var near = (node: first, distance: squaredDistance(sample.values, toBoxOf: first))
      var far = (node: second, distance: squaredDistance(sample.values, toBoxOf: second))
      if far.distance < near.distance { swap(&near, &far) }
      visit(near.node, row, sample, count, &found)
      // What both sums are rounded by must hide no row.
      guard found.count < count || far.distance * (1 - 1e-9) <= found[count - 1].distance
      else { return }
      visit(far.node, row, sample, count, &found)
    }
  }

  /// Takes those of a group's rows that are nearer than what has been found.
  private func look(
    at group: Int, _ row: Int, _ sample: Sample, _ values: UnsafePointer<Group>,
    _ coarse: UnsafePointer<Coarse>?, _ count: Int, _ found: inout [(distance: Double, row: Int)]
  ) {
    let limit = found.count < count ? .infinity : found[count - 1].distance
    if let coarse, limit.isFinite, !mayBeNear(sample.rounded, coarse, limit) { return }
    let distances = squaredDistances(sample.values, values, limit)
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

  /// Whether one of eight rows may be within a squared distance.
  private func mayBeNear(
    _ sample: UnsafeBufferPointer<Float>, _ others: UnsafePointer<Coarse>, _ limit: Double
  ) -> Bool {
    let reach = limit.squareRoot() + coarseError
    // Each difference, square and sum is rounded by half a unit at most.
    let rounding = Double(columnCount + 4) * Double(Float.ulpOfOne)
    let coarseLimit = Float(reach * reach * (1 + rounding)).nextUp
    var sums = Coarse.zero
    var column = 0
    while column < columnCount {
      let end = min(column + 4, columnCount)
      while column < end {
        let difference = Coarse(repeating: sample[column]) - others[column]
        sums += difference * difference
        column &+= 1
      }
      if !any(sums .<= coarseLimit) { return false }
    }
    return true
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
