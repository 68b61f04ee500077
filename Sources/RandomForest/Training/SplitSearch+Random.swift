/// Random thresholds: a few passes over a node's codes, however many codes there are.
extension SplitSearch {
  /// Tries the threshold that was drawn, moved down to the next value that occurs. Where a number may be
  /// missing, as `tryNumber` does.
  ///
  /// - Returns: whether the column varies in the node.
  func tryRandomBoundary(
    of gathered: CodeBlock<Code>.Column, _ column: TrainingColumns.Column, _ node: NodeSamples,
    _ best: inout Split
  ) -> Bool {
    guard gathered.varies else { return false }
    // A missing value has no place between numbers: it may only be cut off as a whole.
    let parts = gathered.partsMissing
    let codes = UnsafePointer(gathered.codes)
    if parts {
      missing.update(repeating: 0, count: node.classCount)
      for place in node.rows.indices where codes[place] == gathered.greatest {
        missing[Int(node.targets[place].label)] &+= node.targets[place].weight
      }
    }
    let before = best.score
    if gathered.hasThreshold {
      let boundary = gathered.boundary
      countLeft(through: boundary, codes, node)
      consider(column.index, node, &best) { neighbours(of: boundary, codes, node) }
      if parts {
        for label in 0..<node.classCount { left[label] &+= missing[label] }
        consider(column.index + 1, node, &best) { neighbours(of: boundary, codes, node) }
      }
    }
    if parts {
      for label in 0..<node.classCount { left[label] = node.counts[label] &- missing[label] }
      consider(column.index, node, &best) { (Int(gathered.greatestNumber), Int(gathered.greatest)) }
    } else if column.kind == .first, best.score > before, 2 * best.leftCount > node.sampleCount {
      best.column = column.index + 1
    }
    return true
  }

  private func countLeft(
    through boundary: Code, _ codes: UnsafePointer<Code>, _ node: NodeSamples
  ) {
    if node.classCount == 2 {
      // Both sums stay in registers.
      var (all, second) = (UInt32(0), UInt32(0))
      for place in node.rows.indices {
        let target = node.targets[place]
        let weight = codes[place] <= boundary ? target.weight : 0
        all &+= weight
        second &+= weight &* target.label
      }
      left[0] = all &- second
      left[1] = second
      return
    }
    left.update(repeating: 0, count: node.classCount)
    for place in node.rows.indices {
      let target = node.targets[place]
      left[Int(target.label)] &+= codes[place] <= boundary ? target.weight : 0
    }
  }

  /// The codes of the node on both sides of a boundary.
  private func neighbours(
    of boundary: Code, _ codes: UnsafePointer<Code>, _ node: NodeSamples
  ) -> (low: Int, high: Int) {
    var (low, high) = (Code.min, Code.max)
    for place in node.rows.indices {
      let code = codes[place]
      low = max(low, code <= boundary ? code : .min)
      high = min(high, code > boundary ? code : .max)
    }
    return (Int(low), Int(high))
  }
}
