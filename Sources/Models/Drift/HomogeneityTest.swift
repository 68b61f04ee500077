import POSIX

/// Whether two sets of samples have the same shares of levels.
///
/// Pearson's chi-squared test, for which every expected count must be large enough: the rarest levels
/// are pooled until each is 5 (Cochran 1954). Two levels that are rarer still are judged by Fisher's
/// exact test.
public struct HomogeneityTest: Sendable, Equatable {
  /// What the p-value was taken from.
  public enum Method: String, Sendable {
    /// The chi-squared distribution.
    case chiSquared = "chi2"
    /// The hypergeometric distribution (Fisher's exact test, two-sided).
    case fisher
  }

  /// Pearson's statistic, of the levels as they were pooled.
  public let statistic: Double
  /// How likely so great a difference is, or a greater one, when the shares are the same.
  public let pValue: Double
  /// What the p-value was taken from.
  public let method: Method

  /// The least expected count of a level for the chi-squared distribution to hold.
  static let leastExpected = 5.0

  /// Compares the counts of each level.
  ///
  /// - Precondition: both have a count for each level, and neither is empty.
  public init(reference: [Int], sample: [Int]) {
    precondition(reference.count == sample.count, "both count the same levels")
    let sizes = (reference.reduce(0, +), sample.reduce(0, +))
    precondition(sizes.0 > 0 && sizes.1 > 0, "both have samples")
    let smaller = Double(min(sizes.0, sizes.1)) / Double(sizes.0 + sizes.1)
    func isRare(_ level: (Int, Int)) -> Bool {
      smaller * Double(level.0 + level.1) < Self.leastExpected
    }
    var levels = zip(reference, sample).filter { $0 + $1 > 0 }
    levels.sort { $0.0 + $0.1 > $1.0 + $1.1 }
    while levels.count > 2, isRare(levels[levels.count - 1]) {
      let rarest = levels.removeLast()
      levels[levels.count - 1].0 += rarest.0
      levels[levels.count - 1].1 += rarest.1
      levels.sort { $0.0 + $0.1 > $1.0 + $1.1 }
    }
    statistic = Self.pearson(levels, sizes)
    if levels.count < 2 {
      // One level is all that either has.
      method = .chiSquared
      pValue = 1
    } else if isRare(levels[levels.count - 1]) {
      method = .fisher
      pValue = Self.fisher(levels[0], levels[1])
    } else {
      method = .chiSquared
      pValue = Self.survival(statistic, degrees: levels.count - 1)
    }
  }

  /// What the chi-squared distribution has above a value.
  static func survival(_ statistic: Double, degrees: Int) -> Double {
    upperIncompleteGamma(Double(degrees) / 2, statistic / 2)
  }

  private static func pearson(_ levels: [(Int, Int)], _ sizes: (Int, Int)) -> Double {
    let total = Double(sizes.0 + sizes.1)
    return levels.reduce(0) { sum, level in
      let both = Double(level.0 + level.1)
      let expected = (both * Double(sizes.0) / total, both * Double(sizes.1) / total)
      let difference = Double(level.0) - expected.0
      return sum + difference * difference * (1 / expected.0 + 1 / expected.1)
    }
  }

  /// The probability of all tables with the same margins that are no likelier than this one.
  static func fisher(_ first: (Int, Int), _ second: (Int, Int)) -> Double {
    let rows = (first.0 + first.1, second.0 + second.1)
    let column = first.0 + second.0
    func logChoose(_ n: Int, _ k: Int) -> Double {
      logGamma(Double(n + 1)) - logGamma(Double(k + 1)) - logGamma(Double(n - k + 1))
    }
    let whole = logChoose(rows.0 + rows.1, column)
    func probability(_ count: Int) -> Double {
      exp(logChoose(rows.0, count) + logChoose(rows.1, column - count) - whole)
    }
    // Tables of the same probability may differ by rounding.
    let limit = probability(first.0) * (1 + 1e-7)
    let possible = max(0, column - rows.1)...min(rows.0, column)
    return min(1, possible.map(probability).filter { $0 <= limit }.reduce(0, +))
  }
}
