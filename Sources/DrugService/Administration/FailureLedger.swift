import Records

/// Failures to sign in, as the audit log tells of them: a row for an address and a name each minute at most,
/// with their number, and few rows a minute for all, so that nobody fills the log with them. The last of
/// these tells how many more there were.
struct FailureLedger {
  /// The most rows a minute.
  static let rowsPerMinute = 10
  /// The most pairs of an address and a name that are told apart.
  static let pairCount = 1024
  private static let minute = Duration.seconds(60)

  private struct Pair: Hashable {
    let address: String
    let name: String
  }

  private struct Tally {
    var count = 0
    var next: ContinuousClock.Instant
  }

  private var tallies: [Pair: Tally] = [:]
  private var others: Tally
  private var rows: TokenBucket
  /// Rows that could not be written, a minute's at most.
  private var waiting: [AuditAct] = []
  private var waitingUntil: ContinuousClock.Instant

  init(at now: ContinuousClock.Instant) {
    others = Tally(next: now)
    waitingUntil = now
    rows = TokenBucket(
      capacity: Self.rowsPerMinute - 1, perMinute: Self.rowsPerMinute - 1, at: now)
  }

  /// Counts a failure.
  mutating func note(address: String, name: String, at now: ContinuousClock.Instant) {
    let pair = Pair(address: address, name: name)
    if tallies[pair] == nil, tallies.count >= Self.pairCount {
      others.count += 1
    } else {
      tallies[pair, default: Tally(next: now)].count += 1
    }
  }

  /// The rows that are due: first those that wait, and no others as long as they do.
  mutating func due(at now: ContinuousClock.Instant) -> [AuditAct] {
    guard waiting.isEmpty else {
      guard waitingUntil <= now else { return [] }
      defer { waiting = [] }
      return waiting
    }
    var acts: [AuditAct] = []
    for (pair, tally) in tallies where tally.next <= now {
      if tally.count == 0 {
        // A minute has passed without another.
        tallies[pair] = nil
      } else if rows.wait(at: now) == nil {
        rows.take(at: now)
        tallies[pair] = Tally(next: now + Self.minute)
        let times = tally.count == 1 ? "once" : "\(tally.count) times"
        acts.append(Self.act(pair.name, times, from: pair.address))
      } else {
        tallies[pair] = nil
        others.count += tally.count
      }
    }
    if others.count > 0, others.next <= now {
      acts.append(Self.act("several", "\(others.count) more", from: "several addresses"))
      others = Tally(next: now + Self.minute)
    }
    return acts
  }

  private static func act(_ user: String, _ detail: String, from address: String) -> AuditAct {
    AuditAct(
      user: user, action: "sign-in", outcome: "refused", detail: detail, address: address)
  }

  /// Takes back rows that were due and could not be written.
  mutating func putBack(_ acts: [AuditAct], until then: ContinuousClock.Instant) {
    waiting = acts
    waitingUntil = then
  }
}
