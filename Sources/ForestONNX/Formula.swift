import POSIX

/// What is calculated behind ensembles of trees where it is more than a mean of them: rows of numbers of
/// 32 bits, each of earlier ones.
struct Formula {
  enum Step {
    /// What ensembles say of each class, added up.
    case scores([EnsembleOutput.Part])
    case constant([Float])
    case mapped(Int, Function)
    /// Number by number; a row of one number is as long as the other one.
    case combined(Int, Int, Operation)
    /// The second where the first is not 0, else the third.
    case chosen(Int, Int, Int)
    case joined([Int])
    case total(Int)
    /// The place of the greatest or least number, of equals the first.
    case greatest(Int)
    case least(Int)
    case picked(Int, [Int])
    /// What stands in a list at the places that a row holds.
    case found([Float], at: Int)
  }

  enum Function {
    case exponential
    case magnitude
    case isNotZero
    case isZero
    case whole
    case clipped(Float, Float)

    func callAsFunction(_ number: Float) -> Float {
      switch self {
      case .exponential: Float(exp(Double(number)))
      case .magnitude: number.magnitude
      case .isNotZero: number != 0 ? 1 : 0
      case .isZero: number == 0 ? 1 : 0
      case .whole: number.rounded(.towardZero)
      case .clipped(let low, let high): min(max(number, low), high)
      }
    }
  }

  /// As ONNX names them.
  enum Operation: String {
    case add = "Add"
    case subtract = "Sub"
    case multiply = "Mul"
    case divide = "Div"
    case equal = "Equal"

    func callAsFunction(_ one: Float, _ other: Float) -> Float {
      switch self {
      case .add: one + other
      case .subtract: one - other
      case .multiply: one * other
      case .divide: one / other
      case .equal: one == other ? 1 : 0
      }
    }
  }

  private var steps: [Step] = []
  /// How many numbers each row has.
  private(set) var widths: [Int] = []

  /// How many steps an answer takes: one a number that is read or made, and what a row takes by itself.
  private(set) var cost = 0

  /// Adds a row.
  ///
  /// - Returns: its place among all rows.
  mutating func add(_ step: Step, width: Int) -> Int {
    steps.append(step)
    widths.append(width)
    cost += width + 4
    if case .scores(let parts) = step { cost += parts.count * width }
    return steps.count - 1
  }

  /// The width of rows that are calculated number by number, nil when they are none for it.
  func width(_ rows: [Int]) -> Int? {
    let width = rows.map { widths[$0] }.max() ?? 0
    return rows.allSatisfy { [1, width].contains(widths[$0]) } ? width : nil
  }

  /// The numbers of a row.
  ///
  /// - Parameter shares: what each ensemble of the graph says, shape (classCount).
  func numbers(ofRow row: Int, _ shares: [[Double]]) -> [Float] {
    var rows: [[Float]] = []
    func broadcast(_ row: Int, _ place: Int) -> Float { rows[row][widths[row] == 1 ? 0 : place] }
    for (step, width) in zip(steps, widths).prefix(row + 1) {
      switch step {
      case .scores(let parts):
        rows.append(
          (0..<width).map { label in
            Float(parts.reduce(0) { $0 + shares[$1.ensemble][label] / $1.divisor })
          })
      case .constant(let numbers): rows.append(numbers)
      case .mapped(let row, let function): rows.append(rows[row].map { function($0) })
      case .combined(let one, let other, let operation):
        rows.append((0..<width).map { operation(broadcast(one, $0), broadcast(other, $0)) })
      case .chosen(let mark, let one, let other):
        rows.append((0..<width).map { broadcast(broadcast(mark, $0) != 0 ? one : other, $0) })
      case .joined(let parts): rows.append(parts.flatMap { rows[$0] })
      case .total(let row): rows.append([rows[row].reduce(0, +)])
      case .greatest(let row):
        let own = rows[row]
        rows.append([Float(own.indices.reduce(0) { own[$1] > own[$0] ? $1 : $0 })])
      case .least(let row):
        let own = rows[row]
        rows.append([Float(own.indices.reduce(0) { own[$1] < own[$0] ? $1 : $0 })])
      case .picked(let row, let places): rows.append(places.map { rows[row][$0] })
      case .found(let list, let row):
        rows.append(
          rows[row].map { place in
            Int(exactly: place).flatMap { list.indices ~= $0 ? list[$0] : nil } ?? .nan
          })
      }
    }
    return rows[row]
  }
}
