import POSIX
import RandomForest
import Testing

/// Binomial draws against the exact probabilities.
struct BinomialTests {
  struct Case: CustomTestStringConvertible {
    let trials: Int
    let probability: Double

    var testDescription: String { "\(trials) trials of \(probability)" }

    /// The probability of a count of successes.
    func mass(_ successes: Int) -> Double {
      let (n, k) = (Double(trials), Double(successes))
      let ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
      return exp(ways + k * log(probability) + (n - k) * log1p(-probability))
    }
  }

  /// Both methods, means below and above 10 where they meet, and more successes than failures.
  static let cases = [
    Case(trials: 1, probability: 0.3), Case(trials: 20, probability: 0.3),
    Case(trials: 1000, probability: 0.005), Case(trials: 400_000, probability: 0.00002),
    Case(trials: 18, probability: 0.5), Case(trials: 20, probability: 0.5),
    Case(trials: 99, probability: 0.1), Case(trials: 101, probability: 0.1),
    Case(trials: 25, probability: 0.45), Case(trials: 60, probability: 0.3),
    Case(trials: 12, probability: 0.9), Case(trials: 90, probability: 0.7),
    Case(trials: 5000, probability: 0.02), Case(trials: 100_000, probability: 0.25),
    Case(trials: 1_000_000, probability: 0.995),
  ]

  @Test(arguments: cases)
  func drawsHaveTheExactDistribution(binomial: Case) {
    let draws = 60_000
    var generator = SeededGenerator(seed: 12)
    var counts: [Int: Int] = [:]
    for _ in 0..<draws {
      counts[generator.binomial(binomial.trials, binomial.probability), default: 0] += 1
    }
    #expect(counts.keys.allSatisfy { 0...binomial.trials ~= $0 })
    // Neighbouring counts are taken together until 20 draws of them are to be expected, from where
    // the counts begin to matter to where they cease.
    let mean = Double(binomial.trials) * binomial.probability
    let reach = 8 * (mean * (1 - binomial.probability)).squareRoot() + 8
    let range = max(0, Int(mean - reach))...min(binomial.trials, Int(mean + reach))
    var (statistic, degrees) = (0.0, -1)
    var (expected, observed) = (0.0, 0)
    var (expectedAfter, observedAfter) = (Double(draws), draws)
    for successes in range {
      expected += Double(draws) * binomial.mass(successes)
      observed += counts[successes] ?? 0
      let isLast = successes == range.upperBound
      guard isLast || (expected >= 20 && expectedAfter - expected >= 20) else { continue }
      // The last group takes what lies beyond.
      if isLast { (expected, observed) = (expectedAfter, observedAfter) }
      statistic += (Double(observed) - expected) * (Double(observed) - expected) / expected
      degrees += 1
      expectedAfter -= expected
      observedAfter -= observed
      (expected, observed) = (0, 0)
    }
    #expect(degrees > 0)
    #expect(statistic < chiSquaredLimit(degrees: degrees))
  }

  @Test func certainOutcomesAreCertain() {
    var generator = SeededGenerator(seed: 1)
    for trials in [0, 1, 7, 1_000_000] {
      #expect(generator.binomial(trials, 0) == 0)
      #expect(generator.binomial(trials, 1) == trials)
    }
  }

  @Test func drawsOfAllTheSamplesThereCanBeHaveTheMeanAndTheVariance() {
    // As many trials as a training has samples at most; a probability of a few of them.
    let (trials, probability) = (Int(Int32.max), 0.001)
    var generator = SeededGenerator(seed: 13)
    let draws = Moments(
      of: (0..<20_000).map { _ in Double(generator.binomial(trials, probability)) })
    let mean = Double(trials) * probability
    let variance = mean * (1 - probability)
    // The fourth central moment of what is nearly a normal distribution.
    let exact = Moments(
      count: 1 << 40, mean: mean, variance: variance, fourthMoment: 3 * variance * variance)
    let distances = draws.distances(to: exact)
    #expect(distances.mean < 4 && distances.variance < 4)
  }
}
