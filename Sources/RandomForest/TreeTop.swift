/// The first levels of a tree, which every sample passes: all their tests are made for eight samples
/// at once, without following anyone.
struct TreeTop {
  private static let testCount = 15

  /// The tests level by level, as in a heap; a place below a leaf repeats the leaf.
  private let tests: InlineArray<15, FlatNode>
  /// The node that each of the 16 ways leads to, counted from the root.
  private let ends: InlineArray<16, UInt32>

  init(_ nodes: UnsafePointer<FlatNode>) {
    var places = InlineArray<31, UInt32>(repeating: 0)
    var tests = InlineArray<15, FlatNode>(repeating: FlatNode(offset: 0, column: 0, cut: 0))
    for index in 0..<Self.testCount {
      let place = places[index]
      let node = nodes[Int(place)]
      tests[index] = node
      places[2 * index + 1] = node.isLeaf ? place : place &+ node.offset
      places[2 * index + 2] = node.isLeaf ? place : place &+ node.offset &+ 1
    }
    self.tests = tests
    var ends = InlineArray<16, UInt32>(repeating: 0)
    for way in 0..<16 { ends[way] = places[Self.testCount + way] }
    self.ends = ends
  }

  private typealias Eight = SIMD8<UInt16>

  /// Puts the lanes of a block of samples at the nodes where the tops ends lead them.
  ///
  /// - Parameter ranks: column-major, shape (columnCount, laneCount).
  func descend(
    _ ranks: UnsafePointer<UInt16>, laneCount: Int, count: Int,
    lanes: UnsafeMutablePointer<ForestWalk.Lane>
  ) {
    var first = 0
    // The last eight may reach beyond the samples, but not beyond the lanes.
    while first < count {
      let way = ways(ranks + first, laneCount)
      for lane in 0..<8 {
        lanes[first &+ lane] = ForestWalk.lane(
          first &+ lane, at: Int(ends[Int(way[lane] & 15)]))
      }
      first &+= 8
    }
  }

  /// For eight samples the number of the way that each goes.
  @inline(__always)
  private func ways(_ ranks: UnsafePointer<UInt16>, _ laneCount: Int) -> Eight {
    @inline(__always)
    func goesRight(_ index: Int) -> Eight {
      let node = tests[index]
      let own = UnsafeRawPointer(ranks + Int(node.column) &* laneCount)
        .loadUnaligned(as: Eight.self)
      return Eight.zero.replacing(with: .max, where: own .> Eight(repeating: node.cut))
    }
    @inline(__always)
    func choose(_ right: Eight, _ a: Eight, _ b: Eight) -> Eight { (a & ~right) | (b & right) }
    let first = goesRight(0)
    let second = choose(first, goesRight(1), goesRight(2))
    let third = choose(
      first, choose(second, goesRight(3), goesRight(4)), choose(second, goesRight(5), goesRight(6)))
    let fourth = choose(
      first,
      choose(
        second, choose(third, goesRight(7), goesRight(8)),
        choose(third, goesRight(9), goesRight(10))),
      choose(
        second, choose(third, goesRight(11), goesRight(12)),
        choose(third, goesRight(13), goesRight(14))))
    return (first & 8) | (second & 4) | (third & 2) | (fourth & 1)
  }
}
