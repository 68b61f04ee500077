import Models
import POSIX
import Patients
import Records

/// Looks for what a person has to see to.
struct Lookout: Sendable {
  /// Rates are taken over so many minutes.
  private static let window: Int64 = 10
  /// A disk with a smaller free share is low; with a fifth of that it is urgent.
  static let lowShare = 0.1
  /// So many replaced processes in an hour are too many.
  static let leastRestarts = 3
  private static let leastRefused: UInt64 = 10
  private static let leastErrors: UInt64 = 5
  private static let errorShare = 0.01
  /// Seconds that 99 of 100 predictions should not exceed, and how many it takes to say so.
  private static let slow = (seconds: 0.1, least: 100 as UInt64)
  /// The live accuracy below which the model should be looked at.
  private static let accuracy = (share: 0.9, least: 100)

  let models: ModelStore
  let log: PredictionLog?
  let answersWithoutLog: Bool
  let audit: AuditCheck?
  let metrics: ServiceMetrics

  private var header: SharedCountersHeader { metrics.counters.header }

  /// What is to be seen to, the most urgent first.
  ///
  /// - Parameters:
  ///   - facts: what was found out; nil before anything was.
  ///   - drift: that of patients; nil where it is not to be told.
  ///   - isNamed: whether figures of the disk may be told.
  func attention(
    _ facts: Monitor.Facts?, drift: DriftReport?, isNamed: Bool
  ) -> [Attention] {
    var all = [model(), writing(), auditing(), restarting(), reserve()] + traffic()
    if let facts {
      all += [disk(facts.disk, isNamed), retraining(facts), accuracy(facts, isNamed)]
    }
    if isNamed, let facts { all.append(expected(facts.shownExpected)) }
    if let drift { all.append(self.drift(drift)) }
    let found = all.compactMap { $0 }
    return found.filter { $0.urgency == .now } + found.filter { $0.urgency != .now }
  }

  private func model() -> Attention? {
    let refusal = models.standingRefusal
    if models.served == nil {
      return Attention(
        code: .noModel, urgency: .now,
        detail: "No model is served, so nothing is answered"
          + (refusal.map { ": \($0.reason)." } ?? "."),
        since: refusal?.since,
        action: "Choose one of 'drugctl models list' by 'drugctl models activate', or train one.")
    }
    return refusal.map { refusal in
      Attention(
        code: .modelRefused, urgency: .today,
        detail: "What should be served cannot be, and the model before stays: \(refusal.reason).",
        since: refusal.since,
        action: "Train it again, or go back by 'drugctl models rollback'.")
    }
  }

  private func writing() -> Attention? {
    guard let failure = log?.failure else { return nil }
    let reason =
      switch failure.code {
      case .full: "the disk is full"
      case .notWritable: "its file or folder cannot be written"
      case .unreachable: "its database does not answer"
      case .corrupt: "its file is damaged"
      case .other: "the database reports a fault"
      }
    return Attention(
      code: .logNotWritten, urgency: .now,
      detail: "The prediction log is not written, because \(reason).",
      since: log?.failedSince,
      action: (failure.code == .full
        ? "Make room on the disk of the log; "
        : failure.code == .unreachable
          ? "Look at the server that LOG_DATABASE names; "
          : "Look at the owner and the room of the folder LOG; ")
        + (answersWithoutLog
          ? "until then predictions are answered and not kept."
          : "until then predictions are refused."))
  }

  private func auditing() -> Attention? {
    let isBroken = audit?.finding != nil
    let since = header.noticed(.auditBroken, isSo: isBroken)
    guard isBroken else { return nil }
    return Attention(
      code: .auditBroken, urgency: .now,
      detail: "A row of the audit log is not what was written.", since: since,
      action: "Keep both of its files as they are, and look at 'drugctl audit verify'.")
  }

  private func restarting() -> Attention? {
    let hour = Moment.now.microseconds - 3_600_000_000
    let ends = header.events.filter {
      $0.kind == .processReplaced && $0.time.microseconds > hour
    }
    guard ends.count >= Self.leastRestarts else { return nil }
    return Attention(
      code: .restarting, urgency: .now,
      detail: "A responder has ended and was replaced \(ends.count) times in the last hour.",
      since: ends.first?.time,
      action: "Look for lack of memory, and in the service's output for the lines before.")
  }

  private func reserve() -> Attention? {
    let isUsed = log?.hasReserve == false
    let since = header.noticed(.reserveUsed, isSo: isUsed)
    guard isUsed else { return nil }
    return Attention(
      code: .reserveUsed, urgency: .now,
      detail: "The disk of the log is full or nearly so: it lives on what was kept for it.",
      since: since, action: "Make room on the disk of the log.")
  }

