import POSIX

/// Sharpens or softens probabilities by one number (Platt, 1999; Guo et al., "On calibration of
/// modern neural networks", 2017, section 4.2).
///
/// Each probability is raised to the power 1/temperature and the row is scaled to add up to 1 again;
/// the order of the classes stays.
public struct TemperatureCalibration: Sendable, Equatable {
  /// Above 1 softens, below 1 sharpens.
  public let temperature: Double

  /// Restores a calibration.
  public init(temperature: Double) {
    precondition(temperature > 0, "a temperature is positive")
    self.temperature = temperature
  }

  /// Finds the temperature, from 1/100 to 100, of the least log-loss, to a relative 1e-9.
  ///
  /// - Throws: `CalibrationError` when no sample has known probabilities.
  public init(fitting samples: CalibrationSamples) throws(CalibrationError) {
    guard samples.count > 0 else { throw .noSamples }
    func loss(_ logTemperature: Double) -> Double {
      let calibration = TemperatureCalibration(temperature: exp(logTemperature))
      return samples.rows.reduce(0) { sum, row in
        let own = calibration.calibrated(row.probabilities)[row.label]
        return sum - Double(row.weight) * log(max(own, .leastNormalMagnitude))
      }
    }
    // The loss is convex in 1/temperature, so it has one valley: golden-section search.
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (log(0.01), log(100.0))
    var (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
    var (lossA, lossB) = (loss(a), loss(b))
    while high - low > 1e-9 {
      if lossA <= lossB {
        (high, b, lossB) = (b, a, lossA)
        a = high - ratio * (high - low)
        lossA = loss(a)
      } else {
        (low, a, lossA) = (a, b, lossB)
        b = low + ratio * (high - low)
        lossB = loss(b)
      }
    }
    self.init(temperature: exp((low + high) / 2))
  }

  /// The probabilities of one sample, shape (classCount), calibrated; NaN where one of them is.
  public func calibrated(_ probabilities: [Double]) -> [Double] {
    // No probability counts as less than 2⁻⁵², or no temperature could revive it.
    let powers = probabilities.map { pow(max($0, .ulpOfOne), 1 / temperature) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}

/// Replaces each class's probability by the share of samples that were of the class when it was
/// stated, as a rising step function (Zadrozny and Elkan, 2002), and scales the rows to add up to 1.
public struct IsotonicCalibration: Sendable, Equatable {
  /// One class's function: linear between the points, flat beyond them.
  public struct Curve: Sendable, Equatable {
    /// Stated probabilities, ascending.
    public let stated: [Double]
    /// What each was worth, ascending.
    public let observed: [Double]

    /// The function's value; NaN for NaN.
    public func callAsFunction(_ probability: Double) -> Double {
      guard !probability.isNaN else { return probability }
      let above = stated.firstIndex { $0 >= probability } ?? stated.count
      if above == stated.count { return observed.last ?? probability }
      if above == 0 || stated[above] == probability { return observed[above] }
      let share = (probability - stated[above - 1]) / (stated[above] - stated[above - 1])
      // Rounding may not lead beyond the next point, or the curve would fall there.
      return min(
        observed[above], observed[above - 1] + share * (observed[above] - observed[above - 1]))
    }
  }

  /// One curve a class.
  public let curves: [Curve]

  /// Fits the curves by pooling adjacent violators (Ayer et al., 1955).
  ///
  /// - Throws: `CalibrationError` when no sample has known probabilities.
  public init(fitting samples: CalibrationSamples) throws(CalibrationError) {
    guard samples.count > 0 else { throw .noSamples }
    curves = (0..<samples.classCount).map { label in
      Self.fit(
        samples.rows.map { row in
          (row.probabilities[label], row.label == label ? 1.0 : 0.0, Double(row.weight))
        })
    }
  }

  private struct Block {
    var first: Double
    var last: Double
    var sum: Double
    var count: Double
    var mean: Double { sum / count }
  }

  private static func fit(_ points: [(stated: Double, outcome: Double, weight: Double)]) -> Curve {
    var blocks: [Block] = []
    for point in points.sorted(by: { $0.stated < $1.stated }) {
      if let last = blocks.last, last.last == point.stated, last.first == last.last {
        blocks[blocks.count - 1].sum += point.weight * point.outcome
        blocks[blocks.count - 1].count += point.weight
      } else {
        blocks.append(
          Block(
            first: point.stated, last: point.stated, sum: point.weight * point.outcome,
            count: point.weight))
      }
    }
    var pooled: [Block] = []
    for block in blocks {
      pooled.append(block)
      while pooled.count > 1, pooled[pooled.count - 2].mean >= pooled[pooled.count - 1].mean {
        let last = pooled.removeLast()
        pooled[pooled.count - 1].last = last.last
        pooled[pooled.count - 1].sum += last.sum
        pooled[pooled.count - 1].count += last.count
      }
    }
    var stated: [Double] = []
    var observed: [Double] = []
    for block in pooled {
      for end in block.first == block.last ? [block.first] : [block.first, block.last] {
        stated.append(end)
        observed.append(block.mean)
      }
    }
    return Curve(stated: stated, observed: observed)
  }

  /// The probabilities of one sample, shape (classCount), calibrated; unchanged when every curve says
  /// 0 or one of them is NaN.
  public func calibrated(_ probabilities: [Double]) -> [Double] {
    let raised = zip(curves, probabilities).map { $0($1) }
    let sum = raised.reduce(0, +)
    return sum > 0 ? raised.map { $0 / sum } : probabilities
  }
}
