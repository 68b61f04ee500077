import POSIX

/// Student's t distribution with a whole number of degrees of freedom.
enum StudentT {
  /// The probability that |t| is at most a number (Abramowitz and Stegun, 1964, 26.7.3 and 26.7.4).
  ///
  /// - Precondition: `degrees` is 1 or more, `t` is 0 or more.
  static func centralProbability(_ t: Double, degrees: Int) -> Double {
    let angle = atan(t / Double(degrees).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    let isOdd = !degrees.isMultiple(of: 2)
    if degrees == 1 { return 2 * angle / .pi }
    var term = isOdd ? cosine : 1
    var sum = term
    for factor in stride(from: isOdd ? 3 : 2, to: degrees, by: 2) {
      term *= cosine * cosine * Double(factor - 1) / Double(factor)
      sum += term
    }
    return isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
  }

  /// The number that |t| exceeds with probability 1 - `confidence`, to a relative 1e-12.
  ///
  /// - Precondition: `degrees` is 1 or more, `confidence` lies between 0 and 1.
  static func quantile(confidence: Double, degrees: Int) -> Double {
    var (low, high) = (0.0, 1.0)
    while centralProbability(high, degrees: degrees) < confidence { high *= 2 }
    while high - low > 1e-12 * high {
      let middle = (low + high) / 2
      if centralProbability(middle, degrees: degrees) < confidence {
        low = middle
      } else {
        high = middle
      }
    }
    return (low + high) / 2
  }
}
