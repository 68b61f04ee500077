import RandomForest

/// What one column of a table inside a graph is of a sample: a function of one measured input.
struct Column: Hashable {
  enum Kind: Hashable {
    /// The number, after steps none of which lets a greater number become smaller.
    case number([Step])
    /// A number for each level.
    case levels([Double])
    /// A value for each bin: up to the first edge, above it up to the next, and so on.
    case bins(edges: [Double], values: [Double])

    /// 1 for a number above the one and at or below the other, nil for no limit, and 0 elsewhere.
    static func interval(above: Double?, upTo: Double?) -> Kind {
      if let above, let upTo, above >= upTo { return .bins(edges: [], values: [0]) }
      return .bins(
        edges: [above, upTo].compactMap(\.self),
        values: (above == nil ? [] : [0]) + [1] + (upTo == nil ? [] : [0]))
    }
  }

  let input: Int
  let kind: Kind
  /// What the column is where the input is missing, nil when it is missing too.
  var whenMissing: Double?

  /// The most steps of a number; pipelines have two or three.
  static let maximumStepCount = 16

  var stepCount: Int {
    if case .number(let steps) = kind { steps.count } else { edgeCount }
  }

  /// The values that a column of levels or bins can have.
  var values: [Double] {
    switch kind {
    case .number: []
    case .levels(let values), .bins(_, let values): values
    }
  }

  var edgeCount: Int { if case .bins(let edges, _) = kind { edges.count } else { 0 } }

  /// What becomes of a number on its way into a table.
  enum Step: Hashable {
    /// To the nearest number of 32 bits.
    case float
    /// To a whole number, towards zero.
    case whole
    /// Reckoned with a constant, in 32 bits or in 64.
    case arithmetic(Arithmetic, Double, isSingle: Bool)
    /// To the nearer limit where it lies outside of them.
    case clipped(low: Double, high: Double)

    func apply(_ number: Double) -> Double {
      switch self {
      case .float: Double(Float(number))
      case .whole: number.rounded(.towardZero)
      case .arithmetic(let operation, let constant, isSingle: true):
        Double(operation.apply(Float(number), Float(constant)))
      case .arithmetic(let operation, let constant, isSingle: false):
        operation.apply(number, constant)
      case .clipped(let low, let high): min(max(number, low), high)
      }
    }

    /// Whether what comes of it is of 32 bits for sure.
    var isSingle: Bool {
      switch self {
      case .float, .arithmetic(_, _, isSingle: true): true
      default: false
      }
    }
  }

  /// What is reckoned with a constant behind the operator, as ONNX names it.
  enum Arithmetic: String {
    case add = "Add"
    case subtract = "Sub"
    case multiply = "Mul"
    case divide = "Div"

    func apply<Number: FloatingPoint>(_ number: Number, _ constant: Number) -> Number {
      switch self {
      case .add: number + constant
      case .subtract: number - constant
      case .multiply: number * constant
      case .divide: number / constant
      }
    }
  }

  /// The column after one more step.
  ///
  /// - Returns: nil when the step is one too many.
  func applying(_ step: Step) -> Column? {
    guard case .number(let steps) = kind else { return mapping(step.apply) }
    // A second rounding to 32 bits changes nothing.
    if step == .float, steps.last?.isSingle == true { return self }
    guard steps.count < Self.maximumStepCount else { return nil }
    return Column(
      input: input, kind: .number(steps + [step]), whenMissing: whenMissing.map(step.apply))
  }

  /// A column of levels or bins with other values.
  func mapping(_ change: (Double) -> Double) -> Column? {
    let kind: Kind
    switch self.kind {
    case .number: return nil
    case .levels(let values): kind = .levels(values.map(change))
    case .bins(let edges, let values): kind = .bins(edges: edges, values: values.map(change))
    }
    return Column(input: input, kind: kind.joined, whenMissing: whenMissing.map(change))
  }
}

extension Column {
  /// 1 where the column is one of some numbers, and 0 elsewhere.
  ///
  /// - Returns: nil for a measured number.
  func membership(_ members: [Double]) -> Column? {
    let members = Set(members)
    return mapping { members.contains($0) ? 1 : 0 }
  }
}

extension Column.Kind {
  /// The same with bins of one value joined where they lie beside each other, so that columns of many
  /// bins each have few.
  var joined: Self {
    guard case .bins(let edges, let values) = self else { return self }
    let kept = edges.indices.filter { values[$0] != values[$0 + 1] }
    return .bins(edges: kept.map { edges[$0] }, values: kept.map { values[$0] } + [values.last!])
  }
}

/// A question about one measured input, which sends a sample one of two ways.
enum Question: Hashable {
  /// The same answer for every sample.
  case always(Bool)
  /// Whether the number is at or below the cut; with `negated` whether it is not.
  case atMost(input: Int, cut: Double, negated: Bool)
  /// Whether the level is one of those marked.
  case levels(input: Int, [Bool])
  /// Whether the number lies above the one and at or below the other.
  case within(input: Int, above: Double, upTo: Double, negated: Bool)
  /// Another question, but for a missing value, whose answer is known.
  indirect case unlessMissing(input: Int, missing: Bool, otherwise: Question)
}

