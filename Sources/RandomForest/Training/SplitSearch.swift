/// A way to divide the samples of a node in two.
struct Split {
  var column = 0
  /// Codes at or below `low` go left; `high` is the next code that occurs in the node. For a one-hot
  /// column the samples that have its code go right, and both are 0. In the second column of a pair
  /// missing values go left.
  var low = 0
  var high = 0
  /// What `Impurity` scores the two sides; higher is purer.
  var score = -Double.infinity
}

/// Finds the best split of a node among randomly drawn columns.
final class SplitSearch<Code: FixedWidthInteger & UnsignedInteger & Sendable> {
  private let columns: TrainingColumns
  private let strategy: SplitStrategy
  private let minimumSamplesPerLeaf: Int
  private let impurity: Impurity
  private let columnsToTry: Int
  /// The columns, of a pair the first; each search draws from it by moving the drawn ones to its front.
  private let drawOrder: UnsafeMutablePointer<Int>
  private let counter: CodeCounter<Code>
  private let classCount: Int
  /// The samples left of the boundary being tried, by class.
  private let left: UnsafeMutablePointer<UInt32>
  /// The samples left of the split that was found, by class.
  let bestLeft: UnsafeMutablePointer<UInt32>

  init(_ table: TrainingTable<Code>, _ parameters: ForestParameters, _ impurity: Impurity) {
    columns = table.columns
    strategy = parameters.strategy
    minimumSamplesPerLeaf = parameters.minimumSamplesPerLeaf
    self.impurity = impurity
    let drawnCount = columns.drawn.count
    columnsToTry = min(parameters.maximumFeatures.count(of: drawnCount), drawnCount)
    drawOrder = .allocate(capacity: drawnCount)
    drawOrder.initialize(repeating: 0, count: drawnCount)
    counter = CodeCounter(table)
    classCount = table.classCount
    left = .allocate(capacity: classCount)
    bestLeft = .allocate(capacity: classCount)
    left.initialize(repeating: 0, count: classCount)
    bestLeft.initialize(repeating: 0, count: classCount)
  }

  deinit {
    drawOrder.deallocate()
    left.deallocate()
    bestLeft.deallocate()
  }

  /// Forgets what earlier trees have drawn, so that a tree does not depend on them.
  func beginTree() {
    for (place, column) in columns.drawn.enumerated() { drawOrder[place] = column }
  }

  /// The split that removes the most impurity, nil when the node cannot be split; `bestLeft` then
  /// holds the classes of its left side.
  ///
  /// Columns are drawn without replacement until enough were tried; the draw goes on while all of
  /// them were constant in the node. Of equal splits the first found wins.
  ///
  /// - Parameters:
  ///   - rows: the node's rows.
  ///   - targets: one a row of the table.
  ///   - counts: the node's samples by class.
  func bestSplit(
    of rows: UnsafeBufferPointer<UInt32>, _ targets: UnsafePointer<Target>,
    counts: UnsafePointer<UInt32>, _ generator: inout SeededGenerator
  ) -> Split? {
    var best = Split()
    var varies = false
    var tried = 0
    let drawnCount = columns.drawn.count
    while tried < drawnCount, tried < columnsToTry || !varies {
      // The columns of a round are drawn first, so that one pass over the rows serves all.
      let round = tried..<(tried < columnsToTry ? columnsToTry : tried + 1)
      for place in round {
        let other = place + generator.below(drawnCount - place)
        (drawOrder[place], drawOrder[other]) = (drawOrder[other], drawOrder[place])
        counter.include(columns.inputOfColumn[drawOrder[place]])
      }
      counter.count(rows, targets)
      for place in round {
        let column = drawOrder[place]
        let input = columns.inputOfColumn[column]
        let found = counter.counts(ofInput: input)
        if found.codes.count < 2 { continue }
        let hot = columns.hotCodeOfColumn[column]
        if hot >= 0 {
          if tryHotCode(hot, of: found, column, counts, &best) { varies = true }
          continue
        }
        varies = true
        if columns.isPair[column], case .pair(let bins) = columns.inputs[input] {
          tryPair(of: found, bins, column, counts, &best, &generator)
        } else if strategy == .random, case .numeric(let bins) = columns.inputs[input] {
          tryRandomBoundary(of: found, bins, column, counts, &best, &generator)
        } else {
          tryEveryBoundary(of: found, column, counts, &best)
        }
      }
      counter.clear()
      tried = round.upperBound
    }
    return best.score > -.infinity ? best : nil
  }

