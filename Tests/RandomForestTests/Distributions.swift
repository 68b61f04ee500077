import Testing

/// What a statistic does over many seeds.
struct Moments {
  let count: Double
  let mean: Double
  let variance: Double
  /// The fourth central moment, which tells how well the variance is known.
  let fourthMoment: Double

  init(count: Int, mean: Double, variance: Double, fourthMoment: Double) {
    self.count = Double(count)
    self.mean = mean
    self.variance = variance
    self.fourthMoment = fourthMoment
  }

  init(of values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.map { ($0 - mean) * ($0 - mean) }
    self.init(
      count: values.count, mean: mean, variance: squares.reduce(0, +) / (count - 1),
      fourthMoment: squares.reduce(0) { $0 + $1 * $1 } / count)
  }

  /// How many standard errors the means and the variances of two samples lie apart.
  func distances(to other: Moments) -> (mean: Double, variance: Double) {
    func ratio(_ difference: Double, _ a: Double, _ b: Double) -> Double {
      // Where nothing varies, rounding is all that may differ.
      abs(difference) < 1e-12 ? 0 : abs(difference) / (a + b).squareRoot()
    }
    func errorOfVariance(_ moments: Moments) -> Double {
      max(0, moments.fourthMoment - moments.variance * moments.variance) / moments.count
    }
    return (
      ratio(mean - other.mean, variance / count, other.variance / other.count),
      ratio(variance - other.variance, errorOfVariance(self), errorOfVariance(other))
    )
  }
}

/// What a chi-squared statistic exceeds once in 30,000 times when all is as supposed (Wilson and
/// Hilferty's approximation, 1931, at 4 standard deviations).
func chiSquaredLimit(degrees: Int) -> Double {
  let variance = 2 / (9 * Double(degrees))
  let root = 1 - variance + 4 * variance.squareRoot()
  return Double(degrees) * root * root * root
}

/// The moments of named statistics that a golden file states.
struct GoldenMoments: Decodable {
  let names: [String]
  private let count: Int
  private let means: [Double]
  private let variances: [Double]
  private let fourth_moments: [Double]

  subscript(index: Int) -> Moments {
    Moments(
      count: count, mean: means[index], variance: variances[index],
      fourthMoment: fourth_moments[index])
  }

  /// Expects that draws of the same statistics, one list a seed, have the same distribution as far
  /// as means and variances tell: they lie less than 4 standard errors apart.
  func expectAgreement(
    with draws: [[Double]], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (index, name) in names.enumerated() {
      let distances = Moments(of: draws.map { $0[index] }).distances(to: self[index])
      #expect(distances.mean < 4, "mean of the \(name)", sourceLocation: sourceLocation)
      #expect(distances.variance < 4, "variance of the \(name)", sourceLocation: sourceLocation)
    }
    #expect(draws.allSatisfy { $0.count == names.count }, sourceLocation: sourceLocation)
  }
}
