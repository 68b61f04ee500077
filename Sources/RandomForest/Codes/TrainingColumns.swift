/// What the trees know of the columns: which input each belongs to, and what its codes mean.
struct TrainingColumns: Sendable {
  /// How the codes of an input are split.
  enum Input: Sendable {
    /// One column whose codes ascend with its values.
    case numeric(NumericBins)
    /// Two such columns, of which the second has missing values below all others.
    case pair(NumericBins)
    /// One column a code, 1 where the row has that code; a code beyond them stands for none.
    case oneHot(columnCount: Int)

    /// Whether every code stands for one value.
    var isExact: Bool {
      switch self {
      case .numeric(let bins), .pair(let bins): bins.isExact
      case .oneHot: true
      }
    }

    var codeCount: Int {
      switch self {
      case .numeric(let bins), .pair(let bins): bins.codeCount
      case .oneHot(let columnCount): columnCount + 1
      }
    }

    /// The bins of numbers.
    var bins: NumericBins? {
      switch self {
      case .numeric(let bins), .pair(let bins): bins
      case .oneHot: nil
      }
    }
  }

  let inputs: [Input]
  /// For each column its input.
  let inputOfColumn: [Int]
  /// For each column the code that makes it 1, -1 for a numeric column.
  let hotCodeOfColumn: [Int]
  /// For each column whether it is the first of a pair.
  let isPair: [Bool]
  /// The columns among which splits draw: of a pair the first, which stands for both.
  let drawn: [Int]
  /// For each column the code before which those end that a split can send right.
  private let endOfRight: [Int]

  init(_ inputs: [Input]) {
    self.inputs = inputs
    var inputOfColumn: [Int] = []
    var hotCodeOfColumn: [Int] = []
    var isPair: [Bool] = []
    var drawn: [Int] = []
    var endOfRight: [Int] = []
    let beyond = Int(UInt16.max) + 1
    for (index, input) in inputs.enumerated() {
      let start = inputOfColumn.count
      switch input {
      case .numeric:
        inputOfColumn.append(index)
        hotCodeOfColumn.append(-1)
        isPair.append(false)
        drawn.append(start)
        endOfRight.append(beyond)
      case .pair(let bins):
        inputOfColumn += [index, index]
        hotCodeOfColumn += [-1, -1]
        isPair += [true, false]
        drawn.append(start)
        endOfRight += [beyond, bins.missingCode ?? beyond]
      case .oneHot(let columnCount):
        inputOfColumn += repeatElement(index, count: columnCount)
        hotCodeOfColumn += 0..<columnCount
        isPair += repeatElement(false, count: columnCount)
        drawn += start..<start + columnCount
        endOfRight += (0..<columnCount).map { $0 + 1 }
      }
    }
    self.inputOfColumn = inputOfColumn
    self.hotCodeOfColumn = hotCodeOfColumn
    self.isPair = isPair
    self.drawn = drawn
    self.endOfRight = endOfRight
  }

  var count: Int { inputOfColumn.count }

  /// The codes that a split of a column sends right.
  ///
  /// - Parameter low: the last code of a number that goes left; it means nothing to a one-hot column.
  func codesRight(ofColumn column: Int, low: Int) -> Range<Int> {
    let hot = hotCodeOfColumn[column]
    return (hot >= 0 ? hot : low + 1)..<endOfRight[column]
  }
}