  /// - Returns: whether the column varies in the node: its input may do so among other codes alone.
  private func tryHotCode(
    _ hotCode: Int, of found: CodeCounter<Code>.Counts, _ column: Int,
    _ counts: UnsafePointer<UInt32>, _ best: inout Split
  ) -> Bool {
    let right = found.histogram + hotCode * classCount
    var any: UInt32 = 0
    for label in 0..<classCount {
      any |= right[label]
      left[label] = counts[label] - right[label]
    }
    guard any > 0 else { return false }
    consider(low: 0, high: 0, column, counts, &best)
    return true
  }

  /// Scores the sides that `left` and the rest of `counts` make.
  private func consider(
    low: Int, high: Int, _ column: Int, _ counts: UnsafePointer<UInt32>, _ best: inout Split
  ) {
    var leftTotal = 0
    var rightTotal = 0
    for label in 0..<classCount {
      leftTotal += Int(left[label])
      rightTotal += Int(counts[label] - left[label])
    }
    guard leftTotal >= minimumSamplesPerLeaf, rightTotal >= minimumSamplesPerLeaf else { return }
    let score = impurity.score(left: left, of: counts)
    guard score > best.score else { return }
    best = Split(column: column, low: low, high: high, score: score)
    bestLeft.update(from: left, count: classCount)
  }

  /// - Parameter already: the samples by class that go left at every boundary, nil for none.
  private func tryEveryBoundary(
    of found: CodeCounter<Code>.Counts, _ column: Int, _ counts: UnsafePointer<UInt32>,
    _ best: inout Split, already: UnsafePointer<UInt32>? = nil
  ) {
    if impurity.isPlainGini {
      tryBoundariesByGini(of: found, column, counts, &best, already)
    } else {
      tryBoundaries(of: found, column, counts, &best, already)
    }
  }

  private func tryBoundaries(
    of found: CodeCounter<Code>.Counts, _ column: Int, _ counts: UnsafePointer<UInt32>,
    _ best: inout Split, _ already: UnsafePointer<UInt32>?
  ) {
    for label in 0..<classCount { left[label] = already?[label] ?? 0 }
    for place in 1..<found.codes.count {
      let code = Int(found.codes[place - 1])
      for label in 0..<classCount { left[label] += found.histogram[code * classCount + label] }
      consider(low: code, high: Int(found.codes[place]), column, counts, &best)
    }
  }

  /// `tryBoundaries` in whole numbers, with the sums of squares kept from boundary to boundary.
  private func tryBoundariesByGini(
    of found: CodeCounter<Code>.Counts, _ column: Int, _ counts: UnsafePointer<UInt32>,
    _ best: inout Split, _ already: UnsafePointer<UInt32>?
  ) {
    var leftTotal = 0
    var leftSquares = 0
    var rightTotal = 0
    var rightSquares = 0
    for label in 0..<classCount {
      let before = already?[label] ?? 0
      left[label] = before
      leftTotal &+= Int(before)
      leftSquares &+= Int(before) &* Int(before)
      let count = Int(counts[label] &- before)
      rightTotal &+= count
      rightSquares &+= count &* count
    }
    var code = Int(found.codes[0])
    for place in 1..<found.codes.count {
      let histogram = found.histogram + code &* classCount
      for label in 0..<classCount {
        let moved = Int(histogram[label])
        let before = Int(left[label])
        let after = Int(counts[label]) &- before
        leftTotal &+= moved
        rightTotal &-= moved
        leftSquares &+= moved &* (2 &* before &+ moved)
        rightSquares &-= moved &* (2 &* after &- moved)
        left[label] = UInt32(truncatingIfNeeded: before &+ moved)
      }
      let next = Int(found.codes[place])
      let score =
        Double(leftSquares) / Double(leftTotal) + Double(rightSquares) / Double(rightTotal)
      if score > best.score, leftTotal >= minimumSamplesPerLeaf,
        rightTotal >= minimumSamplesPerLeaf
      {
        best = Split(column: column, low: code, high: next, score: score)
        bestLeft.update(from: left, count: classCount)
      }
      code = next
    }
  }

