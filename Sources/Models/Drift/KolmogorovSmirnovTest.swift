import POSIX
public import RandomForest

/// The two-sided test of Kolmogorov and Smirnov: whether two sets of numbers come from one
/// distribution.
///
/// Equal values make the test say "drift" less often than it is allowed to, never more often.
public struct KolmogorovSmirnovTest: Sendable, Equatable {
  /// The greatest distance between the two empirical distribution functions, from 0 to 1.
  public let statistic: Double
  /// How likely so great a distance is, or a greater one, when both come from one distribution.
  public let pValue: Double

  /// The exact distribution is used while the product of the sizes is no greater.
  static let exactLimit = 1_000_000

  /// Compares a sample with a reference. Of a grouped reference nothing is known inside of its groups,
  /// so the distance is taken at their ends.
  ///
  /// - Precondition: neither is empty, and the sample is not grouped.
  public init(reference: ValueCounts, sample: ValueCounts) {
    let m = reference.sampleCount
    let n = sample.sampleCount
    precondition(m > 0 && n > 0 && !sample.isGrouped, "both have values")
    let distance = Self.distance(reference, sample)
    statistic = Double(distance) / (Double(m) * Double(n))
    pValue =
      m <= Self.exactLimit / n
      ? Self.exactSurvival(distance, m, n) : Self.asymptoticSurvival(statistic, m, n)
  }

  /// The greatest |i·n − j·m|, where i values of the reference and j of the sample are no greater
  /// than a value: a whole number, so that nothing is lost to rounding.
  private static func distance(_ reference: ValueCounts, _ sample: ValueCounts) -> Int {
    let m = reference.sampleCount
    let n = sample.sampleCount
    var (i, j) = (0, 0)
    var (place, other) = (0, 0)
    var greatest = 0
    while place < reference.values.count {
      let value = reference.values[place]
      while other < sample.values.count, sample.values[other] < value {
        j += sample.counts[other]
        other += 1
        // Below the least value and above the greatest the reference is known in any case.
        if !reference.isGrouped || i == 0 { greatest = max(greatest, abs(i * n - j * m)) }
      }
      i += reference.counts[place]
      if other < sample.values.count, sample.values[other] == value {
        j += sample.counts[other]
        other += 1
      }
      place += 1
      greatest = max(greatest, abs(i * n - j * m))
    }
    return greatest
  }

  /// The exact probability that a random order of m and n values has somewhere a distance of at
  /// least `distance` (Hodges 1958, in the form of Viehmann 2021, whose sums have no differences
  /// that rounding would spoil).
  ///
  /// - Complexity: O(m · n) for the greatest distance, less for a smaller one.
  static func exactSurvival(_ distance: Int, _ m: Int, _ n: Int) -> Double {
    guard distance > 0 else { return 1 }
    // Row by row from the end: the chance to go too far, which is 1 where that has happened.
    var chances = [Double](repeating: 1, count: n + 1)
    var last = n
    for i in (0...m).reversed() {
      // Between them |i·n − j·m| is less than the distance.
      let first = max(0, i * n < distance ? 0 : (i * n - distance) / m + 1)
      let end = min(n, (i * n + distance + m - 1) / m - 1)
      while last > end {
        chances[last] = 1
        last -= 1
      }
      guard first <= end else { continue }
      for j in (first...end).reversed() {
        let left = m - i + n - j
        let down = i < m ? Double(m - i) * chances[j] : 0
        let across = j < n ? Double(n - j) * chances[j + 1] : 0
        chances[j] = left > 0 ? (down + across) / Double(left) : 0
      }
    }
    return chances[0]
  }

  /// Kolmogorov's limit with Stephens's correction for small samples (1970).
  static func asymptoticSurvival(_ statistic: Double, _ m: Int, _ n: Int) -> Double {
    let root = (Double(m) * Double(n) / Double(m + n)).squareRoot()
    return kolmogorovSurvival((root + 0.12 + 0.11 / root) * statistic)
  }

  /// What Kolmogorov's distribution has above a value: the alternating series, or Jacobi's other form
  /// of it where that converges slowly.
  static func kolmogorovSurvival(_ x: Double) -> Double {
    if x < 0.04 { return 1 }
    if x < 1.18 {
      let base = exp(-Double.pi * Double.pi / (8 * x * x))
      let sum = base + pow(base, 9) + pow(base, 25) + pow(base, 49)
      return 1 - (2 * Double.pi).squareRoot() / x * sum
    }
    let base = exp(-2 * x * x)
    return 2 * (base - pow(base, 4) + pow(base, 9) - pow(base, 16))
  }
}
