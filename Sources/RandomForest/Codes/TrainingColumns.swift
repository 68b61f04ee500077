/// What the trees know of the columns: which input each belongs to, and what its codes mean.
struct TrainingColumns: Sendable {
  /// How the codes of an input are split.
  enum Input: Sendable {
    /// One column whose codes ascend with its values.
    case numeric(NumericBins)
    /// One column a code, 1 where the row has that code; a code beyond them stands for none.
    case oneHot(columnCount: Int)

    /// Whether every code stands for one value.
    var isExact: Bool {
      switch self {
      case .numeric(let bins): bins.isExact
      case .oneHot: true
      }
    }

    var codeCount: Int {
      switch self {
      case .numeric(let bins): bins.codeCount
      case .oneHot(let columnCount): columnCount + 1
      }
    }
  }

  let inputs: [Input]
  /// For each column its input.
  let inputOfColumn: [Int]
  /// For each column the code that makes it 1, -1 for a numeric column.
  let hotCodeOfColumn: [Int]

  init(_ inputs: [Input]) {
    self.inputs = inputs
    var inputOfColumn: [Int] = []
    var hotCodeOfColumn: [Int] = []
    for (index, input) in inputs.enumerated() {
      switch input {
      case .numeric:
        inputOfColumn.append(index)
        hotCodeOfColumn.append(-1)
      case .oneHot(let columnCount):
        inputOfColumn += repeatElement(index, count: columnCount)
        hotCodeOfColumn += 0..<columnCount
      }
    }
    self.inputOfColumn = inputOfColumn
    self.hotCodeOfColumn = hotCodeOfColumn
  }

  var count: Int { inputOfColumn.count }
}
