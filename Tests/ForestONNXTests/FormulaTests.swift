import Testing

@testable import ForestONNX

/// What is calculated behind the trees.
struct FormulaTests {
  /// A formula of what one ensemble of three classes says, and the row of it.
  private func formula() -> (Formula, Int) {
    var formula = Formula()
    let scores = formula.add(
      .scores([EnsembleOutput.Part(ensemble: 0, divisor: 2)]), width: 3)
    return (formula, scores)
  }

  private static let shares = [[0.5, 1.5, 0]]

  @Test func aRowOfOneNumberIsAsLongAsTheOther() {
    var (formula, scores) = formula()
    let total = formula.add(.total(scores), width: 1)
    #expect(formula.width([scores, total]) == 3 && formula.width([total]) == 1)
    let ratio = formula.add(.combined(scores, total, .divide), width: 3)
    #expect(formula.numbers(ofRow: ratio, Self.shares) == [0.25, 0.75, 0])
    let mark = formula.add(.combined(scores, total, .equal), width: 3)
    #expect(formula.numbers(ofRow: mark, Self.shares) == [0, 0, 0])
    let chosen = formula.add(.chosen(ratio, total, scores), width: 3)
    #expect(formula.numbers(ofRow: chosen, Self.shares) == [1, 1, 0])
    let pair = formula.add(.joined([total, total]), width: 2)
    #expect(formula.width([scores, pair]) == nil)
    #expect(formula.cost == 3 + (3 + 1 + 3 + 3 + 3 + 2) + 6 * 4)
  }

  @Test func placesAreLookedUpAndOfEqualsTheFirstIsTaken() {
    var (formula, scores) = formula()
    let least = formula.add(.least(scores), width: 1)
    let greatest = formula.add(.greatest(formula.add(.constant([1, 3, 3]), width: 3)), width: 1)
    #expect(formula.numbers(ofRow: least, Self.shares) == [2])
    #expect(formula.numbers(ofRow: greatest, Self.shares) == [1])
    let found = formula.add(.found([0.25, 0.5, 0.75], at: least), width: 1)
    #expect(formula.numbers(ofRow: found, Self.shares) == [0.75])
    // A place that is not there has no number, and so no probabilities.
    let none = formula.add(.found([0.25], at: least), width: 1)
    #expect(formula.numbers(ofRow: none, Self.shares)[0].isNaN)
    let after = formula.add(.found([1], at: none), width: 1)
    #expect(formula.numbers(ofRow: after, Self.shares)[0].isNaN)
    let picked = formula.add(.picked(scores, [1, 0]), width: 2)
    #expect(formula.numbers(ofRow: picked, Self.shares) == [0.75, 0.25])
  }

  @Test(
    arguments: [
      (.exponential, 0, 1), (.magnitude, -2, 2), (.isZero, 0, 1), (.isZero, 3, 0),
      (.isNotZero, -0.5, 1), (.whole, -1.75, -1), (.clipped(0, 1), 7, 1), (.clipped(0, 1), -7, 0),
    ] as [(Formula.Function, Float, Float)])
  func aFunctionIsOfEachNumber(_ function: Formula.Function, _ number: Float, _ result: Float) {
    #expect(function(number) == result)
  }
}
