/// Counts a node's samples by code and class, for several inputs in one pass over the rows.
final class CodeHistograms<Code: FixedWidthInteger & UnsignedInteger & Sendable> {
  private let table: TrainingTable<Code>
  private let codeCounts: [Int]
  /// The histograms of the current node, one after the other, and what follows them all 0.
  private let counters: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  private let occurring: UnsafeMutablePointer<UInt16>
  // What follows are pointers and not arrays because every node reads and writes them, and each
  // access to a variable of a class is checked for exclusivity.
  /// The inputs of the current node.
  private let inputs: UnsafeMutablePointer<Int>
  private let places: UnsafeMutablePointer<Place>
  private let state: UnsafeMutablePointer<State>

  /// Where an input's histogram is, and the codes that occur.
  private struct Place {
    var start = absent
    var firstCode = 0
    var codeCount = 0

    static var absent: Int { -1 }
  }

  private struct State {
    var inputCount = 0
    /// How many of the inputs were counted.
    var counted = 0
    var counterEnd = 0
    var codeEnd = 0
  }

  init(_ table: TrainingTable<Code>) {
    self.table = table
    codeCounts = table.columns.inputs.map(\.codeCount)
    capacity = max(4 * table.rowCount, 1 << 16)
    counters = .allocate(capacity: capacity)
    counters.initialize(repeating: 0, count: capacity)
    occurring = .allocate(capacity: capacity)
    inputs = .allocate(capacity: codeCounts.count)
    inputs.initialize(repeating: 0, count: codeCounts.count)
    places = .allocate(capacity: codeCounts.count)
    places.initialize(repeating: Place(), count: codeCounts.count)
    state = .allocate(capacity: 1)
    state.initialize(to: State())
  }

  deinit {
    counters.deallocate()
    occurring.deallocate()
    inputs.deallocate()
    places.deallocate()
    state.deallocate()
  }

  /// Whether an input's histogram would not be empty for its most part: it is looked at as a whole.
  func isFull(_ input: Int, of node: NodeSamples) -> Bool {
    codeCounts[input] * node.classCount <= 4 * node.rows.count
  }

  /// Whether an input is among those that are or will be counted.
  @inline(__always)
  func includes(_ input: Int) -> Bool { places[input].start != Place.absent }

  /// Adds an input to those that are counted next.
  ///
  /// - Returns: false where there is no room beside those that the node has already.
  func include(_ input: Int, of node: NodeSamples) -> Bool {
    let size = codeCounts[input] * node.classCount
    guard state.pointee.counterEnd + size <= capacity else { return false }
    places[input].start = state.pointee.counterEnd
    places[input].firstCode = state.pointee.codeEnd
    inputs[state.pointee.inputCount] = input
    state.pointee.counterEnd += size
    state.pointee.codeEnd += codeCounts[input]
    state.pointee.inputCount += 1
    return true
  }

  /// Counts the inputs that were included since the last time.
  func count(_ node: NodeSamples) {
    // Blocks of rows, so that a row's codes stay in the cache from one input to the next.
    let blockSize = 256
    let classCount = node.classCount
    let stride = table.codes.rowStride
    let new = state.pointee.counted..<state.pointee.inputCount
    var start = 0
    while start < node.rows.count, !new.isEmpty {
      let end = min(start + blockSize, node.rows.count)
      for index in new {
        let input = inputs[index]
        let histogram = counters + places[input].start
        let codes = table.codes.input(input)
        for place in start..<end {
          let target = node.targets[place]
          let code = Int(codes[Int(node.rows[place]) &* stride])
          histogram[code &* classCount &+ Int(target.label)] &+= target.weight
        }
      }
      start = end
    }
    for index in new where table.columns.inputs[inputs[index]].bins != nil {
      findCodes(inputs[index], classCount)
    }
    state.pointee.counted = new.upperBound
  }

  /// The histogram of an input that was counted, shape (codes, classCount).
  func histogram(ofInput input: Int) -> UnsafePointer<UInt32> {
    UnsafePointer(counters + places[input].start)
  }

  /// The runs of a number that was counted.
  func runs(ofInput input: Int, of node: NodeSamples) -> HistogramRuns {
    HistogramRuns(
      histogram: histogram(ofInput: input),
      codes: UnsafeBufferPointer(
        start: occurring + places[input].firstCode, count: places[input].codeCount),
      classCount: node.classCount)
  }

  /// Makes ready for the next node, or for other inputs of the same.
  func clear(_ node: NodeSamples) {
    for index in 0..<state.pointee.inputCount {
      let input = inputs[index]
      let histogram = counters + places[input].start
      let size = codeCounts[input] * node.classCount
      places[input].start = Place.absent
      guard size > 8 * node.rows.count else {
        histogram.update(repeating: 0, count: size)
        continue
      }
      let codes = table.codes.input(input)
      for (place, row) in node.rows.enumerated() {
        let code = Int(codes[Int(row) &* table.codes.rowStride])
        histogram[code &* node.classCount &+ Int(node.targets[place].label)] = 0
      }
    }
    state.pointee = State()
  }

  private func findCodes(_ input: Int, _ classCount: Int) {
    let codes = occurring + places[input].firstCode
    var counts = counters + places[input].start
    var found = 0
    for code in 0..<codeCounts[input] {
      var any: UInt32 = 0
      for label in 0..<classCount { any |= counts[label] }
      codes[found] = UInt16(truncatingIfNeeded: code)
      found += any == 0 ? 0 : 1
      counts += classCount
    }
    places[input].codeCount = found
  }
}
