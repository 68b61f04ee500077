import POSIX
import Patients
public import RandomForest

/// How a field was distributed in the training and is now, in the same few bins.
public struct DriftHistogram: Sendable, Equatable {
  /// How great a change is.
  public enum Size: String, Sendable {
    /// Below 0.1.
    case small
    /// From 0.1 to 0.25.
    case moderate
    /// Above that.
    case large
  }

  /// What parts the bins of a number, ascending: the first bin lies below the first bound, the last one
  /// begins at the last. Empty for a category.
  public let bounds: [Double]
  /// The category of each bin; nil for all those that have no bin of their own. Empty for a number.
  public let levels: [String?]
  /// How many training rows lie in each bin.
  public let reference: [Int]
  /// How many patients do.
  public let sample: [Int]

  /// The most bins, and so few patients at least for each.
  static let mostBins = 10
  private static let leastPerBin = 25

  /// Divides the range of the training rows, without a hundredth at either end, into bins of a round width.
  ///
  /// - Returns: nil when all training rows have one value, or about.
  init?(reference: ValueCounts, sample: ValueCounts, isWhole: Bool) {
    let count = max(4, min(Self.mostBins, sample.sampleCount / Self.leastPerBin))
    let (low, high) = (reference.quantile(0.01), reference.quantile(0.99))
    guard low < high else { return nil }
    let least = (high - low) / Double(count)
    let power = pow(10, floor(log10(least)))
    // Just below a round number it is that number.
    let step = ([1, 2, 5, 10].first { $0 * power >= least * (1 - 1e-9) } ?? 10) * power
    let width = isWhole ? max(1, step) : step
    let first = (low / width).rounded(.down) + 1
    let bounds = (0..<count).map { (first + Double($0)) * width }.filter { $0 <= high }
    guard !bounds.isEmpty, bounds.allSatisfy(\.isFinite) else { return nil }
    self.bounds = bounds
    levels = []
    self.reference = reference.counts(between: bounds)
    self.sample = sample.counts(between: bounds)
  }

  /// Counts categories; of more than find room the rarest share a bin.
  init(levels: [String], reference: [Int], sample: [Int]) {
    bounds = []
    guard levels.count > Self.mostBins else {
      self.levels = levels
      (self.reference, self.sample) = (reference, sample)
      return
    }
    let sizes = (Double(max(1, reference.reduce(0, +))), Double(max(1, sample.reduce(0, +))))
    let frequent = levels.indices.sorted {
      let shares = [$0, $1].map {
        Double(reference[$0]) / sizes.0 + Double(sample[$0]) / sizes.1
      }
      return shares[0] != shares[1] ? shares[0] > shares[1] : $0 < $1
    }.prefix(Self.mostBins - 1).sorted()
    func pooled(_ counts: [Int]) -> [Int] {
      let own = frequent.map { counts[$0] }
      return own + [counts.reduce(0, +) - own.reduce(0, +)]
    }
    self.levels = frequent.map { levels[$0] } + [nil]
    self.reference = pooled(reference)
    self.sample = pooled(sample)
  }

  /// The population stability index: the sum of (q − p) ln(q / p) over the bins, with the shares p of the
  /// training and q of now. Half a patient is added to each bin, so that an empty one counts too.
  public var stabilityIndex: Double {
    func shares(_ counts: [Int]) -> [Double] {
      let total = Double(counts.reduce(0, +)) + 0.5 * Double(counts.count)
      return counts.map { (Double($0) + 0.5) / total }
    }
    return zip(shares(reference), shares(sample)).reduce(0) { sum, share in
      sum + (share.1 - share.0) * log(share.1 / share.0)
    }
  }

  /// How great that is (Siddiqi, "Credit Risk Scorecards", 2006).
  public var size: Size {
    switch stabilityIndex {
    case ..<0.1: .small
    case ...0.25: .moderate
    default: .large
    }
  }
}

extension ValueCounts {
  /// The least value such that this share of the samples is no greater.
  fileprivate func quantile(_ share: Double) -> Double {
    let rank = share * Double(sampleCount)
    var below = 0
    for (value, count) in zip(values, counts) {
      below += count
      if Double(below) >= rank { return value }
    }
    return values.last ?? 0
  }

  /// How many samples lie below the first bound, between two, and from the last on.
  fileprivate func counts(between bounds: [Double]) -> [Int] {
    var result = [Int](repeating: 0, count: bounds.count + 1)
    var bin = 0
    for (value, count) in zip(values, counts) {
      while bin < bounds.count, value >= bounds[bin] { bin += 1 }
      result[bin] += count
    }
    return result
  }
}
