/// One tree unpacked for a block of samples, of which eight walk it at once in registers: the wait for
/// one node is used for the others, and no branch depends on where a sample goes.
///
/// A word is a node: its cut in the low 16 bits, above them in 24 bits where its column's ranks start,
/// and on top in 24 bits the distance to its left child. A leaf's distance is 0 and its cut is above
/// every rank, so that a walk which has arrived stays.
struct BlockWalk {
  /// The most nodes that unpacking pays for, by the number of samples that walk them.
  static func maximumNodeCount(sampleCount: Int) -> Int { 32 * sampleCount }

  private let words: UnsafePointer<UInt64>
  private let levelCount: Int

  /// Unpacks a tree.
  ///
  /// - Parameters:
  ///   - laneCount: the samples of a block; with the columns it makes at most 2^24 ranks.
  ///   - memory: gets the words, shape (nodes.count), at most 2^24.
  init(
    _ nodes: UnsafeBufferPointer<FlatNode>, laneCount: Int,
    into memory: UnsafeMutablePointer<UInt64>
  ) {
    for index in nodes.indices {
      let node = nodes[index]
      let column = UInt64(node.column) &* UInt64(truncatingIfNeeded: laneCount)
      let distance = node.isLeaf ? 0 : UInt64(node.offset)
      memory[index] = distance << 40 | column << 16 | UInt64(node.cut)
    }
    words = UnsafePointer(memory)
    levelCount = Int.bitWidth - nodes.count.leadingZeroBitCount
  }

  /// Walks a block of samples as many levels down as a balanced tree of this size has; no loop's end
  /// depends on a sample, so that the processor goes ahead from one eight to the next.
  ///
  /// - Parameters:
  ///   - ranks: column-major, shape (columnCount, laneCount).
  ///   - count: the number of samples; up to the next multiple of eight there must be ranks.
  ///   - places: gets the node that each sample has come to, mostly a leaf.
  func descend(
    _ ranks: UnsafePointer<UInt16>, count: Int, places: UnsafeMutablePointer<UInt32>
  ) {
    var first = 0
    while first < count {
      let own = ranks + first
      var (a, b, c, d) = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
      var (e, f, g, h) = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
      var level = 0
      while level < levelCount {
        step(&a, own)
        step(&b, own + 1)
        step(&c, own + 2)
        step(&d, own + 3)
        step(&e, own + 4)
        step(&f, own + 5)
        step(&g, own + 6)
        step(&h, own + 7)
        level &+= 1
      }
      let eight = SIMD8(a, b, c, d, e, f, g, h)
      UnsafeMutableRawPointer(places + first).storeBytes(
        of: SIMD8<UInt32>(truncatingIfNeeded: eight), as: SIMD8<UInt32>.self)
      first &+= 8
    }
  }

  /// Takes one walk a level down.
  @inline(__always)
  private func step(_ place: inout UInt64, _ ranks: UnsafePointer<UInt16>) {
    let word = words[Int(truncatingIfNeeded: place)]
    let rank = ranks[Int(truncatingIfNeeded: word >> 16 & 0xff_ffff)]
    let isAbove: UInt64 = UInt16(truncatingIfNeeded: word) < rank ? 1 : 0
    place = place &+ (word >> 40) &+ isAbove
  }
}
