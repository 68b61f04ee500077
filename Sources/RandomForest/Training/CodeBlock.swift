/// The codes of a node's rows, of several numbers side by side.
///
/// What is done to one column is done to all before the next step: in wide tables each look waits for
/// memory, and looks that depend on nothing wait together.
final class CodeBlock<Code: FixedWidthInteger & UnsignedInteger & Sendable> {
  /// A number's codes in the node, one a row, and between what they lie.
  struct Column {
    let codes: UnsafeMutablePointer<Code>
    /// Whether it has missing values in the node, which splits send to either side.
    var partsMissing = false
    var least = Code.max
    var greatest = Code.min
    /// The greatest code of a number: not that of missing values.
    var greatestNumber = Code.min
    /// The last code at or below the threshold that was drawn.
    var boundary = Code.min

    var varies: Bool { least < greatest }
    /// What always lies right of a threshold, as the least always lies left of it.
    var last: Code { partsMissing ? greatestNumber : greatest }
    /// Whether a threshold can be drawn: of nothing but one number and missing ones, none can.
    var hasThreshold: Bool { least < last }
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

  /// A binary search for the last code at or below a threshold.
  private struct Search {
    let place: Int
    let input: Int
    /// The least and the greatest number of the column.
    let least: Double
    let greatest: Double
    var threshold = 0.0
    /// The numbers among which it goes on, and how many are known to lie at or below the threshold.
    var numbers: UnsafePointer<Double>
    var count = 0
    var found = 0

    /// Moves behind the first so many, `step` or none, unless the last of them lies above the threshold.
    @inline(__always)
    mutating func pass(_ step: Int) {
      let passed = step &>> (32 * isAbove(numbers[step &- 1], threshold))
      numbers += passed
      found &+= passed
    }
  }

  private let table: TrainingTable<Code>
  private let numbers: [Numbers?]
  /// Of each input the greatest values of each so many codes, ascending, ∞ where there are no more: near
  /// the start of a search, most of which would else wait for memory at each of its steps.
  private let marks: UnsafeMutablePointer<Double>
  private static var markCount: Int { 32 }
  private let codes: UnsafeMutablePointer<Code>
  private let capacity: Int
  /// One a gathered place.
  private let columns: UnsafeMutablePointer<Column>
  private let searches: UnsafeMutablePointer<Search>

  init(_ table: TrainingTable<Code>) {
    self.table = table
    numbers = table.columns.inputs.map { input in
      input.bins.map { bins in
        let last = bins.codeCount - 1
        return Numbers(
          least: bins.least.elements.baseAddress!, greatest: bins.greatest.elements.baseAddress!,
          missing: bins.greatest[last].isNaN ? last : nil,
          step: bins.codeCount / Self.markCount + 1)
      }
    }
    marks = .allocate(capacity: numbers.count * Self.markCount)
    marks.initialize(repeating: .infinity, count: numbers.count * Self.markCount)
    for (input, numbers) in numbers.enumerated() {
      guard let numbers, let codeCount = table.columns.inputs[input].bins?.codeCount else {
        continue
      }
      for mark in 0..<codeCount / numbers.step {
        let number = numbers.greatest[(mark + 1) * numbers.step - 1]
        if !number.isNaN { marks[input * Self.markCount + mark] = number }
      }
    }
    capacity = max(table.rowCount, 8192)
    codes = .allocate(capacity: capacity)
    columns = .allocate(capacity: table.columns.count)
    searches = .allocate(capacity: table.columns.count)
  }

  deinit {
    marks.deallocate()
    codes.deallocate()
    columns.deallocate()
    searches.deallocate()
  }

  /// Gathers the numbers among drawn columns, and draws a threshold for each that varies.
  ///
  /// - Returns: the end of what there was room for, one column at least.
  func gather(
    _ drawn: UnsafePointer<TrainingColumns.Column>, _ range: Range<Int>, _ node: NodeSamples,
    _ generator: inout SeededGenerator
  ) -> Int {
    let count = node.rows.count
    let stride = table.codes.rowStride
    var used = 0
    var end = range.lowerBound
    while end < range.upperBound, used + count <= capacity {
      let input = drawn[end].input
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
    findNumbers(drawn, range.lowerBound..<end, rowCount: count)
    drawThresholds(drawn, range.lowerBound..<end, &generator)
    return end
  }

  /// Tells the numbers of gathered columns from what is missing.
  private func findNumbers(
    _ drawn: UnsafePointer<TrainingColumns.Column>, _ range: Range<Int>, rowCount: Int
  ) {
    for place in range {
      guard let numbers = numbers[drawn[place].input] else { continue }
      var column = columns[place]
      column.greatestNumber = column.greatest
      if numbers.missing == Int(column.greatest), column.varies {
        column.greatestNumber = column.least
        for row in 0..<rowCount where column.codes[row] < column.greatest {
          column.greatestNumber = max(column.greatestNumber, column.codes[row])
        }
        column.partsMissing = drawn[place].kind == .first
      }
      columns[place] = column
    }
  }

  /// Draws a threshold between the least and the greatest number of each gathered column that has
  /// several, and finds the last code whose numbers all lie at or below it.
  private func drawThresholds(
    _ drawn: UnsafePointer<TrainingColumns.Column>, _ range: Range<Int>,
    _ generator: inout SeededGenerator
  ) {
    var searchCount = 0
    for place in range {
      let input = drawn[place].input
      guard let numbers = numbers[input], columns[place].hasThreshold else { continue }
      searches[searchCount] = Search(
        place: place, input: input, least: numbers.least[Int(columns[place].least)],
        greatest: numbers.greatest[Int(columns[place].greatestNumber)], numbers: numbers.greatest)
      searchCount += 1
    }
    var longest = 0
    for index in 0..<searchCount {
      searches[index].threshold = Self.threshold(
        between: searches[index].least, searches[index].greatest, generator.uniform())
      begin(&searches[index])
      longest = max(longest, searches[index].count)
    }
    while longest > 1 {
      for index in 0..<searchCount {
        let half = searches[index].count >> 1
        searches[index].pass(half)
        searches[index].count &-= half
      }
      longest &-= longest >> 1
    }
    for index in 0..<searchCount {
      searches[index].pass(searches[index].count)
      columns[searches[index].place].boundary = Code(searches[index].found - 1)
    }
  }

  /// A finite number between two that may be infinite.
  private static func threshold(between least: Double, _ greatest: Double, _ share: Double)
    -> Double
  {
    let threshold = least + share * (greatest - least)
    guard !threshold.isFinite else { return threshold }
    return least.isFinite ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude
  }

  /// Looks up between which two marks the threshold lies.
  @inline(__always)
  private func begin(_ search: inout Search) {
    let marks = marks + search.input * Self.markCount
    var above = 0
    for mark in 0..<Self.markCount { above &+= isAbove(marks[mark], search.threshold) }
    let step = numbers[search.input]!.step
    let mark = (Self.markCount - above) * step
    let column = columns[search.place]
    let end = Int(column.last)
    search.found = min(max(Int(column.least) + 1, mark), end)
    search.count = max(0, min(end, mark + step) - search.found)
    search.numbers += search.found
  }

  /// What was gathered of a drawn column.
  func column(atPlace place: Int) -> Column { columns[place] }
}

/// 1 where a number lies above a finite threshold, else 0: the sign of their difference, since a comparison
/// would become a branch that is mispredicted.
@inline(__always)
private func isAbove(_ number: Double, _ threshold: Double) -> Int {
  Int(truncatingIfNeeded: (threshold - number).bitPattern >> 63)
}
