/// What the trees know of the columns: which input each belongs to, and what its codes mean.
struct TrainingColumns: Sendable {
  /// How the codes of an input are split.
  enum Input: Sendable {
    /// One column whose codes ascend with its values.
    case numeric(NumericBins)
    /// Two such columns, of which the second has missing values below all others.
    case pair(NumericBins)
    /// One column a code, 1 where the row has that code: `hotCode(ofColumn:among:)`.
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

  /// A column of the trees; small, since a split may draw from thousands.
  struct Column: Sendable {
    enum Kind {
      case number
      /// Of a pair, which is one number.
      case first, second
      case hot
    }

    let kind: Kind
    private let place: UInt16
    private let inputPlace: UInt16
    private let code: UInt16

    /// - Parameter hotCode: what a column that is hot is 1 for.
    init(_ kind: Kind, at index: Int, ofInput input: Int, hotCode: Int = 0) {
      self.kind = kind
      place = UInt16(index)
      inputPlace = UInt16(input)
      code = UInt16(hotCode)
    }

    /// Its place among the columns.
    var index: Int { Int(place) }
    var input: Int { Int(inputPlace) }
    var hotCode: Int { Int(code) }
  }

  let inputs: [Input]
  let columns: [Column]
  /// The columns among which splits draw: of a pair the first, which stands for both.
  let drawn: [Column]

  init(_ inputs: [Input]) {
    self.inputs = inputs
    var columns: [Column] = []
    for (index, input) in inputs.enumerated() {
      let start = columns.count
      switch input {
      case .numeric: columns.append(Column(.number, at: start, ofInput: index))
      case .pair:
        columns.append(Column(.first, at: start, ofInput: index))
        columns.append(Column(.second, at: start + 1, ofInput: index))
      case .oneHot(let columnCount):
        for column in 0..<columnCount {
          let hotCode = Self.hotCode(ofColumn: column, among: columnCount)
          columns.append(Column(.hot, at: start + column, ofInput: index, hotCode: hotCode))
        }
      }
    }
    self.columns = columns
    drawn = columns.filter { $0.kind != .second }
  }

  var count: Int { columns.count }

  /// The code of the rows that have a 1 in one of an input's columns, nil for those that have none.
  ///
  /// The first column's code is the greatest, so that codes are in the order of the columns' values: whether
  /// rows were encoded before or not, they are sorted alike, and the same are drawn.
  static func hotCode(ofColumn column: Int?, among columnCount: Int) -> Int {
    column.map { columnCount - $0 } ?? 0
  }

  /// The input that a column belongs to.
  func input(ofColumn column: Int) -> Input { inputs[columns[column].input] }

  /// The codes that a split of a column sends right.
  ///
  /// - Parameter low: the last code of a number that goes left; it means nothing to a one-hot column.
  func codesRight(ofColumn column: Int, low: Int) -> Range<Int> {
    let beyond = Int(UInt16.max) + 1
    let hotCode = columns[column].hotCode
    return switch columns[column].kind {
    case .number, .first: low + 1..<beyond
    case .second: low + 1..<(input(ofColumn: column).bins?.missingCode ?? beyond)
    case .hot: hotCode..<hotCode + 1
    }
  }
}
