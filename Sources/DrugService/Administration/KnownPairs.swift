import Accounts
import Patients

/// Names and passwords that were right a short while ago, under a digest with a key that only this process
/// has.
struct KnownPairs {
  /// How long a pair is known after its last use.
  static let lifetime = Duration.seconds(15 * 60)
  /// The most pairs.
  static let capacity = 1000

  private struct Pair {
    let person: Person
    var used: ContinuousClock.Instant
  }

  private let key = (0..<4).map { _ in
    UInt64.random(in: 0 ... .max).hexadecimal(digitCount: 16)
  }.joined()
  private var edition = 0
  private var pairs: [String: Pair] = [:]

  /// What a pair is known by.
  func digest(of name: String, _ password: String) -> String {
    SHA256.digest(of: "\(key)\(name.utf8.count):\(name)\(password)")
  }

  /// Who it is; nil for a pair that has to be looked at.
  ///
  /// - Parameter edition: the password file's; another one forgets all.
  mutating func person(
    _ digest: String, edition: Int, at now: ContinuousClock.Instant
  ) -> Person? {
    if edition != self.edition {
      pairs = [:]
      self.edition = edition
    }
    guard let pair = pairs[digest], now - pair.used < Self.lifetime else { return nil }
    pairs[digest]!.used = now
    return pair.person
  }

  /// Keeps a pair that was right, unless the file has changed meanwhile.
  mutating func insert(
    _ digest: String, _ person: Person, edition: Int, at now: ContinuousClock.Instant
  ) {
    guard edition == self.edition else { return }
    if pairs.count >= Self.capacity {
      pairs = pairs.filter { now - $0.value.used < Self.lifetime }
      if pairs.count >= Self.capacity, let oldest = pairs.min(by: { $0.value.used < $1.value.used })
      {
        pairs[oldest.key] = nil
      }
    }
    pairs[digest] = Pair(person: person, used: now)
  }
}
