import POSIX

/// How many wrong passwords are looked at: few from an address, and few from all together.
///
/// The price: while many addresses guess, somebody who comes from an address from which nobody has signed
/// in within a day waits as well, with the right password. Those who are signed in do not come here.
struct FailureLimits {
  /// A burst, and how many a minute after it.
  static let perAddress = (burst: 30, perMinute: 5)
  static let overall = (burst: 40, perMinute: 60)
  /// The most addresses that are told apart; those that come then count as one.
  static let addressCount = 4096
  private static let trust = Duration.seconds(24 * 3600)

  private struct Place {
    var bucket: TokenBucket
    /// Until when the failures of others do not matter.
    var trustedUntil: ContinuousClock.Instant?

    func isNew(at now: ContinuousClock.Instant) -> Bool {
      bucket.isFull(at: now) && trustedUntil ?? now <= now
    }
  }

  private var places: [String: Place] = [:]
  private var all: TokenBucket
  private var others: Place

  init(at now: ContinuousClock.Instant) {
    all = TokenBucket(capacity: Self.overall.burst, perMinute: Self.overall.perMinute, at: now)
    others = Self.place(at: now)
  }

  private static func place(at now: ContinuousClock.Instant) -> Place {
    Place(
      bucket: TokenBucket(
        capacity: perAddress.burst, perMinute: perAddress.perMinute, at: now))
  }

  /// How long a client has to wait before its password is looked at; nil when it need not.
  func wait(for address: String, at now: ContinuousClock.Instant) -> Duration? {
    let place =
      places[Self.network(of: address)]
      ?? (places.count < Self.addressCount ? Self.place(at: now) : others)
    let own = place.bucket.wait(at: now)
    if let until = place.trustedUntil, until > now { return own }
    guard let shared = all.wait(at: now) else { return own }
    return max(own ?? .zero, shared)
  }

  /// Counts a wrong password.
  mutating func failed(_ address: String, at now: ContinuousClock.Instant) {
    change(address, at: now) { $0.bucket.take(at: now) }
    all.take(at: now)
  }

  /// Notes that somebody has signed in.
  mutating func succeeded(_ address: String, at now: ContinuousClock.Instant) {
    change(address, at: now) { $0.trustedUntil = now + Self.trust }
  }

  private mutating func change(
    _ address: String, at now: ContinuousClock.Instant, _ body: (inout Place) -> Void
  ) {
    let network = Self.network(of: address)
    if places[network] == nil, places.count >= Self.addressCount {
      places = places.filter { !$0.value.isNew(at: now) }
      guard places.count < Self.addressCount else {
        // What all of these share is never trusted.
        others.bucket.take(at: now)
        return
      }
    }
    body(&places[network, default: Self.place(at: now)])
  }

  /// What one client has for itself: an address of IPv4, the first half of one of IPv6.
  static func network(of address: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
    let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
    if isMapped { return bytes[12...].map(String.init).joined(separator: ".") }
    return bytes[..<8].map { String($0, radix: 16) }.joined(separator: ":")
  }
}
