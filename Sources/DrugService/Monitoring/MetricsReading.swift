/// The counters at one moment, sorted by what they mean.
struct MetricsReading {
  /// The counts of a histogram's buckets and its sum.
  struct Histogram {
    var counts: [UInt64]
    var sum: UInt64 = 0

    init(_ buckets: Buckets) {
      counts = Array(repeating: 0, count: buckets.bounds.count + 1)
    }

    fileprivate mutating func add(_ bucket: Int, _ count: UInt64) {
      if bucket == Buckets.sum {
        sum += count
      } else if counts.indices.contains(bucket) {
        counts[bucket] += count
      }
    }
  }

  struct Requests {
    let route: String
    let method: String
    let status: Int
    let count: UInt64
  }

  struct Predictions {
    let drug: String
    let version: String
    let count: UInt64
  }

  private(set) var requests: [Requests] = []
  private(set) var durations: [String: Histogram] = [:]
  private(set) var predictions: [Predictions] = []
  private(set) var needsReview: UInt64 = 0
  private(set) var rejected: [(field: String, reason: String, count: UInt64)] = []
  private(set) var modelLoads: [String: UInt64]
  private(set) var commitRecords = Histogram(.records)
  private(set) var commitDurations = Histogram(.requestSeconds)
  private(set) var commitFailures: [String: UInt64]
  private(set) var retrainings: [String: UInt64]
  private(set) var retrainingDurations = Histogram(.retrainingSeconds)
  private(set) var refused: [String: UInt64]
  private(set) var signInFailures: [String: UInt64]
  private(set) var spans: [String: UInt64]

  init(_ metrics: ServiceMetrics) {
    let labels = metrics.labels
    func none(_ names: [String]) -> [String: UInt64] {
      Dictionary(uniqueKeysWithValues: names.map { ($0, 0) })
    }
    modelLoads = none(labels.loads)
    commitFailures = none(labels.failures)
    retrainings = none(labels.retrainings)
    refused = none(labels.lanes)
    signInFailures = none(labels.signInFailures)
    spans = none(labels.spans)
    let (drugs, fields) = (metrics.counters.drugs.all, metrics.counters.fields.all)
    // In the order of the keys, so that two answers list alike.
    for (key, count) in metrics.counters.all().sorted(by: { $0.key < $1.key }) {
      add(key, count, labels, drugs, fields)
    }
  }

  private mutating func add(
    _ key: UInt64, _ count: UInt64, _ labels: ServiceMetrics.Labels, _ drugs: [String],
    _ fields: [String]
  ) {
    func number(_ shift: UInt64, _ mask: UInt64 = 0xff) -> Int { Int(key >> shift & mask) }
    func name(_ number: Int, _ names: [String]) -> String {
      names.indices.contains(number) ? names[number] : "other"
    }
    switch CounterKey.Kind(rawValue: key >> 56) {
    case .request:
      requests.append(
        Requests(
          route: labels.routes[number(24)], method: labels.methods[number(16)],
          status: number(0, 0xffff), count: count))
    case .duration:
      durations[labels.routes[number(8)], default: Histogram(.requestSeconds)]
        .add(number(0), count)
    case .prediction:
      predictions.append(
        Predictions(
          drug: name(number(48), drugs),
          version: ServiceMetrics.version(of: key & 0xffff_ffff_ffff), count: count))
    case .needsReview: needsReview = count
    case .rejected:
      rejected.append((name(number(8), fields), labels.reasons[number(0)], count))
    case .modelLoad: modelLoads[labels.loads[number(0)]] = count
    case .commitRecords: commitRecords.add(number(0), count)
    case .commitDuration: commitDurations.add(number(0), count)
    case .commitFailure: commitFailures[labels.failures[number(0)]] = count
    case .retraining: retrainings[labels.retrainings[number(0)]] = count
    case .retrainingDuration: retrainingDurations.add(number(0), count)
    case .refused: refused[labels.lanes[number(0)]] = count
    case .signInFailure: signInFailures[labels.signInFailures[number(0)]] = count
    case .span: spans[labels.spans[number(0)]] = count
    case nil: break
    }
  }

  /// A quantile as far as a histogram tells it: straight between the bounds of its bucket, and never
  /// beyond the last bound.
  ///
  /// - Returns: nil when nothing was counted.
  static func quantile(_ share: Double, of counts: [UInt64], _ buckets: Buckets) -> Double? {
    let total = counts.reduce(0, +)
    guard total > 0 else { return nil }
    let rank = share * Double(total)
    var below = 0.0
    for (index, count) in counts.enumerated() where count > 0 {
      if below + Double(count) >= rank {
        guard index < buckets.bounds.count else { break }
        let lower = index > 0 ? Double(buckets.bounds[index - 1]) : 0
        let upper = Double(buckets.bounds[index])
        return (lower + (upper - lower) * (rank - below) / Double(count)) / buckets.unitsInOne
      }
      below += Double(count)
    }
    return Double(buckets.bounds.last!) / buckets.unitsInOne
  }
}
