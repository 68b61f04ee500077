/// Lists the rows of a node that have each code of an input, for levels so many that counting them all
/// would mostly count none: the memory and the time depend on the node's rows, not on levels and classes.
final class CodeLists<Code: FixedWidthInteger & UnsignedInteger & Sendable> {
  private let table: TrainingTable<Code>
  /// For each code of each input of levels the last of its rows, by place in the node and counted from 1;
  /// 0 where there is none, as everywhere between two nodes.
  private let ends: UnsafeMutablePointer<UInt32>
  /// For each input where its codes' begin.
  private let endsOfInput: UnsafeMutablePointer<Int>
  /// For each row of the node the one before it of the same code, 0 where it is the first.
  private let previous: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  // Pointers and not arrays, as in `CodeHistograms`.
  /// For each input where its rows' begin, `absent` where they are not listed.
  private let starts: UnsafeMutablePointer<Int>
  /// The inputs that are listed.
  private let inputs: UnsafeMutablePointer<Int>
  private let listed: UnsafeMutablePointer<Int>

  private static var absent: Int { -1 }

  init(_ table: TrainingTable<Code>) {
    self.table = table
    var endCount = 0
    let inputCount = table.columns.inputs.count
    endsOfInput = .allocate(capacity: inputCount)
    for (index, input) in table.columns.inputs.enumerated() {
      (endsOfInput + index).initialize(to: endCount)
      if case .oneHot = input { endCount += input.codeCount }
    }
    ends = .allocate(capacity: endCount)
    ends.initialize(repeating: 0, count: endCount)
    capacity = endCount > 0 ? max(table.rowCount, 8192) : 0
    previous = .allocate(capacity: capacity)
    starts = .allocate(capacity: inputCount)
    starts.initialize(repeating: Self.absent, count: inputCount)
    inputs = .allocate(capacity: inputCount)
    listed = .allocate(capacity: 1)
    listed.initialize(to: 0)
  }

  deinit {
    ends.deallocate()
    endsOfInput.deallocate()
    previous.deallocate()
    starts.deallocate()
    inputs.deallocate()
    listed.deallocate()
  }

  /// Whether the rows are listed by an input.
  @inline(__always)
  func includes(_ input: Int) -> Bool { starts[input] != Self.absent }

  /// Lists the rows by an input.
  ///
  /// - Returns: false where there is no room beside those that the node has already.
  func include(_ input: Int, of node: NodeSamples) -> Bool {
    let start = listed.pointee * node.rows.count
    guard start + node.rows.count <= capacity else { return false }
    starts[input] = start
    inputs[listed.pointee] = input
    listed.pointee += 1
    let codes = table.codes.input(input)
    let ends = ends + endsOfInput[input]
    for (place, row) in node.rows.enumerated() {
      let code = Int(codes[Int(row) &* table.codes.rowStride])
      previous[start &+ place] = ends[code]
      ends[code] = UInt32(truncatingIfNeeded: place &+ 1)
    }
    return true
  }

  /// Whether no row has a code.
  @inline(__always)
  func lacks(_ code: Int, ofInput input: Int) -> Bool { ends[endsOfInput[input] &+ code] == 0 }

  /// Gives the places in the node of the rows that have a code, from the last on.
  @inline(__always)
  func forEach(of code: Int, ofInput input: Int, _ body: (_ place: Int) -> Void) {
    let previous = previous + starts[input]
    var place = Int(ends[endsOfInput[input] &+ code])
    while place > 0 {
      body(place &- 1)
      place = Int(previous[place &- 1])
    }
  }

  /// Makes ready for the next node, or for other inputs of the same.
  func clear(_ node: NodeSamples) {
    for index in 0..<listed.pointee {
      let input = inputs[index]
      let codes = table.codes.input(input)
      let ends = ends + endsOfInput[input]
      for row in node.rows { ends[Int(codes[Int(row) &* table.codes.rowStride])] = 0 }
      starts[input] = Self.absent
    }
    listed.pointee = 0
  }
}
