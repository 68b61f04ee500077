import RandomForest

/// A region of the inputs' space: the numbers above `low` and at or below `high`, the levels left.
struct Region {
  /// Where nothing is cut off below it is NaN, which is never at or above a cut: -∞ would leave itself
  /// out, and -∞ is at or below a cut at -∞.
  private var low: [Double]
  private var high: [Double]
  /// Behind the levels of an input that may be missing stands one more for none.
  private var levels: [[Bool]]
  /// Whether a number is missing, nil while it may be.
  private var isMissing: [Bool?]

  /// The whole space.
  ///
  /// - Parameter isIncomplete: for each input whether it may be missing.
  init(_ inputs: [EncodedFeature], isIncomplete: [Bool]) {
    low = inputs.map { _ in .nan }
    high = inputs.map { _ in .infinity }
    levels = zip(inputs, isIncomplete).map { input, isIncomplete in
      guard case .categorical(let levels) = input.feature.kind else { return [] }
      return Array(repeating: true, count: levels.count + (isIncomplete ? 1 : 0))
    }
    isMissing = isIncomplete.map { $0 ? nil : false }
  }

  /// The answer that all of it gives, nil when some give another.
  func answer(_ question: Question) -> Bool? {
    switch question {
    case .always(let answer): return answer
    case .atMost(let input, let cut, let negated):
      if high[input] <= cut { return !negated }
      return low[input] >= cut ? negated : nil
    case .within(let input, let above, let upTo, let negated):
      if high[input] <= above || low[input] >= upTo { return negated }
      return low[input] >= above && high[input] <= upTo ? !negated : nil
    case .levels(let input, let answers): return answer(answers, of: levels[input])
    case .unlessMissing(let input, let missing, .levels(_, let answers)):
      return answer(answers + [missing], of: levels[input])
    case .unlessMissing(let input, let missing, let otherwise):
      if isMissing[input] == true { return missing }
      let answer = answer(otherwise)
      return isMissing[input] == false || answer == missing ? answer : nil
    }
  }

  /// The answer that all levels give that are left.
  private func answer(_ answers: [Bool], of levels: [Bool]) -> Bool? {
    var answer: Bool?
    for (level, isLeft) in levels.enumerated() where isLeft {
      if answer ?? answers[level] != answers[level] { return nil }
      answer = answers[level]
    }
    return answer
  }

  /// Whether something of it lies on both sides of a split.
  func isDivided(by split: Split) -> Bool {
    switch split {
    case .cut(let input, let cut): !(low[input] >= cut) && cut < high[input]
    case .level(let input, let level):
      levels[input][level] && levels[input].count(where: \.self) > 1
    case .missing(let input): isMissing[input] == nil
    }
  }

  /// What lies on the left of a split, and what lies on its right.
  func sides(of split: Split) -> (left: Region, right: Region) {
    var (left, right) = (self, self)
    switch split {
    case .cut(let input, let cut):
      left.high[input] = cut
      right.low[input] = cut
    case .level(let input, let level):
      left.levels[input][level] = false
      right.levels[input] = levels[input].indices.map { $0 == level }
    case .missing(let input):
      left.isMissing[input] = false
      right.isMissing[input] = true
    }
    return (left, right)
  }
}
