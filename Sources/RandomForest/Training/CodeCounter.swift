/// A row's share in a tree: the samples of it that were drawn, and its class.
struct Target {
  var weight: UInt32
  var label: UInt32
}

/// Counts a node's samples by code and class, for several inputs in one pass over the rows.
final class CodeCounter<Code: FixedWidthInteger & UnsignedInteger & Sendable> {
  /// The counts of one input.
  struct Counts {
    /// Samples by class and code, shape (codes, classCount).
    let histogram: UnsafeMutablePointer<UInt32>
    /// The codes that occur, ascending.
    let codes: UnsafeBufferPointer<UInt16>
  }

  private let table: TrainingTable<Code>
  private let codeCounts: [Int]
  private let slotSize: Int
  private let histograms: UnsafeMutablePointer<UInt32>
  private let occurring: UnsafeMutablePointer<UInt16>
  private let occurringCapacity: Int
  // What follows are pointers and not arrays because every node reads and writes them, and each
  // access to a variable of a class is checked for exclusivity.
  private let occurringCounts: UnsafeMutablePointer<Int>
  /// The inputs of the current node, each in its slot, and how many they are.
  private let inputs: UnsafeMutablePointer<Int>
  private let inputCount: UnsafeMutablePointer<Int>
  private let slotOfInput: UnsafeMutablePointer<Int>

  init(_ table: TrainingTable<Code>) {
    self.table = table
    codeCounts = table.columns.inputs.map(\.codeCount)
    let largest = codeCounts.max() ?? 1
    slotSize = largest * table.classCount
    histograms = .allocate(capacity: codeCounts.count * slotSize)
    histograms.initialize(repeating: 0, count: codeCounts.count * slotSize)
    occurringCapacity = largest
    occurring = .allocate(capacity: codeCounts.count * largest)
    occurringCounts = .allocate(capacity: codeCounts.count)
    occurringCounts.initialize(repeating: 0, count: codeCounts.count)
    inputs = .allocate(capacity: codeCounts.count)
    inputs.initialize(repeating: 0, count: codeCounts.count)
    inputCount = .allocate(capacity: 1)
    inputCount.initialize(to: 0)
    slotOfInput = .allocate(capacity: codeCounts.count)
    slotOfInput.initialize(repeating: -1, count: codeCounts.count)
  }

  deinit {
    histograms.deallocate()
    occurring.deallocate()
    occurringCounts.deallocate()
    inputs.deallocate()
    inputCount.deallocate()
    slotOfInput.deallocate()
  }

  /// Adds an input to those that are counted next.
  func include(_ input: Int) {
    guard slotOfInput[input] < 0 else { return }
    slotOfInput[input] = inputCount.pointee
    inputs[inputCount.pointee] = input
    inputCount.pointee += 1
  }

  /// Counts the included inputs.
  func count(_ rows: UnsafeBufferPointer<UInt32>, _ targets: UnsafePointer<Target>) {
    // Blocks of rows, so that a row's codes stay in the cache from one input to the next.
    let blockSize = 256
    let classCount = table.classCount
    let width = table.codes.width
    var start = 0
    while start < rows.count {
      let end = min(start + blockSize, rows.count)
      for slot in 0..<inputCount.pointee {
        let input = inputs[slot]
        let histogram = histograms + slot * slotSize
        let codes = table.codes.elements + input
        for index in start..<end {
          let row = Int(rows[index])
          let target = targets[row]
          histogram[Int(codes[row &* width]) &* classCount &+ Int(target.label)] &+= target.weight
        }
      }
      start = end
    }
    for slot in 0..<inputCount.pointee {
      let input = inputs[slot]
      // A node of few rows has few codes: sorting them is less work than looking at all there are.
      occurringCounts[slot] =
        rows.count * 8 < codeCounts[input]
        ? sortCodes(of: rows, slot, input) : findCodes(slot, input)
    }
  }

  /// The counts of an included input.
  func counts(ofInput input: Int) -> Counts {
    let slot = slotOfInput[input]
    return Counts(
      histogram: histograms + slot * slotSize,
      codes: UnsafeBufferPointer(
        start: occurring + slot * occurringCapacity, count: occurringCounts[slot]))
  }

  /// Makes ready for the next node.
  func clear() {
    for slot in 0..<inputCount.pointee {
      let input = inputs[slot]
      slotOfInput[input] = -1
      let histogram = histograms + slot * slotSize
      let codes = occurring + slot * occurringCapacity
      if occurringCounts[slot] * 4 > codeCounts[input] {
        histogram.update(repeating: 0, count: codeCounts[input] * table.classCount)
        continue
      }
      for label in 0..<table.classCount {
        for place in 0..<occurringCounts[slot] {
          histogram[Int(codes[place]) &* table.classCount &+ label] = 0
        }
      }
    }
    inputCount.pointee = 0
  }

  private func findCodes(_ slot: Int, _ input: Int) -> Int {
    let classCount = table.classCount
    let codes = occurring + slot * occurringCapacity
    var counts = histograms + slot * slotSize
    var found = 0
    for code in 0..<codeCounts[input] {
      var any: UInt32 = 0
      for label in 0..<classCount { any |= counts[label] }
      codes[found] = UInt16(truncatingIfNeeded: code)
      found += any == 0 ? 0 : 1
      counts += classCount
    }
    return found
  }

  private func sortCodes(of rows: UnsafeBufferPointer<UInt32>, _ slot: Int, _ input: Int) -> Int {
    let sorted = occurring + slot * occurringCapacity
    let codes = table.codes.elements + input
    let width = table.codes.width
    if rows.count > 32 {
      for (place, row) in rows.enumerated() { sorted[place] = UInt16(codes[Int(row) * width]) }
      var slice = UnsafeMutableBufferPointer(start: sorted, count: rows.count)
      slice.sort()
      var found = 1
      for place in 1..<rows.count where sorted[place] != sorted[found - 1] {
        sorted[found] = sorted[place]
        found += 1
      }
      return found
    }
    var found = 0
    for row in rows {
      let code = UInt16(codes[Int(row) &* width])
      var place = found
      while place > 0, sorted[place - 1] > code { place -= 1 }
      if place > 0, sorted[place - 1] == code { continue }
      var last = found
      while last > place {
        sorted[last] = sorted[last - 1]
        last -= 1
      }
      sorted[place] = code
      found += 1
    }
    return found
  }
}
