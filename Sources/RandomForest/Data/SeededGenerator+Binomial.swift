import POSIX

extension SeededGenerator {
  /// How many of n independent trials succeed, each with the probability p.
  ///
  /// Inversion by sequential search for small means (Kachitvichyanukul and Schmeiser, 1988), else
  /// transformed rejection (Hörmann, "The generation of binomial random variates", 1993, BTRS).
  ///
  /// - Precondition: n is not negative, p lies between 0 and 1.
  public mutating func binomial(_ n: Int, _ p: Double) -> Int {
    precondition(n >= 0 && p >= 0 && p <= 1, "a binomial has trials and a probability")
    if p > 0.5 { return n - binomial(n, 1 - p) }
    if n == 0 || p == 0 { return 0 }
    return Double(n) * p < 10 ? inverted(n, p) : rejected(n, p)
  }

  /// How often each row comes in draws with replacement, rows that come at least once in order.
  ///
  /// - Parameter total: the sum of the weights.
  mutating func multinomial(
    _ draws: Int, _ weights: some Sequence<some BinaryInteger>, total: Int,
    _ body: (_ row: Int, _ count: Int) throws -> Void
  ) rethrows {
    // Each row's count, given those before it, is binomial.
    var draws = draws
    var rest = total
    for (row, weight) in weights.enumerated() where draws > 0 {
      let count = rest == Int(weight) ? draws : binomial(draws, Double(weight) / Double(rest))
      if count > 0 { try body(row, count) }
      draws -= count
      rest -= Int(weight)
    }
  }

  private mutating func inverted(_ n: Int, _ p: Double) -> Int {
    let odds = p / (1 - p)
    let first = exp(Double(n) * log1p(-p))
    while true {
      var probability = first
      var rest = uniform()
      // The tail beyond this count has less weight than a draw can show.
      for count in 0...min(n, 110) {
        if rest < probability { return count }
        rest -= probability
        probability *= odds * Double(n - count) / Double(count + 1)
      }
    }
  }

  private mutating func rejected(_ trials: Int, _ p: Double) -> Int {
    let n = Double(trials)
    let odds = p / (1 - p)
    let deviation = (n * p * (1 - p)).squareRoot()
    let b = 1.15 + 2.53 * deviation
    let a = -0.0873 + 0.0248 * b + 0.01 * p
    let center = n * p + 0.5
    let acceptance = 0.92 - 4.2 / b
    let alpha = (2.83 + 5.1 / b) * deviation
    let mode = ((n + 1) * p).rounded(.down)
    while true {
      let u = uniform() - 0.5
      var v = uniform()
      let tail = 0.5 - u.magnitude
      let k = ((2 * a / tail + b) * u + center).rounded(.down)
      if tail >= 0.07, v <= acceptance { return Int(k) }
      guard k >= 0, k <= n else { continue }
      v = log(v * alpha / (a / (tail * tail) + b))
      let bound =
        (mode + 0.5) * log((mode + 1) / (odds * (n - mode + 1)))
        + (n + 1) * log((n - mode + 1) / (n - k + 1))
        + (k + 0.5) * log(odds * (n - k + 1) / (k + 1))
        + Self.stirling(mode) + Self.stirling(n - mode) - Self.stirling(k) - Self.stirling(n - k)
      if v <= bound { return Int(k) }
    }
  }

  /// What Stirling's formula leaves of log k!.
  private static func stirling(_ k: Double) -> Double {
    if k < 10 { return smallStirling[Int(k)] }
    let square = (k + 1) * (k + 1)
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)
  }

  /// log k! - ((k + ½) log(k + 1) - (k + 1) + ½ log 2π) for k below 10.
  private static let smallStirling: [Double] = (0..<10).map { k in
    let n = Double(k) + 1
    return lgamma(n) - ((n - 0.5) * log(n) - n + 0.5 * log(2 * Double.pi))
  }
}
