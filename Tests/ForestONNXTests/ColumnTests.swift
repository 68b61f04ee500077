import RandomForest
import TestSupport
import Testing

@testable import ForestONNX

/// Thresholds behind roundings, as cuts of measured numbers.
struct ColumnTests {
  private static let comparisons: [Comparison] = [.atMost, .below, .atLeast, .above]

  /// The answer that a question gives for a number.
  private func answer(_ question: Question?, _ number: Double) -> Bool? {
    switch question {
    case .always(let answer): answer
    case .atMost(_, let cut, let negated): (number <= cut) != negated
    default: nil
    }
  }

  @Test(
    arguments: [
      [], [.float], [.whole], [.whole, .float],
      [
        .arithmetic(.subtract, 14.2, isSingle: true), .arithmetic(.multiply, 0.37, isSingle: true),
      ],
      [.float, .arithmetic(.divide, 1e3, isSingle: true), .arithmetic(.add, -3, isSingle: true)],
      [.arithmetic(.subtract, 14.2, isSingle: false), .arithmetic(.divide, 7.3, isSingle: false)],
      [
        .arithmetic(.multiply, 0.031, isSingle: false), .float, .clipped(low: -1e9, high: 1e9),
        .arithmetic(.add, 0.1, isSingle: true),
      ],
    ] as [[Column.Step]])
  func aCutAnswersAsTheThresholdBehindItsSteps(_ steps: [Column.Step]) {
    var generator = SeededGenerator(seed: printedSeed())
    let column = Column(input: 0, kind: .number(steps))
    for _ in 0..<200 {
      let near = generator.uniform() * 100 - 20
      let threshold = Double(Float(steps.reduce(near) { $1.apply($0) }))
      for comparison in Self.comparisons {
        let question = column.question(comparison, threshold)
        guard case .atMost(_, let cut, _)? = question else {
          Issue.record("\(steps) \(comparison) \(threshold) asks \(String(describing: question))")
          return
        }
        // On both sides of the cut, of the threshold and of its neighbours of 32 bits.
        let single = Float(near)
        let numbers = [cut, threshold, near, Double(single.nextUp), Double(single.nextDown)]
          .flatMap { [$0, $0.nextUp, $0.nextDown] }
        for number in numbers {
          let behind = steps.reduce(number) { $1.apply($0) }
          #expect(answer(question, number) == comparison.holds(behind, threshold))
        }
      }
    }
  }

  @Test func aThresholdBeyondAllNumbersHasOneAnswer() {
    let column = Column(input: 0, kind: .number([.float]))
    #expect(column.question(.atMost, .infinity) == .always(true))
    #expect(column.question(.above, .infinity) == .always(false))
    #expect(column.question(.below, -.infinity) == .always(false))
    #expect(column.question(.equal, 1) == nil)
    // What rounds to 32 bits beyond their range is infinite there.
    #expect(answer(column.question(.atMost, 3e38), 1e39) == false)
  }

  @Test func levelsAndBinsAreAskedAsWhatTheyAre() {
    let levels = Column(input: 2, kind: .levels([0, 1, 2]))
    #expect(levels.question(.atMost, 1.5) == .levels(input: 2, [true, true, false]))
    #expect(levels.question(.equal, 1) == .levels(input: 2, [false, true, false]))
    #expect(levels.question(.above, 5) == .always(false))
    let bin = Column(input: 1, kind: .interval(above: 1, upTo: 2))
    #expect(
      bin.question(.atMost, 0.5) == .within(input: 1, above: 1, upTo: 2, negated: true))
    #expect(
      bin.question(.atLeast, 1) == .within(input: 1, above: 1, upTo: 2, negated: false))
    #expect(bin.question(.below, 7) == .always(true))
    let first = Column(input: 1, kind: .interval(above: nil, upTo: 1))
    #expect(first.question(.above, 0.5) == .atMost(input: 1, cut: 1, negated: false))
  }

  @Test func whatIsFilledInIsReckonedWithLikeANumber() {
    let column = Column(input: 0, kind: .number([]), whenMissing: 3)
      .applying(.arithmetic(.subtract, 1, isSingle: false))
    #expect(column?.whenMissing == 2)
    #expect(
      column?.question(.atMost, 2.5, tracksTrue: false)
        == .unlessMissing(
          input: 0, missing: true, otherwise: .atMost(input: 0, cut: 3.5, negated: false)))
  }

  @Test func binsAreJoinedWhereTheySayTheSame() {
    let bins = Column(input: 1, kind: .bins(edges: [1, 2, 3], values: [0, 1, 2, 3]))
    #expect(
      bins.mapping { $0 == 2 ? 1 : 0 }?.kind == .bins(edges: [2, 3], values: [0, 1, 0]))
    #expect(bins.question(.above, 1.5) == .atMost(input: 1, cut: 2, negated: true))
    #expect(
      bins.question(.equal, 1) == .within(input: 1, above: 1, upTo: 2, negated: false))
    let torn = Column(input: 1, kind: .bins(edges: [1, 2, 3], values: [0, 1, 0, 1]))
    #expect(torn.question(.above, 0.5) == nil)
  }
}
