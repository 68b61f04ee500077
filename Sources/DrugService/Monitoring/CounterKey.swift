/// The key of a counter: its kind in the highest byte, and what tells it from others of its kind below.
enum CounterKey {
  enum Kind: UInt64 {
    /// Route, method, status.
    case request = 1
    /// Route, bucket; the sum in nanoseconds under the last bucket but one.
    case duration
    /// Drug, model version.
    case prediction
    case needsReview
    /// Field, reason.
    case rejected
    /// Outcome.
    case modelLoad
    /// Bucket.
    case commitRecords
    /// Bucket.
    case commitDuration
    /// Code.
    case commitFailure
    /// Outcome.
    case retraining
    /// Bucket.
    case retrainingDuration
    /// Lane.
    case refused
    /// Reason.
    case signInFailure
    /// Outcome.
    case span
  }

  static func request(route: Int, method: Int, status: Int) -> UInt64 {
    key(.request, UInt64(route) << 24 | UInt64(method) << 16 | UInt64(status & 0xffff))
  }

  static func prediction(drug: Int, version: UInt64) -> UInt64 {
    key(.prediction, UInt64(drug) << 48 | version & 0xffff_ffff_ffff)
  }

  static func rejected(field: Int, reason: Int) -> UInt64 {
    key(.rejected, UInt64(field) << 8 | UInt64(reason))
  }

  /// A counter that one number tells from others of its kind.
  static func plain(_ kind: Kind, _ number: Int = 0) -> UInt64 { key(kind, UInt64(number)) }

  /// A bucket of a histogram, or its sum.
  static func histogram(_ kind: Kind, label: Int, bucket: Int) -> UInt64 {
    key(kind, UInt64(label) << 8 | UInt64(bucket))
  }

  private static func key(_ kind: Kind, _ rest: UInt64) -> UInt64 { kind.rawValue << 56 | rest }
}

/// The buckets of a histogram.
struct Buckets: Sendable {
  /// The upper bounds, each part of its bucket; what is above the last is in one more.
  let bounds: [UInt64]
  /// How many units of the bounds make one of the metric's.
  let unitsInOne: Double

  /// The number under which the sum is counted.
  static let sum = 255

  /// The bucket of a value.
  func index(of value: UInt64) -> Int {
    var index = 0
    while index < bounds.count, bounds[index] < value { index += 1 }
    return index
  }

  /// From 50 microseconds to 10 seconds, counted in nanoseconds.
  static let requestSeconds = Buckets(
    bounds: [
      50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
      50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000,
      5_000_000_000, 10_000_000_000,
    ], unitsInOne: 1e9)
  /// From 0.1 to 600 seconds, counted in milliseconds.
  static let retrainingSeconds = Buckets(
    bounds: [100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000],
    unitsInOne: 1000)
  /// Records of a commit.
  static let records = Buckets(
    bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], unitsInOne: 1)
}
