/// The codes of a node's rows, of several numbers side by side.
///
/// They are fetched before any of them is looked at: in wide tables each fetch waits for memory, and
/// those that depend on nothing wait together.
final class CodeBlock<Code: FixedWidthInteger & UnsignedInteger & Sendable> {
  /// A number's codes in the node, one a row, and between what they lie.
  struct Column {
    let codes: UnsafeMutablePointer<Code>
    var least = Code.max
    var greatest = Code.min
    /// The greatest code of a number: not that of missing values.
    var greatestNumber = Code.min
    var leastValue = 0.0
    var greatestValue = 0.0

    var hasMissing: Bool { greatestNumber < greatest }
  }

  /// What is known of an input of numbers, without touching who owns it.
  private struct Numbers {
    let least: UnsafePointer<Double>
    let greatest: UnsafePointer<Double>
    /// The last code where it is that of missing values.
    let missing: Int?
    /// The codes from one mark to the next.
    let step: Int
  }

  private let table: TrainingTable<Code>
  private let numbers: [Numbers?]
  /// Of each input the greatest values of each so many codes, ascending, ∞ where there are no more.
  private let marks: UnsafeMutablePointer<Double>
  private static var markCount: Int { 32 }
  private let codes: UnsafeMutablePointer<Code>
  private let capacity: Int
  /// One a gathered place.
  private let columns: UnsafeMutablePointer<Column>

  init(_ table: TrainingTable<Code>) {
    self.table = table
    numbers = table.columns.inputs.map { input in
      input.bins.map { bins in
        let last = bins.codeCount - 1
        return Numbers(
          least: bins.least.elements.baseAddress!, greatest: bins.greatest.elements.baseAddress!,
          missing: bins.greatest[last].isNaN ? last : nil, step: bins.codeCount / Self.markCount + 1
        )
      }
    }
    marks = .allocate(capacity: numbers.count * Self.markCount)
    marks.initialize(repeating: .infinity, count: numbers.count * Self.markCount)
    for (input, numbers) in numbers.enumerated() {
      guard let numbers, let codeCount = table.columns.inputs[input].bins?.codeCount else {
        continue
      }
      for mark in 0..<codeCount / numbers.step {
        marks[input * Self.markCount + mark] = numbers.greatest[(mark + 1) * numbers.step - 1]
      }
    }
    capacity = max(table.rowCount, 8192)
    codes = .allocate(capacity: capacity)
    columns = .allocate(capacity: table.columns.count)
  }

  deinit {
    marks.deallocate()
    codes.deallocate()
    columns.deallocate()
  }

  /// Gathers the numbers among drawn columns.
  ///
  /// - Returns: the end of what there was room for, one column at least.
  func gather(
    _ drawn: UnsafePointer<Int>, _ range: Range<Int>, _ node: NodeSamples
  ) -> Int {
    let count = node.rows.count
    let stride = table.codes.rowStride
    var used = 0
    var end = range.lowerBound
    while end < range.upperBound, used + count <= capacity {
      let input = table.columns.inputOfColumn[drawn[end]]
      end += 1
      guard numbers[input] != nil else { continue }
      let from = table.codes.input(input)
      var column = Column(codes: codes + used)
      for (place, row) in node.rows.enumerated() {
        let code = from[Int(row) &* stride]
        column.codes[place] = code
        column.least = min(column.least, code)
        column.greatest = max(column.greatest, code)
      }
      columns[end - 1] = column
      used += count
    }
    for place in range.lowerBound..<end {
      guard let numbers = numbers[table.columns.inputOfColumn[drawn[place]]] else { continue }
      var column = columns[place]
      column.greatestNumber = column.greatest
      if numbers.missing == Int(column.greatest), column.least < column.greatest {
        column.greatestNumber = column.least
        for row in 0..<count where column.codes[row] < column.greatest {
          column.greatestNumber = max(column.greatestNumber, column.codes[row])
        }
      }
      column.leastValue = numbers.least[Int(column.least)]
      column.greatestValue = numbers.greatest[Int(column.greatestNumber)]
      columns[place] = column
    }
    return end
  }

  /// What was gathered of a drawn column.
  func column(atPlace place: Int) -> Column { columns[place] }

  /// The last code, at most `last`, whose numbers all lie at or below a number; a code between the
  /// node's own may stand for the one before it.
  func boundary(
    at number: Double, in column: Column, ofInput input: Int, through last: Code,
    rowCount: Int
  ) -> Code {
    let numbers = numbers[input]!
    let marks = marks + input * Self.markCount
    // A search would wait for memory at each of its steps.
    var below = 0
    for mark in 0..<Self.markCount { below &+= marks[mark] <= number ? 1 : 0 }
    // Only values between the two marks are looked up.
    let first = below * numbers.step
    var boundary = first - 1
    for row in 0..<rowCount {
      let code = Int(column.codes[row])
      if UInt(bitPattern: code &- first) < UInt(numbers.step), code > boundary,
        numbers.greatest[code] <= number
      {
        boundary = code
      }
    }
    return Code(min(max(boundary, Int(column.least)), Int(last)))
  }
}
