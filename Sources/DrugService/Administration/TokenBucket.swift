extension Duration {
  /// Whole seconds after which something may be asked again, 1 at least.
  var secondsToWait: Int { max(1, Int((self / .seconds(1)).rounded(.up))) }
}

/// Lets something happen so many times at once, and then so often.
struct TokenBucket {
  private let capacity: Double
  private let perSecond: Double
  private var level: Double
  private var time: ContinuousClock.Instant

  /// A full bucket.
  init(capacity: Int, perMinute: Int, at now: ContinuousClock.Instant) {
    self.capacity = Double(capacity)
    perSecond = Double(perMinute) / 60
    level = Double(capacity)
    time = now
  }

  /// How long until there is a token; nil when there is one.
  func wait(at now: ContinuousClock.Instant) -> Duration? {
    let level = level(at: now)
    return level >= 1 ? nil : .seconds((1 - level) / perSecond)
  }

  /// Takes a token, or what there is of one.
  mutating func take(at now: ContinuousClock.Instant) {
    level = max(0, level(at: now) - 1)
    time = max(time, now)
  }

  /// Whether nothing was taken for so long that it is as a new one.
  func isFull(at now: ContinuousClock.Instant) -> Bool { level(at: now) >= capacity }

  private func level(at now: ContinuousClock.Instant) -> Double {
    min(capacity, level + max(0, (now - time) / .seconds(1)) * perSecond)
  }
}
