/// The trees of a forest whose every byte has been checked, ready to be walked without looking back.
///
/// Many walks are under way at once, level by level, so that the wait for one node is used for the
/// others; a walk that has reached its leaf leaves the list.
struct ForestWalk: @unchecked Sendable {
  // `@unchecked Sendable` because nobody writes where the pointers lead.
  let nodes: UnsafePointer<FlatNode>
  let roots: UnsafePointer<UInt64>
  let distributions: UnsafePointer<Double>
  let treeCount: Int
  let classCount: Int

  /// The trees in the bytes of a forest file, which are to outlive this.
  init(_ bytes: UnsafeRawBufferPointer, _ layout: ForestLayout) {
    nodes = layout.values(.nodes, in: bytes).baseAddress!
    roots = layout.values(.roots, in: bytes).baseAddress!
    distributions = layout.values(.distributions, in: bytes).baseAddress!
    treeCount = layout.treeCount
    classCount = layout.classCount
  }

  /// The most samples of a block: enough that a tree is fetched into the cache for many, and few
  /// enough that their ranks stay there.
  ///
  /// A column's ranks fill an odd number of cache lines. A power of two would put all that is asked of
  /// one sample into the same few places of the cache.
  static func laneCount(columnCount: Int) -> Int {
    let rankCount = 1 << 19
    return max(min(rankCount / columnCount, 4096) / 64 * 64 - 32, 32)
  }

  /// Where one walk stands: the node in the low half, counted from the first root, and the number of
  /// the walk in the high half. One number, so that a step is one addition.
  typealias Lane = UInt64

  static func lane(_ number: Int, at place: Int) -> Lane {
    UInt64(truncatingIfNeeded: number) << 32 | UInt64(truncatingIfNeeded: place)
  }

  /// Walks one sample down all trees.
  ///
  /// - Parameters:
  ///   - ranks: shape (columnCount).
  ///   - sums: gets the sum of the trees' class shares, shape (classCount).
  ///   - votes: gets the number of trees that give each class their highest share.
  func descend(
    _ ranks: UnsafePointer<UInt16>, sums: UnsafeMutablePointer<Double>,
    votes: UnsafeMutablePointer<Int32>
  ) {
    // Few enough for the stack; the places of so many trees fit 32 bits in any file.
    let treesAtOnce = 64
    withUnsafeTemporaryAllocation(of: Lane.self, capacity: treesAtOnce) { lanes in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: treesAtOnce) { leaves in
        var first = 0
        while first < treeCount {
          let count = min(treeCount - first, treesAtOnce)
          let base = Int(truncatingIfNeeded: roots[first])
          for lane in 0..<count {
            let root = Int(truncatingIfNeeded: roots[first &+ lane])
            lanes[lane] = Self.lane(lane, at: root &- base)
          }
          walk(nodes + base, lanes.baseAddress!, leaves.baseAddress!, count) { column, _ in
            ranks[column]
          }
          for lane in 0..<count {
            let shares = distributions + Int(leaves[lane]) &* classCount
            var largest = 0
            for label in 0..<classCount {
              sums[label] += shares[label]
              if shares[label] > shares[largest] { largest = label }
            }
            votes[largest] &+= 1
          }
          first += count
        }
      }
    }
  }

  /// Walks a block of samples down all trees, one tree after the other.
  ///
  /// - Parameters:
  ///   - ranks: column-major, shape (columnCount, laneCount).
  ///   - count: the number of samples, at most `laneCount`, which is a multiple of eight.
  ///   - sums: gets the sums of the class shares, row-major, shape (count, classCount).
  ///   - lanes: scratch, shape (laneCount).
  ///   - leaves: scratch, shape (laneCount).
  ///   - words: scratch for the trees that are worth unpacking.
  func descend(
    _ ranks: UnsafePointer<UInt16>, laneCount: Int, count: Int,
    sums: UnsafeMutablePointer<Double>, lanes: UnsafeMutablePointer<Lane>,
    leaves: UnsafeMutablePointer<UInt32>, words: UnsafeMutablePointer<UInt64>
  ) {
    let limit = BlockWalk.maximumNodeCount(sampleCount: count)
    for tree in 0..<treeCount {
      let nodes = self.nodes + Int(truncatingIfNeeded: roots[tree])
      let nodeCount = Int(truncatingIfNeeded: roots[tree &+ 1] &- roots[tree])
      if nodeCount <= limit {
        let tree = BlockWalk(
          UnsafeBufferPointer(start: nodes, count: nodeCount), laneCount: laneCount, into: words)
        tree.descend(ranks, count: count, places: leaves)
      } else {
        leaves.update(repeating: 0, count: count)
      }
      var rest = 0
      for lane in 0..<count {
        let place = leaves[lane]
        let node = nodes[Int(place)]
        leaves[lane] = node.offset
        lanes[rest] = Self.lane(lane, at: Int(place))
        rest &+= 1 &- Int(truncatingIfNeeded: (UInt32(node.cut) &+ 1) >> 16)
      }
      walk(nodes, lanes, leaves, rest) { column, lane in
        ranks[column &* laneCount &+ lane]
      }
      for lane in 0..<count {
        let shares = distributions + Int(leaves[lane]) &* classCount
        let own = sums + lane &* classCount
        for label in 0..<classCount { own[label] += shares[label] }
      }
    }
  }

  /// Walks until every lane is at its leaf.
  ///
  /// - Parameter leaves: gets the index of each walk's class distribution.
  @inline(__always)
  private func walk(
    _ nodes: UnsafePointer<FlatNode>, _ lanes: UnsafeMutablePointer<Lane>,
    _ leaves: UnsafeMutablePointer<UInt32>, _ count: Int,
    rank: (_ column: Int, _ lane: Int) -> UInt16
  ) {
    // A node is read as one number, which the compiler does not do by itself.
    let words = UnsafeRawPointer(nodes).assumingMemoryBound(to: UInt64.self)
    var rest = count
    while rest > 0 {
      var kept = 0
      var index = 0
      while index < rest {
        let lane = lanes[index]
        let number = Int(truncatingIfNeeded: lane >> 32)
        let word = words[Int(truncatingIfNeeded: lane & 0xffff_ffff)]
        let column = Int(truncatingIfNeeded: word >> 32 & 0xffff)
        let cut = word >> 48
        let isAbove: UInt64 = rank(column, number) > UInt16(truncatingIfNeeded: cut) ? 1 : 0
        // What is written last for a walk is its leaf's.
        leaves[number] = UInt32(truncatingIfNeeded: word)
        lanes[kept] = lane &+ (word & 0xffff_ffff) &+ isAbove
        // 1 but at a leaf, whose mark alone carries: a condition would become a branch, mispredicted
        // once a walk.
        kept &+= 1 &- Int(truncatingIfNeeded: (cut &+ 1) >> 16)
        index &+= 1
      }
      rest = kept
    }
  }
}
