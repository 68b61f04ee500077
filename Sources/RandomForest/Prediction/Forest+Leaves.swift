extension Forest {
  /// The most pairs of samples that ``proximities(of:to:threadCount:)`` compares: 800 MB of results.
  public static let maximumProximityCount = 100_000_000

  /// The leaf in which each sample ends in each tree (`apply` in scikit-learn).
  ///
  /// - Parameters:
  ///   - samples: measured values as in ``predict(_:)``, row-major, shape (rowCount, inputs.count).
  ///   - threadCount: how many threads share the rows; it does not change the result.
  /// - Returns: row-major, shape (rowCount, treeCount): the leaf's place in the nodes of ``tree(_:)``.
  /// - Throws: `ForestFileError` when a walk meets a node that a sound file cannot have.
  /// - Precondition: the values make whole rows, and `threadCount` is positive.
  /// - Complexity: O(rowCount · treeCount · depth).
  public func leaves(
    of samples: [Double], threadCount: Int = 1
  ) throws(ForestFileError) -> [UInt32] {
    let inputCount = schema.inputs.count
    precondition(samples.count % inputCount == 0, "one value an input")
    precondition(threadCount > 0, "walking needs a thread")
    let rowCount = samples.count / inputCount
    guard rowCount > 0 else { return [] }
    let (treeCount, columnCount) = (layout.treeCount, layout.columnCount)
    // Rows enough that a tree is fetched into the cache for many, and few enough that their ranks stay.
    let blockSize = max(1, min(512, (1 << 17) / columnCount))
    var leaves = [UInt32](repeating: 0, count: rowCount * treeCount)
    try leaves.withUnsafeMutableBufferPointer { leaves throws(ForestFileError) in
      let output = SharedPointer(leaves.baseAddress)
      try forEachBlock(of: rowCount, blockSize: blockSize, threadCount: threadCount) {
        var ranks = [UInt16](repeating: 0, count: blockSize * columnCount)
        var walks = [(row: UInt32, place: UInt32)](repeating: (0, 0), count: blockSize)
        return { rows throws(ForestFileError) in
          let first = rows.lowerBound
          samples.withUnsafeBufferPointer { samples in
            ranks.withUnsafeMutableBufferPointer { ranks in
              for row in rows {
                self.encoder.encode(
                  samples.baseAddress! + row * inputCount, self.cuts,
                  into: ranks.baseAddress! + (row - first) * columnCount)
              }
            }
          }
          for tree in 0..<treeCount {
            try self.descend(tree, ranks, rows.count, &walks) { row, place in
              output.pointer![(first + row) * treeCount + tree] = place
            }
          }
        }
      }
    }
    return leaves
  }

  /// Walks rows down one tree, all of them level by level, so that the wait for one node is used for the
  /// others; each step is checked.
  ///
  /// - Parameters:
  ///   - ranks: row-major, shape (rowCount, columnCount).
  ///   - walks: scratch, shape (rowCount).
  ///   - found: gets each row's leaf.
  @inline(__always)
  private func descend(
    _ tree: Int, _ ranks: [UInt16], _ rowCount: Int, _ walks: inout [(row: UInt32, place: UInt32)],
    found: (_ row: Int, _ place: UInt32) -> Void
  ) throws(ForestFileError) {
    let nodes = try nodes(ofTree: tree)
    let columnCount = layout.columnCount
    for row in 0..<rowCount { walks[row] = (UInt32(row), 0) }
    var rest = rowCount
    while rest > 0 {
      var kept = 0
      for index in 0..<rest {
        let (row, place) = walks[index]
        let node = nodes[Int(place)]
        if node.isLeaf {
          found(Int(row), place)
          continue
        }
        let left = Int(place) + Int(node.offset)
        guard left > place, left + 1 < nodes.count, Int(node.column) < columnCount else {
          throw damaged(tree, Int(place))
        }
        let rank = ranks[Int(row) * columnCount + Int(node.column)]
        walks[kept] = (row, UInt32(left + (rank > node.cut ? 1 : 0)))
        kept += 1
      }
      rest = kept
    }
  }

  /// How alike samples are to the forest: the share of trees in whose same leaf two of them end
  /// (Breiman and Cutler, "Random forests", 2004, proximities).
  ///
  /// - Parameters:
  ///   - samples: measured values as in ``predict(_:)``, row-major, shape (rowCount, inputs.count).
  ///   - others: what they are compared with, in the same shape; nil for the samples themselves.
  ///   - threadCount: how many threads walk; it does not change the result.
  /// - Returns: row-major, shape (rowCount, other rowCount), 0 to 1; 1 minus it is a distance.
  /// - Throws: `ForestFileError` when a walk meets a node that a sound file cannot have.
  /// - Precondition: the pairs are at most ``maximumProximityCount``.
  /// - Complexity: O(treeCount · pairs) at most, less the more leaves the trees have.
  public func proximities(
    of samples: [Double], to others: [Double]? = nil, threadCount: Int = 1
  ) throws(ForestFileError) -> [Double] {
    let inputCount = schema.inputs.count
    let (rowCount, otherCount) = (
      samples.count / inputCount, (others ?? samples).count / inputCount
    )
    precondition(
      rowCount * otherCount <= Self.maximumProximityCount, "the pairs fit into memory")
    let leaves = try leaves(of: samples, threadCount: threadCount)
    let otherLeaves = try others.map { others throws(ForestFileError) in
      try self.leaves(of: others, threadCount: threadCount)
    }
    var result = [Double](repeating: 0, count: rowCount * otherCount)
    for tree in 0..<treeCount {
      let otherRows = Dictionary(grouping: 0..<otherCount) {
        (otherLeaves ?? leaves)[$0 * treeCount + tree]
      }
      for row in 0..<rowCount {
        for other in otherRows[leaves[row * treeCount + tree]] ?? [] {
          result[row * otherCount + other] += 1
        }
      }
    }
    for pair in result.indices { result[pair] /= Double(treeCount) }
    return result
  }
}