/// How a node compares, as ONNX names it.
enum Comparison: String {
  case atMost = "BRANCH_LEQ"
  case below = "BRANCH_LT"
  case atLeast = "BRANCH_GTE"
  case above = "BRANCH_GT"
  case equal = "BRANCH_EQ"
  case different = "BRANCH_NEQ"
  /// Whether the number is one of several; `Column.membership` makes columns of 0 and 1 of it.
  case member = "BRANCH_MEMBER"

  func holds(_ value: Double, _ threshold: Double) -> Bool {
    switch self {
    case .atMost: value <= threshold
    case .below: value < threshold
    case .atLeast: value >= threshold
    case .above: value > threshold
    case .equal: value == threshold
    case .different: value != threshold
    case .member: false
    }
  }
}

extension Column {
  /// `question` for an input that may be missing.
  ///
  /// - Parameter tracksTrue: whether the node sends what is missing in its column where it sends what
  ///   the comparison is true for.
  func question(
    _ comparison: Comparison, _ threshold: Double, tracksTrue: Bool
  ) -> Question? {
    guard let question = question(comparison, threshold) else { return nil }
    let missing =
      whenMissing.map { comparison.holds($0, threshold) }
      ?? (tracksTrue || comparison.holds(.nan, threshold))
    if question == .always(missing) { return question }
    // Of levels those are asked for that differ from none.
    guard case .levels(let values) = kind, case .always(let answer) = question else {
      return .unlessMissing(input: input, missing: missing, otherwise: question)
    }
    return .unlessMissing(
      input: input, missing: missing,
      otherwise: .levels(input: input, values.map { _ in answer }))
  }

  /// The question that a comparison of the column with a threshold asks of the measured input.
  ///
  /// - Parameter threshold: not NaN.
  /// - Returns: nil for an equality of a measured number, and for bins that are not beside each other.
  func question(_ comparison: Comparison, _ threshold: Double) -> Question? {
    switch kind {
    case .levels(let values):
      let answers = values.map { comparison.holds($0, threshold) }
      if answers.allSatisfy({ $0 == answers[0] }) { return .always(answers.first ?? false) }
      return .levels(input: input, answers)
    case .bins(let edges, let values):
      let answers = values.map { comparison.holds($0, threshold) }
      let cuts = edges.indices.filter { answers[$0] != answers[$0 + 1] }.map { edges[$0] }
      switch cuts.count {
      case 0: return .always(answers[0])
      case 1: return .atMost(input: input, cut: cuts[0], negated: !answers[0])
      case 2: return .within(input: input, above: cuts[0], upTo: cuts[1], negated: answers[0])
      default: return nil
      }
    case .number(let steps):
      switch comparison {
      case .atMost, .below:
        return Self.cut(input, steps, negated: false) { comparison.holds($0, threshold) }
      case .atLeast, .above:
        return Self.cut(input, steps, negated: true) { !comparison.holds($0, threshold) }
      case .equal, .different, .member:
        return nil
      }
    }
  }

  /// The greatest number for which an answer holds that holds for small numbers alone.
  private static func cut(
    _ input: Int, _ steps: [Step], negated: Bool, _ holds: (Double) -> Bool
  ) -> Question {
    guard let cut = greatest(steps, holds) else { return .always(negated) }
    return cut == .infinity
      ? .always(!negated) : .atMost(input: input, cut: cut, negated: negated)
  }

  /// The greatest double that the steps turn into a number for which `holds` is true, nil when there
  /// is none: found by halving, so that it is exact whatever is rounded on the way.
  static func greatest(_ steps: [Step], _ holds: (Double) -> Bool) -> Double? {
    func isTrue(_ place: Int64) -> Bool {
      holds(steps.reduce(Double(place: place)) { $1.apply($0) })
    }
    var low = Double.infinity.place * -1
    var high = Double.infinity.place
    guard isTrue(low) else { return nil }
    if isTrue(high) { return .infinity }
    while low + 1 < high {
      // Their mean, rounded down: their difference may be beyond what an integer holds.
      let middle = (low & high) + (low ^ high) >> 1
      if isTrue(middle) { low = middle } else { high = middle }
    }
    return Double(place: low)
  }
}

extension Double {
  /// The number's place among all doubles, 0 for 0.
  fileprivate var place: Int64 {
    let bits = Int64(bitPattern: bitPattern & 0x7fff_ffff_ffff_ffff)
    return sign == .minus ? -bits : bits
  }

  fileprivate init(place: Int64) {
    let magnitude = Double(bitPattern: UInt64(place.magnitude))
    self = place < 0 ? -magnitude : magnitude
  }
}
