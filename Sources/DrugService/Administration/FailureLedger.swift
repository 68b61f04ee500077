import Records

/// Failures to sign in, as the audit log tells of them: a row for an address and a name each minute at most,
/// with their number, and few rows a minute for all, so that nobody fills the log with them.
struct FailureLedger {
  /// The most rows a minute.
  static let rowsPerMinute = 20
  /// The most pairs of an address and a name that are told apart.
  static let pairCount = 1024

  private struct Pair: Hashable {
    let address: String
    let name: String
  }

  private struct Tally {
    var count = 0
    var next: ContinuousClock.Instant
  }

  private var tallies: [Pair: Tally] = [:]
  private var rows: TokenBucket

  init(at now: ContinuousClock.Instant) {
    rows = TokenBucket(
      capacity: Self.rowsPerMinute, perMinute: Self.rowsPerMinute, at: now)
  }

  /// Counts a failure.
  mutating func note(address: String, name: String, at now: ContinuousClock.Instant) {
    var pair = Pair(address: address, name: name)
    if tallies[pair] == nil, tallies.count >= Self.pairCount {
      pair = Pair(address: "several addresses", name: "several")
    }
    tallies[pair, default: Tally(next: now)].count += 1
  }

  /// The rows that are due.
  mutating func due(at now: ContinuousClock.Instant) -> [AuditAct] {
    var acts: [AuditAct] = []
    for (pair, tally) in tallies where tally.next <= now {
      guard tally.count > 0 else {
        // A minute has passed without another.
        tallies[pair] = nil
        continue
      }
      guard rows.wait(at: now) == nil else { break }
      rows.take(at: now)
      tallies[pair] = Tally(next: now + .seconds(60))
      let times = tally.count == 1 ? "once" : "\(tally.count) times"
      acts.append(
        AuditAct(
          user: pair.name, action: "sign-in", outcome: "refused", detail: times,
          address: pair.address))
    }
    return acts
  }
}
