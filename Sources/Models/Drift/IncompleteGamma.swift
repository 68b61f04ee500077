import POSIX

/// The regularised upper incomplete gamma function Q(a, x), which is what a chi-squared or a gamma
/// distribution has above x.
///
/// The power series (DLMF 8.11.4) below a + 1 and the continued fraction (DLMF 8.9.2), evaluated by
/// Lentz's method (1976), above it: each converges fast where it is used.
///
/// - Precondition: `a` is positive and `x` is not negative.
func upperIncompleteGamma(_ a: Double, _ x: Double) -> Double {
  precondition(a > 0 && x >= 0, "Q(a, x) is defined for positive a and x of at least 0")
  if x == 0 { return 1 }
  if x.isInfinite { return 0 }
  let factor = exp(a * log(x) - x - logGamma(a))
  return x < a + 1 ? 1 - factor * lowerSeries(a, x) : factor * upperFraction(a, x)
}

/// The logarithm of the gamma function of a positive number.
func logGamma(_ x: Double) -> Double {
  // The variant that writes its sign to a place of ours: the other one writes to a global.
  var sign: Int32 = 0
  return lgamma_r(x, &sign)
}

/// The sum of xⁿ / (a (a + 1) … (a + n)).
private func lowerSeries(_ a: Double, _ x: Double) -> Double {
  var term = 1 / a
  var sum = term
  var next = a
  while term > sum * 0x1p-54 {
    next += 1
    term *= x / next
    sum += term
  }
  return sum
}

/// 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / (x + 5 - a - …))).
private func upperFraction(_ a: Double, _ x: Double) -> Double {
  let tiny = Double.leastNormalMagnitude / .ulpOfOne
  var denominator = x + 1 - a
  var c = 1 / tiny
  var d = 1 / denominator
  var value = d
  for step in 1...10_000 {
    let numerator = -Double(step) * (Double(step) - a)
    denominator += 2
    d = numerator * d + denominator
    if abs(d) < tiny { d = tiny }
    c = denominator + numerator / c
    if abs(c) < tiny { c = tiny }
    d = 1 / d
    value *= d * c
    if abs(d * c - 1) < .ulpOfOne { break }
  }
  return value
}
