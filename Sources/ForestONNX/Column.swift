import RandomForest

/// What one column of a table inside a graph is of a sample: a function of one measured input.
struct Column: Hashable {
  enum Kind: Hashable {
    /// The number, after steps none of which lets a greater number become smaller.
    case number([Step])
    /// A number for each level.
    case levels([Double])
    /// 1 for a number above the one and at or below the other, nil for no limit, and 0 elsewhere.
    case interval(above: Double?, upTo: Double?)
  }

  let input: Int
  let kind: Kind
  /// What the column is where the input is missing, nil when it is missing too.
  var whenMissing: Double?

  /// The most steps of a number; pipelines have two or three.
  static let maximumStepCount = 16

  var stepCount: Int { if case .number(let steps) = kind { steps.count } else { 0 } }

  /// What becomes of a number on its way into a table.
  enum Step: Hashable {
    /// To the nearest number of 32 bits.
    case float
    /// To a whole number, towards zero.
    case whole
    /// (number - offset) · scale in 32 bits; the scale is above 0.
    case scaled(offset: Float, scale: Float)

    func apply(_ number: Double) -> Double {
      switch self {
      case .float: Double(Float(number))
      case .whole: number.rounded(.towardZero)
      case .scaled(let offset, let scale): Double((Float(number) - offset) * scale)
      }
    }
  }

  /// The column after one more step.
  ///
  /// - Returns: nil when the step is none for such a column, or one too many.
  func applying(_ step: Step) -> Column? {
    switch kind {
    case .number(let steps):
      // A second rounding to 32 bits changes nothing.
      if step == .float, let last = steps.last, last != .whole { return self }
      guard steps.count < Self.maximumStepCount else { return nil }
      return Column(input: input, kind: .number(steps + [step]))
    case .levels(let values):
      return Column(
        input: input, kind: .levels(values.map(step.apply)),
        whenMissing: whenMissing.map(step.apply))
    case .interval:
      if case .scaled = step { return nil }
      return self
    }
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

  func holds(_ value: Double, _ threshold: Double) -> Bool {
    switch self {
    case .atMost: value <= threshold
    case .below: value < threshold
    case .atLeast: value >= threshold
    case .above: value > threshold
    case .equal: value == threshold
    case .different: value != threshold
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
  /// - Returns: nil for an equality of a measured number.
  func question(_ comparison: Comparison, _ threshold: Double) -> Question? {
    switch kind {
    case .levels(let values):
      let answers = values.map { comparison.holds($0, threshold) }
      if answers.allSatisfy({ $0 == answers[0] }) { return .always(answers.first ?? false) }
      return .levels(input: input, answers)
    case .interval(let above, let upTo):
      let inside = comparison.holds(1, threshold)
      guard inside != comparison.holds(0, threshold) else { return .always(inside) }
      return Self.interval(input, above, upTo, negated: !inside)
    case .number(let steps):
      switch comparison {
      case .atMost, .below:
        return Self.cut(input, steps, negated: false) { comparison.holds($0, threshold) }
      case .atLeast, .above:
        return Self.cut(input, steps, negated: true) { !comparison.holds($0, threshold) }
      case .equal, .different:
        return nil
      }
    }
  }

  private static func interval(
    _ input: Int, _ above: Double?, _ upTo: Double?, negated: Bool
  ) -> Question {
    switch (above, upTo) {
    case (nil, nil): .always(!negated)
    case (nil, let upTo?): .atMost(input: input, cut: upTo, negated: negated)
    case (let above?, nil): .atMost(input: input, cut: above, negated: !negated)
    case (let above?, let upTo?) where above < upTo:
      .within(input: input, above: above, upTo: upTo, negated: negated)
    default: .always(negated)
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
