/// A share of samples, and how far it can be relied on.
public struct Proportion: Sendable, Equatable {
  /// How many samples it is true of.
  public let count: Int
  /// The number of samples, at least 1.
  public let total: Int

  /// Creates a proportion.
  ///
  /// - Precondition: there is a sample, and it is true of no more than there are.
  public init(_ count: Int, of total: Int) {
    precondition(total > 0 && 0...total ~= count, "a share is of some samples")
    self.count = count
    self.total = total
  }

  /// The share, 0 to 1.
  public var share: Double { Double(count) / Double(total) }

  /// The interval that holds the true share with 95% confidence (Wilson, "Probable inference, the law
  /// of succession, and statistical inference", 1927).
  public var interval: ClosedRange<Double> { Self.interval(of: share, total: total) }

  /// The same of a share that is a mean, as of several cross-validations of the same samples, which
  /// tell no more than one of so many samples.
  ///
  /// - Precondition: there is a sample, and the share is one.
  public static func interval(of share: Double, total: Int) -> ClosedRange<Double> {
    precondition(total > 0 && 0...1 ~= share, "a share is of some samples")
    let n = Double(total)
    let z = 1.959964
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let reach =
      z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    // Exact where rounding would leave a hair's breadth.
    return (share == 0 ? 0 : max(0, middle - reach))...(share == 1 ? 1 : min(1, middle + reach))
  }
}
