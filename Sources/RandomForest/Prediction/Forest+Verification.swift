extension Forest {
  /// Checks every byte: the sections' checksums, the padding between them, that cuts ascend, that each
  /// tree's nodes form one tree whose covers add up, and that distributions are probabilities.
  ///
  /// A checksum can be forged; a file that passes all of this is sound whoever wrote it, and is from
  /// then on walked without checking each step, which is faster.
  ///
  /// - Throws: `ForestFileError` naming the first byte that is wrong.
  /// - Complexity: O(byteCount).
  public func verify() throws(ForestFileError) {
    try verifySections()
    try verifyCuts()
    try verifyTrees()
    try verifyDistributions()
    trust()
  }

  private func verifySections() throws(ForestFileError) {
    var end = ForestFormat.headerSize + layout.entries.count * ForestFormat.sectionEntrySize
    for entry in layout.entries {
      try verifyPadding(end..<entry.range.lowerBound)
      end = entry.range.upperBound
      let hash = XXH64.hash(UnsafeRawBufferPointer(rebasing: bytes.buffer[entry.range]))
      guard hash == entry.checksum else {
        throw ForestFileError(
          .checksum, at: entry.range.lowerBound,
          "section \(entry.kind) does not match its checksum")
      }
    }
    try verifyPadding(end..<byteCount)
  }

  private func verifyPadding(_ range: Range<Int>) throws(ForestFileError) {
    if let place = bytes.buffer[range].firstIndex(where: { $0 != 0 }) {
      throw ForestFileError(.invalid, at: place, "bytes stand outside the sections")
    }
  }

  private func verifyCuts() throws(ForestFileError) {
    for column in 0..<layout.columnCount {
      let cuts = cuts.cuts(of: column)
      let ascend = zip(cuts, cuts.dropFirst()).allSatisfy(<)
      guard ascend, !cuts.contains(where: { $0.isNaN || ($0 == 0 && $0.sign == .minus) }) else {
        throw ForestFileError(
          .invalid,
          at: layout.sections[.cuts]!.range.lowerBound + 8 * Int(self.cuts.starts[column]),
          "the cuts of column \(column) do not ascend")
      }
    }
  }

  private func verifyTrees() throws(ForestFileError) {
    let roots = values(.roots, of: UInt64.self)
    guard roots[0] == 0, roots[layout.treeCount] == UInt64(layout.nodeCount) else {
      throw ForestFileError(
        .invalid, at: layout.sections[.roots]!.range.lowerBound,
        "the trees do not cover the nodes")
    }
    let covers = values(.covers, of: Double.self)
    for tree in 0..<layout.treeCount {
      let nodes = try checkedNodes(ofTree: tree)
      guard !covers.isEmpty else { continue }
      let first = Int(roots[tree])
      for (index, node) in nodes.enumerated() {
        let cover = covers[first + index]
        var isRight = cover > 0 && cover.isFinite
        if !node.isLeaf {
          let left = first + index + Int(node.offset)
          let difference = covers[left] + covers[left + 1] - cover
          isRight = isRight && difference.magnitude <= cover * 1e-9
        }
        guard isRight else {
          throw ForestFileError(
            .invalid, at: layout.sections[.covers]!.range.lowerBound + 8 * (first + index),
            "the cover of node \(index) of tree \(tree) does not add up")
        }
      }
    }
  }

  /// The nodes of a tree, checked to form one: each but the root is the child of exactly one before
  /// it, and nothing points beyond what there is.
  ///
  /// - Parameters:
  ///   - maximumDepth: the most tests between root and leaf.
  ///   - leaf: called with the depth of each leaf.
  /// - Throws: `ForestFileError` when the tree is damaged or deeper.
  func checkedNodes(
    ofTree tree: Int, maximumDepth: Int = .max, leaf: (_ depth: Int) -> Void = { _ in }
  ) throws(ForestFileError) -> UnsafeBufferPointer<FlatNode> {
    let nodes = try nodes(ofTree: tree)
    let cuts = cuts
    // -1 until the node is somebody's child.
    var depths = [Int](repeating: -1, count: nodes.count)
    depths[0] = 0
    for (index, node) in nodes.enumerated() {
      guard depths[index] >= 0 else { throw damaged(tree, index) }
      guard !node.isLeaf else {
        guard Int(node.offset) < layout.distributionCount, node.column == 0 else {
          throw damaged(tree, index)
        }
        leaf(depths[index])
        continue
      }
      let left = index + Int(node.offset)
      guard left > index, left + 1 < nodes.count, Int(node.column) < layout.columnCount,
        Int(node.cut) < cuts.cuts(of: Int(node.column)).count, depths[left] < 0,
        depths[left + 1] < 0
      else { throw damaged(tree, index) }
      guard depths[index] < maximumDepth else {
        throw ForestFileError(.unsupported, "tree \(tree) is deeper than \(maximumDepth)")
      }
      depths[left] = depths[index] + 1
      depths[left + 1] = depths[index] + 1
    }
    return nodes
  }

  private func verifyDistributions() throws(ForestFileError) {
    let shares = values(.distributions, of: Double.self)
    for start in stride(from: 0, to: shares.count, by: layout.classCount) {
      let distribution = shares[start..<start + layout.classCount]
      guard distribution.allSatisfy({ 0...1 ~= $0 }),
        abs(distribution.reduce(0, +) - 1) < 1e-9
      else {
        throw ForestFileError(
          .invalid, at: layout.sections[.distributions]!.range.lowerBound + 8 * start,
          "a class distribution does not add up to 1")
      }
    }
  }
}