  /// A threshold drawn between the node's least and greatest number, moved down to the next value
  /// that occurs; `left` then holds its left side.
  ///
  /// - Returns: the codes on both sides of it.
  @discardableResult
  private func tryRandomBoundary(
    of found: CodeCounter<Code>.Counts, _ bins: NumericBins, _ column: Int,
    _ counts: UnsafePointer<UInt32>, _ best: inout Split, _ generator: inout SeededGenerator
  ) -> (low: Int, high: Int) {
    // A missing value has no place between numbers: it may only be cut off as a whole.
    let codes = found.codes
    let numbers = codes.count - (bins.ranges[Int(codes.last!)].greatest.isNaN ? 1 : 0)
    let least = bins.ranges[Int(codes[0])].least
    let greatest = bins.ranges[Int(codes[numbers - 1])].greatest
    let drawn = least + generator.uniform() * (greatest - least)
    for label in 0..<classCount { left[label] = 0 }
    var place = 0
    repeat {
      let histogram = found.histogram + Int(codes[place]) * classCount
      for label in 0..<classCount { left[label] += histogram[label] }
      place += 1
    } while place < codes.count - 1 && bins.ranges[Int(codes[place])].greatest <= drawn
    let (low, high) = (Int(codes[place - 1]), Int(codes[place]))
    consider(low: low, high: high, column, counts, &best)
    return (low, high)
  }

  /// Tries a number that may be missing: the missing to the right, to the left, and parted from all
  /// others. Where none is missing in the node, they go with the more of its samples, as
  /// scikit-learn's do.
  private func tryPair(
    of found: CodeCounter<Code>.Counts, _ bins: NumericBins, _ column: Int,
    _ counts: UnsafePointer<UInt32>, _ best: inout Split, _ generator: inout SeededGenerator
  ) {
    guard let missingCode = bins.missingCode, Int(found.codes.last!) == missingCode else {
      let before = best.score
      if strategy == .random {
        tryRandomBoundary(of: found, bins, column, counts, &best, &generator)
      } else {
        tryEveryBoundary(of: found, column, counts, &best)
      }
      if best.score > before, hasMoreLeft(counts) { best.column = column + 1 }
      return
    }
    let missing = UnsafePointer(found.histogram + missingCode * classCount)
    let numbers = CodeCounter<Code>.Counts(
      histogram: found.histogram, codes: UnsafeBufferPointer(rebasing: found.codes.dropLast()))
    guard strategy == .random else {
      tryEveryBoundary(of: found, column, counts, &best)
      tryEveryBoundary(of: numbers, column + 1, counts, &best, already: missing)
      return
    }
    if numbers.codes.count > 1 {
      let (low, high) = tryRandomBoundary(of: numbers, bins, column, counts, &best, &generator)
      for label in 0..<classCount { left[label] += missing[label] }
      consider(low: low, high: high, column + 1, counts, &best)
    }
    for label in 0..<classCount { left[label] = counts[label] - missing[label] }
    consider(low: Int(numbers.codes.last!), high: missingCode, column, counts, &best)
  }

  /// Whether most of the node's samples lie left of the split that was found.
  private func hasMoreLeft(_ counts: UnsafePointer<UInt32>) -> Bool {
    var difference = 0
    for label in 0..<classCount {
      difference += 2 * Int(bestLeft[label]) - Int(counts[label])
    }
    return difference > 0
  }
}