  /// What the last minutes tell of.
  private func traffic() -> [Attention?] {
    typealias Cell = ServiceMetrics.MinuteCell
    let now = Moment.now.microseconds / 60_000_000
    let minutes = (now - Self.window + 1)...now
    func counts(_ cell: Int) -> [UInt64] {
      minutes.map { metrics.counters.count(ServiceMetrics.recent(minute: $0, cell)) }
    }
    func first(_ counts: [UInt64]) -> Moment? {
      counts.firstIndex { $0 > 0 }.map {
        Moment(microseconds: (minutes.lowerBound + Int64($0)) * 60_000_000)
      }
    }
    let requests = counts(Cell.requests).reduce(0, +)
    let busy = counts(Cell.busy)
    let failed = zip(counts(Cell.errors), busy).map { $0 > $1 ? $0 - $1 : 0 }
    let buckets = (0...Buckets.requestSeconds.bounds.count).map {
      counts(Cell.latency + $0).reduce(0, +)
    }
    let (refusedCount, failedCount) = (busy.reduce(0, +), failed.reduce(0, +))
    let share = Double(failedCount) / Double(max(requests, 1))
    let tail = MetricsReading.quantile(0.99, of: buckets, .requestSeconds) ?? 0
    let isSlow = tail > Self.slow.seconds && buckets.reduce(0, +) >= Self.slow.least
    let slowSince = header.noticed(.slow, isSo: isSlow)
    // A log that is not written and a missing model explain their errors themselves.
    let isExplained = log?.failure != nil || models.served == nil
    return [
      failedCount < Self.leastErrors || share < Self.errorShare || isExplained
        ? nil
        : Attention(
          code: .errors, urgency: .now,
          detail: "\(share.percent) of the requests of the last \(Self.window) minutes failed.",
          since: first(failed), action: "Read the lines of level error in the service's output."),
      refusedCount < Self.leastRefused
        ? nil
        : Attention(
          code: .busy, urgency: .today,
          detail: "\(refusedCount) requests of the last \(Self.window) minutes were refused, "
            + "because too many were waiting.",
          since: first(busy),
          action: "See who asks so much; THREADS and PROCESSES give more room."),
      !isSlow
        ? nil
        : Attention(
          code: .slow, urgency: .today,
          detail: "One prediction in a hundred takes longer than \(Self.slow.seconds) s.",
          since: slowSince,
          action: "Look for other load on the machine, and for a slow disk under the log."),
    ]
  }

  private func disk(_ disk: DiskSpace?, _ isNamed: Bool) -> Attention? {
    let isLow = disk.map { $0.freeShare < Self.lowShare } ?? false
    let since = header.noticed(.diskLow, isSo: isLow)
    guard let disk, isLow else { return nil }
    return Attention(
      code: .diskLow, urgency: disk.freeShare < Self.lowShare / 5 ? .now : .today,
      detail: isNamed
        ? "The disk of the log has \(disk.freeShare.percent) left, \(disk.freeBytes.inMegabytes)."
        : "The disk of the log is nearly full.",
      since: since,
      action: "Make room, keep less by RETENTION_DAYS or LOG_LIMIT, or take a larger disk.")
  }

  private func retraining(_ facts: Monitor.Facts) -> Attention? {
    guard let job = facts.lastRetraining, job.state == "failed", let end = job.end,
      end > Moment.now.microseconds - 24 * 3_600_000_000
    else { return nil }
    return Attention(
      code: .retrainingFailed, urgency: .today,
      detail: "The last retraining failed; the served model is as before.",
      since: Moment(microseconds: end), action: "The page Retrain tells why.")
  }

  private func accuracy(_ facts: Monitor.Facts, _ isNamed: Bool) -> Attention? {
    let agreement = facts.shownAgreement
    let isLow =
      agreement.outcomes >= Self.accuracy.least
      && (agreement.share ?? 1) < Self.accuracy.share
    let since = header.noticed(.accuracyLow, isSo: isLow)
    guard isLow else { return nil }
    return Attention(
      code: .accuracyLow, urgency: .today,
      detail: "In \(agreement.agreed) of \(agreement.outcomes) recorded outcomes alone the "
        + "recommended drug was given." + (isNamed ? Self.unseen(facts.shownExpected) : ""),
      since: since, action: "Read the reasons of the outcomes before the next retraining.")
  }

  /// Says that outcomes tell what the probabilities cannot.
  private static func unseen(_ expected: RecentConfidences.Figures) -> String {
    guard let report = expected.served, let whole = report.whole, report.fallen == nil else {
      return ""
    }
    return " By its probabilities \(whole.expected.accuracy.percent) were expected: what is given "
      + "to such patients may have changed, which they cannot show."
  }

  private func expected(_ expected: RecentConfidences.Figures) -> Attention? {
    // Probabilities that were wrong from the beginning warn of nothing.
    let fallen = expected.keepsItsWord == false ? nil : expected.served?.fallen
    let since = header.noticed(.expectedLow, isSo: fallen != nil)
    guard let fallen, let promise = expected.served?.promise else { return nil }
    return Attention(
      code: .expectedLow, urgency: .today,
      detail: "By its probabilities the model is right about at most "
        + "\(fallen.expected.interval.upperBound.percent) of the last patients; its card promised "
        + "\(promise.interval.lowerBound.percent) or more.",
      since: since,
      action: "See on the page Monitor how the patients have changed, record outcomes, and retrain "
        + "if they are worse.")
  }

  private func drift(_ drift: DriftReport) -> Attention? {
    let fields = drift.findings.filter { $0.status == .drift }.map(\.field.title)
    let since = header.noticed(.drift, isSo: !fields.isEmpty)
    guard let last = fields.last else { return nil }
    let names =
      fields.count == 1 ? last : fields.dropLast().joined(separator: ", ") + " and \(last)"
    return Attention(
      code: .drift, urgency: .today,
      detail: "The recent patients are not like those of the training in \(names).",
      since: since,
      action: "Compare both on the page Monitor, gather outcomes, and retrain if they are worse.")
  }
}

extension SharedCountersHeader {
  fileprivate func noticed(_ code: Attention.Code, isSo: Bool) -> Moment? {
    noticed(Attention.Code.allCases.firstIndex(of: code)!, isSo: isSo)
  }
}

extension Double {
  /// A share in percent, to one decimal place.
  fileprivate var percent: String {
    let tenths = Int((self * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10)%"
  }
}

extension Int {
  /// A number of bytes, to whole megabytes.
  fileprivate var inMegabytes: String { "\(self / 1_000_000) MB" }
}
