/// A node's samples of one input, code by code in ascending order.
protocol CodeRuns {
  /// How many codes occur.
  var count: Int { get }
  /// The code of a run.
  func code(_ run: Int) -> Int
  /// Gives the samples of a run, by the node's labels.
  func forEach(_ run: Int, _ body: (_ label: Int, _ weight: UInt32) -> Void)
}

/// Runs that were counted.
struct HistogramRuns: CodeRuns {
  /// Samples by code and class, shape (codes, classCount).
  let histogram: UnsafePointer<UInt32>
  /// The codes that occur, ascending.
  let codes: UnsafeBufferPointer<UInt16>
  let classCount: Int

  var count: Int { codes.count }

  @inline(__always)
  func code(_ run: Int) -> Int { Int(codes[run]) }

  @inline(__always)
  func forEach(_ run: Int, _ body: (_ label: Int, _ weight: UInt32) -> Void) {
    let counts = histogram + Int(codes[run]) &* classCount
    for label in 0..<classCount { body(label, counts[label]) }
  }
}

/// Runs that were sorted: their memory and their time depend on the node's rows alone.
struct SortedRuns: CodeRuns {
  /// A row each: its code, the node's label and its samples, from the highest bits to the lowest.
  let entries: UnsafePointer<UInt64>
  /// Where each run begins, and where the last one ends, shape (count + 1).
  let starts: UnsafePointer<UInt32>
  let count: Int

  @inline(__always)
  func code(_ run: Int) -> Int { Int(entries[Int(starts[run])] >> 48) }

  @inline(__always)
  func forEach(_ run: Int, _ body: (_ label: Int, _ weight: UInt32) -> Void) {
    for place in Int(starts[run])..<Int(starts[run &+ 1]) {
      let entry = entries[place]
      body(Int(entry >> 32 & 0xffff), UInt32(truncatingIfNeeded: entry))
    }
  }
}

/// Sorts a node's samples by their codes of one input.
final class CodeSorter<Code: FixedWidthInteger & UnsignedInteger & Sendable> {
  private let table: TrainingTable<Code>
  private let entries: UnsafeMutablePointer<UInt64>
  private let scratch: UnsafeMutablePointer<UInt64>
  private let starts: UnsafeMutablePointer<UInt32>
  /// How often each value of the codes' low and high byte occurs.
  private let digits: UnsafeMutablePointer<UInt32>
  /// Up to so many rows are sorted by insertion.
  private static var fewRows: Int { 48 }

  init(_ table: TrainingTable<Code>) {
    self.table = table
    entries = .allocate(capacity: table.rowCount)
    scratch = .allocate(capacity: table.rowCount)
    starts = .allocate(capacity: table.rowCount + 1)
    digits = .allocate(capacity: 2 * 256)
  }

  deinit {
    entries.deallocate()
    scratch.deallocate()
    starts.deallocate()
    digits.deallocate()
  }

  /// The runs of an input, valid until the next call.
  ///
  /// - Complexity: O(rows), with a constant for each of the codes' bytes.
  func runs(of node: NodeSamples, input: Int) -> SortedRuns {
    let count = node.rows.count
    let sorted = count <= Self.fewRows ? insert(node, input) : radixSort(node, input)
    var found = 0
    var last = UInt64.max
    for place in 0..<count where sorted[place] >> 48 != last {
      last = sorted[place] >> 48
      starts[found] = UInt32(truncatingIfNeeded: place)
      found += 1
    }
    starts[found] = UInt32(count)
    return SortedRuns(entries: sorted, starts: starts, count: found)
  }

  @inline(__always)
  private func entry(_ code: Code, _ target: Target) -> UInt64 {
    UInt64(code) << 48 | UInt64(target.label) << 32 | UInt64(target.weight)
  }

  private func insert(_ node: NodeSamples, _ input: Int) -> UnsafePointer<UInt64> {
    let codes = table.codes.input(input)
    let stride = table.codes.rowStride
    for (end, row) in node.rows.enumerated() {
      let entry = entry(codes[Int(row) &* stride], node.targets[end])
      var place = end
      while place > 0, entries[place &- 1] > entry {
        entries[place] = entries[place &- 1]
        place &-= 1
      }
      entries[place] = entry
    }
    return UnsafePointer(entries)
  }

  /// Least significant byte first, as `[KeyedIndex].radixSort` does.
  private func radixSort(_ node: NodeSamples, _ input: Int) -> UnsafePointer<UInt64> {
    let codes = table.codes.input(input)
    let stride = table.codes.rowStride
    let count = node.rows.count
    digits.update(repeating: 0, count: 2 * 256)
    for (place, row) in node.rows.enumerated() {
      let code = codes[Int(row) &* stride]
      entries[place] = entry(code, node.targets[place])
      digits[Int(code) & 255] &+= 1
      digits[256 &+ Int(code) >> 8] &+= 1
    }
    var (source, target) = (entries, scratch)
    for (digit, shift) in [UInt64(48), 56].enumerated() {
      let starts = digits + 256 * digit
      if starts[Int(source[0] >> shift) & 255] == UInt32(count) { continue }
      var sum: UInt32 = 0
      for value in 0..<256 { (starts[value], sum) = (sum, sum &+ starts[value]) }
      for place in 0..<count {
        let value = Int(source[place] >> shift) & 255
        target[Int(starts[value])] = source[place]
        starts[value] &+= 1
      }
      swap(&source, &target)
    }
    return UnsafePointer(source)
  }
}
