/// Finds the nearest rows exactly: a k-d tree whose nodes know the box in which their rows lie (Friedman,
/// Bentley and Finkel, "An algorithm for finding best matches in logarithmic expected time", 1977).
///
/// Of many columns, or of levels alone, a box rules out little; then each row is looked at, eight at once and
/// as far as one of them may still be near. Of many numbers that is asked of whole multiples of one unit, with
/// what these may be off by added to the limit; what they do not rule out is measured in full.
struct NearestRows {
  private enum Node {
    /// The groups of its rows: few, or those that no number tells apart.
    case leaf(groups: Range<Int>)
    case halves(first: Int, second: Int)
  }

  /// A value of each of eight rows.
  private typealias Group = SIMD8<Double>
  /// Two columns of four rows, in units.
  private typealias Coarse = SIMD8<Int16>

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
  /// The same, each number as its distance from its column's middle, shape (groups, pairs of columns,
  /// halves of a group); empty where it is of no use.
  private var coarse: [Coarse] = []
  private var units = Units()
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

  /// Rounds all values.
  private mutating func makeCoarse() {
    let groupCount = rows.count / Group.scalarCount
    let step = max(groupCount / 64, 1)
    let sampled = stride(from: 0, to: groupCount, by: step)
    units = Units(
      (0..<columnCount).map { column in
        sampled.map { values[$0 * columnCount + column][0] }.sorted()
      })
    guard units.areOfUse else { return }
    coarse.reserveCapacity(2 * groupCount * units.pairCount)
    for group in 0..<groupCount {
      for first in stride(from: 0, to: columnCount, by: 2) {
        var halves = [Coarse.zero, Coarse.zero]
        for column in first..<min(first + 2, columnCount) {
          for lane in 0..<Group.scalarCount {
            halves[lane / 4][lane % 4 * 2 + column - first] = units.rounded(
              values[group * columnCount + column][lane], column)
          }
        }
        coarse += halves
      }
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
    var found = Found(count: count)
    let rounded = coarse.isEmpty ? [] : rounded(sample)
    sample.withUnsafeBufferPointer { sample in
      rounded.withUnsafeBufferPointer { rounded in
        visit(0, Sample(row: row, values: sample, rounded: rounded), &found)
      }
    }
    return found.rows.map(\.row)
  }

  /// The row whose neighbours are looked for.
  private struct Sample {
    let row: Int
    let values: UnsafeBufferPointer<Double>
    /// Each pair of columns for four rows; empty where nothing is rounded.
    let rounded: UnsafeBufferPointer<Coarse>
  }

  /// The nearest rows of those that have been looked at, ascending.
  private struct Found {
    let count: Int
    private(set) var rows: [(distance: Double, row: Int)] = []
    /// The squared distance beyond which no row is looked for, and the same in units.
    private(set) var limit = Double.infinity
    private(set) var coarseLimit = Int32.max

    init(count: Int) {
      self.count = count
      rows.reserveCapacity(count + 1)
    }

    mutating func take(_ row: Int, _ distance: Double, _ units: Units) {
      if rows.count == count {
        // As far and behind it is no nearer.
        guard (distance, row) < rows[count - 1] else { return }
        rows.removeLast()
      }
      let end = rows.firstIndex { (distance, row) < $0 } ?? rows.count
      rows.insert((distance, row), at: end)
      guard rows.count == count else { return }
      limit = rows[count - 1].distance
      coarseLimit = units.limit(limit)
    }
  }

  private func rounded(_ sample: ArraySlice<Double>) -> [Coarse] {
    stride(from: 0, to: columnCount, by: 2).map { column in
      let first = units.rounded(Self.value(sample, column), column)
      let second =
        column + 1 < columnCount ? units.rounded(Self.value(sample, column + 1), column + 1) : 0
      var pair = Coarse(repeating: first)
      pair.oddHalf = SIMD4(repeating: second)
      return pair
    }
  }

  private func visit(_ node: Int, _ sample: Sample, _ found: inout Found) {
    switch nodes[node] {
    case .leaf(let groups):
      values.withUnsafeBufferPointer { values in
        coarse.withUnsafeBufferPointer { coarse in
          for group in groups {
            let isFar =
              !coarse.isEmpty
              && !mayBeNear(
                sample.rounded, coarse.baseAddress! + 2 * group * units.pairCount, found.coarseLimit
              )
            if !isFar { look(at: group, sample, values.baseAddress! + group * columnCount, &found) }
          }
        }
      }
    case .halves(let first, let second):
      var near = (node: first, distance: squaredDistance(sample.values, toBoxOf: first))
      var far = (node: second, distance: squaredDistance(sample.values, toBoxOf: second))
      if far.distance < near.distance { swap(&near, &far) }
      visit(near.node, sample, &found)
      // What both sums are rounded by must hide no row.
      if far.distance * (1 - 1e-9) <= found.limit { visit(far.node, sample, &found) }
    }
  }

  /// Takes those of a group's rows that are nearer than what has been found.
  private func look(
    at group: Int, _ sample: Sample, _ values: UnsafePointer<Group>, _ found: inout Found
  ) {
    let distances = squaredDistances(sample.values, values, found.limit)
    let isNear = distances .<= found.limit
    guard any(isNear) else { return }
    for lane in distances.indices where isNear[lane] {
      let other = rows[group * Group.scalarCount + lane]
      guard other >= 0 else { break }
      found.take(other, other == sample.row ? -1 : distances[lane], units)
    }
  }

  /// Whether one of eight rows may be within a squared distance in units.
  @inline(__always)
  private func mayBeNear(
    _ sample: UnsafeBufferPointer<Coarse>, _ others: UnsafePointer<Coarse>, _ limit: Int32
  ) -> Bool {
    var (first, second) = (SIMD4<Int32>.zero, SIMD4<Int32>.zero)
    var pair = 0
    while pair < units.pairCount {
      let end = min(pair + 4, units.pairCount)
      while pair < end {
        first &+= Self.squares(sample[pair] &- others[2 &* pair])
        second &+= Self.squares(sample[pair] &- others[2 &* pair &+ 1])
        pair &+= 1
      }
      if !any((first .<= limit) .| (second .<= limit)) { return false }
    }
    return true
  }

  /// The sums of two squares each; in this form it is one instruction of a processor.
  @inline(__always)
  private static func squares(_ difference: Coarse) -> SIMD4<Int32> {
    let wide = SIMD8<Int32>(truncatingIfNeeded: difference)
    let squares = wide &* wide
    return squares.evenHalf &+ squares.oddHalf
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

/// Numbers as whole multiples of one unit, so few that no sum of squared differences overflows.
private struct Units {
  private var middles: [Double] = []
  private var unit = 0.0
  private var greatest = 0.0

  init() {}

  /// - Parameter samples: of each column some values, ascending; what lies far outside of them all is
  ///   brought to the end of what there is, which makes no distance larger.
  init(_ samples: [[Double]]) {
    let ends = samples.map { ($0[$0.count / 20], $0[$0.count - 1 - $0.count / 20]) }
    middles = ends.map { $0 / 2 + $1 / 2 }
    greatest = (Double(Int32.max) / Double(4 * samples.count)).squareRoot().rounded(.down)
    greatest = min(greatest, Double(Int16.max / 2))
    unit = ends.reduce(0) { max($0, $1.1 - $1.0) } / greatest
  }

  /// Whether a unit's square tells rows apart.
  var areOfUse: Bool { 1e-100...1e100 ~= unit }

  var pairCount: Int { (middles.count + 1) / 2 }

  func rounded(_ value: Double, _ column: Int) -> Int16 {
    let multiple = ((value - middles[column]) / unit).rounded()
    return Int16(max(-greatest, min(greatest, multiple)))
  }

  /// The squared distance in units within which all rows within a squared distance are.
  func limit(_ squaredDistance: Double) -> Int32 {
    guard areOfUse else { return .max }
    // Each of two numbers is off by half a unit at most.
    let error = Double(middles.count).squareRoot() * 1.001
    let reach = squaredDistance.squareRoot() / unit + error
    return Int32(exactly: (reach * reach * (1 + 1e-9)).rounded(.up)) ?? .max
  }
}
