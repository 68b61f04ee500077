/// Random thresholds: two passes over a node's rows, whatever the number of codes.
extension SplitSearch {
  /// Tries a threshold drawn between the node's least and greatest number, moved down to the next value
  /// that occurs. Where a number may be missing, as `tryNumber` does.
  ///
  /// - Returns: whether the column varies in the node.
  func tryRandomBoundary(
    _ column: Int, _ bins: NumericBins, isPair: Bool, _ node: NodeSamples, _ best: inout Split,
    _ generator: inout SeededGenerator
  ) -> Bool {
    let (least, greatest) = gatherCodes(table.columns.inputOfColumn[column], node)
    guard least < greatest else { return false }
    // A missing value has no place between numbers: it may only be cut off as a whole.
    let last = bins.codeCount - 1
    let hasMissing = Int(greatest) == last && bins.greatest[last].isNaN
    let greatestNumber = hasMissing ? greatestCode(below: greatest, node) : greatest
    let parts = isPair && hasMissing
    if parts {
      missing.update(repeating: 0, count: node.classCount)
      for place in node.rows.indices where nodeCodes[place] == greatest {
        missing[Int(node.targets[place].label)] &+= node.targets[place].weight
      }
    }
    let before = best.score
    // Of nothing but one number and missing ones, these are parted below.
    if !parts || least < greatestNumber {
      let drawn =
        bins.least[Int(least)]
        + generator.uniform() * (bins.greatest[Int(greatestNumber)] - bins.least[Int(least)])
      let boundary = boundary(
        at: drawn, bins, in: least..<(parts ? greatestNumber : greatest), node)
      countLeft(through: boundary, node)
      consider(column, node, &best) { neighbours(of: boundary, node) }
      if parts {
        for label in 0..<node.classCount { left[label] &+= missing[label] }
        consider(column + 1, node, &best) { neighbours(of: boundary, node) }
      }
    }
    if parts {
      for label in 0..<node.classCount { left[label] = node.counts[label] &- missing[label] }
      consider(column, node, &best) { (Int(greatestNumber), Int(greatest)) }
    } else if isPair, best.score > before, 2 * best.leftCount > node.sampleCount {
      best.column = column + 1
    }
    return true
  }

  /// Puts the node's codes of an input side by side.
  private func gatherCodes(_ input: Int, _ node: NodeSamples) -> (least: Code, greatest: Code) {
    let codes = table.codes.input(input)
    let stride = table.codes.rowStride
    var (least, greatest) = (Code.max, Code.min)
    for (place, row) in node.rows.enumerated() {
      let code = codes[Int(row) &* stride]
      nodeCodes[place] = code
      least = min(least, code)
      greatest = max(greatest, code)
    }
    return (least, greatest)
  }

  private func greatestCode(below limit: Code, _ node: NodeSamples) -> Code {
    var greatest = Code.min
    for place in node.rows.indices where nodeCodes[place] < limit {
      greatest = max(greatest, nodeCodes[place])
    }
    return greatest
  }

  /// The last code, of those in the range, whose numbers all lie at or below the one drawn; a code
  /// between the node's own may stand for the one before it.
  private func boundary(
    at drawn: Double, _ bins: NumericBins, in range: Range<Code>, _ node: NodeSamples
  ) -> Code {
    let last = range.upperBound - 1
    guard node.rows.count > 16 else {
      // Few rows are looked up faster than one number is searched for.
      var boundary = range.lowerBound
      for place in node.rows.indices {
        let code = min(nodeCodes[place], last)
        if bins.greatest[Int(code)] <= drawn { boundary = max(boundary, code) }
      }
      return boundary
    }
    // Between infinities no number can be drawn.
    guard !drawn.isNaN else { return range.lowerBound }
    let code = bins.greatest.countBelow(drawn.nextUp) - 1
    return Code(min(max(code, Int(range.lowerBound)), Int(last)))
  }

  private func countLeft(through boundary: Code, _ node: NodeSamples) {
    if node.classCount == 2 {
      // Both sums stay in registers.
      var (all, second) = (UInt32(0), UInt32(0))
      for place in node.rows.indices {
        let target = node.targets[place]
        let weight = nodeCodes[place] <= boundary ? target.weight : 0
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
      left[Int(target.label)] &+= nodeCodes[place] <= boundary ? target.weight : 0
    }
  }

  /// The codes of the node on both sides of a boundary.
  private func neighbours(of boundary: Code, _ node: NodeSamples) -> (low: Int, high: Int) {
    var (low, high) = (Code.min, Code.max)
    for place in node.rows.indices {
      let code = nodeCodes[place]
      low = max(low, code <= boundary ? code : .min)
      high = min(high, code > boundary ? code : .max)
    }
    return (Int(low), Int(high))
  }
}
