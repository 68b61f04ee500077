import POSIX

/// Gauss–Legendre quadrature on [0, 1]: n points integrate polynomials of degrees below 2n exactly.
struct GaussLegendre {
  typealias Lanes = SIMD8<Double>

  /// Some of the points; those that fill the lanes up weigh nothing.
  struct Points {
    var places = Lanes(repeating: 0.5)
    /// 1 - places.
    var rest = Lanes(repeating: 0.5)
    var weights = Lanes.zero
  }

  let points: [Points]

  /// Finds the roots of the Legendre polynomial by Newton's method, to the last bits.
  init(pointCount: Int) {
    let count = Double(pointCount)
    var points = [Points](
      repeating: Points(), count: (pointCount + Lanes.scalarCount - 1) / Lanes.scalarCount)
    for index in 0..<pointCount {
      var root = cos(.pi * (Double(index) + 0.75) / (count + 0.5))
      var slope = 0.0
      for _ in 0..<8 {
        var (before, value) = (0.0, 1.0)
        for degree in 1...pointCount {
          let degree = Double(degree)
          (before, value) = (
            value, ((2 * degree - 1) * root * value - (degree - 1) * before) / degree
          )
        }
        slope = count * (root * value - before) / (root * root - 1)
        root -= value / slope
      }
      let (group, lane) = index.quotientAndRemainder(dividingBy: Lanes.scalarCount)
      points[group].places[lane] = (1 - root) / 2
      points[group].rest[lane] = (1 + root) / 2
      points[group].weights[lane] = 1 / ((1 - root * root) * slope * slope)
    }
    self.points = points
  }
}
