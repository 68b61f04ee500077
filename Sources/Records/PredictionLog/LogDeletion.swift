import POSIX

/// Deletes the predictions that are beyond the term or the limit, faster than they come and little by
/// little, so that none waits for it longer than some milliseconds.
struct LogDeletion {
  /// How long a commit may take; the number of records that share one follows from it.
  private static let patience = Duration.milliseconds(4)
  /// How long is worked at once.
  private static let stretch = Duration.milliseconds(150)
  private static let chunks = 16...4000
  /// So many records are looked at together where nothing is to be deleted.
  private static let glance = 5000
  private static let day: Int64 = 86_400_000_000

  private let term: Int64?
  private let limit: Int?
  private let report: @Sendable (PredictionLog.Event) -> Void
  private var clock = ClockWatch()
  /// How many records share a commit.
  private var chunk = 64
  /// Up to which number all is looked at, and what time is too old; nil between two passes.
  private var pass: (number: Int64, time: Int64)?
  private var nextPass = ContinuousClock.now
  private var isBeyondLimit = false
  private var hasCounted = false
  private var nextComplaint = ContinuousClock.now
  private var deleted = (term: 0, limit: 0)
  private var nextReport = ContinuousClock.now

  init(
    _ settings: PredictionLog.Settings, _ report: @escaping @Sendable (PredictionLog.Event) -> Void
  ) {
    term = settings.retentionDays.map { Int64($0) * Self.day }
    limit = settings.byteLimit
    self.report = report
  }

  /// Whether there is more to do than was done at once.
  var isUnderWay: Bool { pass != nil || isBeyondLimit }

  /// Does what is due, for a while.
  mutating func work(_ database: LogDatabase) throws {
    let end = ContinuousClock.now + Self.stretch
    if let limit { try deleteBeyond(limit, database, until: end) }
    if let term { try deleteOlder(than: term, database, until: end) }
    tell()
  }

  private mutating func deleteBeyond(
    _ limit: Int, _ database: LogDatabase, until end: ContinuousClock.Instant
  ) throws {
    isBeyondLimit = try database.usedBytes() > limit
    while isBeyondLimit, ContinuousClock.now < end {
      let count = try timed { try database.deleteOldest($0) }
      deleted.limit += count
      isBeyondLimit = try count > 0 && database.usedBytes() > limit
    }
  }

  private mutating func deleteOlder(
    than term: Int64, _ database: LogDatabase, until end: ContinuousClock.Instant
  ) throws {
    if pass == nil {
      guard ContinuousClock.now >= nextPass else { return }
      guard let time = try oldestTime(term, database) else {
        nextPass = .now + .seconds(10)
        return
      }
      pass = (0, time)
    }
    while let (number, time) = pass, ContinuousClock.now < end {
      let next = try database.look(after: number, count: chunk, before: time)
      if next.overdue > 0, let last = next.last {
        deleted.term += try timed { _ in
          try database.deleteRecords(after: number, through: last, before: time)
        }
        pass = (last, time)
      } else if let last = next.last {
        let glance = try database.look(after: number, count: Self.glance, before: time)
        pass = (glance.overdue == 0 ? glance.last ?? last : last, time)
      } else {
        pass = nil
        nextPass = .now + .seconds(3600)
      }
    }
  }

  /// Before when records are too old; nil while the clock is not to be trusted with it.
  private mutating func oldestTime(_ term: Int64, _ database: LogDatabase) throws -> Int64? {
    guard let newest = try database.newestTime() else { return nil }
    if let reason = clock.objection(to: term, newest: newest) {
      if ContinuousClock.now >= nextComplaint {
        report(.deletionPaused(reason: reason))
        nextComplaint = .now + .seconds(3600)
      }
      return nil
    }
    let time = Moment.now.microseconds - term
    if !hasCounted {
      // Of today's nobody needs to hear.
      let count = try database.countRecords(before: time - Self.day)
      if count > 0 { report(.overdue(records: count, days: Int(term / Self.day))) }
      hasCounted = true
    }
    return time
  }

  /// Deletes some records, and waits as long as that took: predictions wait meanwhile.
  private mutating func timed(_ delete: (_ count: Int) throws -> Int) rethrows -> Int {
    let start = ContinuousClock.now
    let count = try delete(chunk)
    let duration = ContinuousClock.now - start
    let wanted = Int(Double(chunk) * min(2, Self.patience / duration))
    chunk = min(max(wanted, Self.chunks.lowerBound), Self.chunks.upperBound)
    usleep(UInt32(min(duration, .milliseconds(20)) / .microseconds(1)))
    return count
  }

  /// Tells what was deleted, once a minute at most.
  private mutating func tell() {
    guard deleted.term + deleted.limit > 0, ContinuousClock.now >= nextReport else { return }
    report(.deleted(beyondTerm: deleted.term, beyondLimit: deleted.limit))
    deleted = (0, 0)
    nextReport = .now + .seconds(60)
  }
}

/// Tells whether the clock can be trusted with deleting what is old. One that runs ahead by years makes
/// everything old.
struct ClockWatch {
  private static let day: Int64 = 86_400_000_000
  private static let hour: Int64 = 3_600_000_000
  /// After so long, or a term, a clock is believed that makes everything old: nobody has set it right, so the
  /// service did stand still for as long as that.
  private static let patience = 7 * day

  private let start = (wall: Moment.now.microseconds, steady: ContinuousClock.now)
  /// When the newest prediction of before the start was answered.
  private var newestAtStart: Int64?

  /// What speaks against deleting what is older than a term; nil for nothing.
  ///
  /// - Parameters:
  ///   - term: in microseconds, as all here.
  ///   - newest: when the newest prediction was answered.
  ///   - passed: how much time has passed since the start by a clock that nobody sets.
  mutating func objection(
    to term: Int64, newest: Int64, now: Int64 = Moment.now.microseconds, passed: Int64? = nil
  ) -> String? {
    let known = newestAtStart ?? newest
    newestAtStart = known
    let passed =
      passed ?? Int64((ContinuousClock.now - start.steady) / .microseconds(1))
    let jump = now - start.wall - passed
    if jump > Self.day {
      return "the clock has been set ahead by \(jump / Self.day) days"
    }
    if newest > now + Self.hour { return "the newest prediction is of later than the clock" }
    let patience = min(term, Self.patience)
    if now - passed - known > term, passed < patience {
      return "every prediction of before the start was older than the term then, by this clock; "
        + "it is believed \(patience / Self.day) days after the start"
    }
    return nil
  }
}
