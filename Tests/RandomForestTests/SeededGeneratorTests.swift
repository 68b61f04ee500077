import RandomForest
import Testing

struct SeededGeneratorTests {
  struct Sequence: Decodable, CustomTestStringConvertible {
    let seed: UInt64
    let stream: UInt64
    /// As strings, because they have 64 bits.
    let numbers: [String]

    var testDescription: String { "seed \(seed), stream \(stream)" }
  }

  struct Values: Decodable {
    let sequences: [Sequence]
  }

  // Golden/generator.py implements the published algorithms a second time.
  @Test(arguments: Golden.read("generator", as: Values.self).sequences)
  func sequencesAreThoseOfTheGoldenScript(golden: Sequence) {
    var generator = SeededGenerator(seed: golden.seed, stream: golden.stream)
    #expect(golden.numbers.map { _ in "\(generator.next())" } == golden.numbers)
  }

  @Test func drawsBelowABoundAreUniform() {
    var generator = SeededGenerator(seed: 3)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.below(7)] += 1 }
    // Chi-squared with 6 degrees of freedom: 22.5 is its 0.1% point.
    let statistic = counts.reduce(0.0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 1e4 }
    #expect(statistic < 22.5)
  }

  @Test func uniformNumbersStayBelowOne() {
    var generator = SeededGenerator(seed: 4)
    let numbers = (0..<10_000).map { _ in generator.uniform() }
    #expect(numbers.allSatisfy { 0..<1 ~= $0 })
    #expect(abs(numbers.reduce(0, +) / 10_000 - 0.5) < 0.02)
  }
}
