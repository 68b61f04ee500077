import Models
import POSIX
import Patients
import Records

/// Finds out what is too dear to be found out with every request, at most every second.
///
/// Nothing is found out while nobody asks, but once at the start. Whoever asks while another thread is at
/// work gets what was known before.
final class Monitor: @unchecked Sendable {
  // `@unchecked Sendable` because `last`, `isWanted`, `due` and `isAtWork` are protected by `lock`, and
  // `jobs`, `patients` and `confidences` belong to whoever holds `work`.

  /// What was found out.
  struct Facts: Sendable {
    let drift: DriftReport
    let agreement: Agreement
    /// The same in steps, as those are told who have a name.
    let shownDrift: DriftReport
    let shownAgreement: Agreement
    /// What the newest answers are expected to be worth, and the same in steps.
    let expected: RecentConfidences.Figures
    let shownExpected: RecentConfidences.Figures
    /// The log with what belongs to it, in bytes.
    let logSize: Int
    /// The disk of the log, or of the models when there is none.
    let disk: DiskSpace?
    let lastRetraining: PastRetraining?
    let isRetraining: Bool
  }

  /// The newest outcomes that the live accuracy is taken from.
  static let outcomeCount = 1000
  /// The most predictions of before the service's start that are looked at.
  private static let historyCount = 100_000
  private static let lifetime = Duration.seconds(1)

  private let settings: ServiceSettings
  private let metrics: ServiceMetrics
  private let lock = Lock()
  private var last: Facts?
  /// Whether somebody has asked who could not wait.
  private var isWanted = true
  private var due = ContinuousClock.now
  private var isAtWork = false
  private let work = Lock()
  private var jobs: RetrainingHistory
  private var patients = RecentPatients()
  private var confidences: RecentConfidences

  init(_ settings: ServiceSettings, _ metrics: ServiceMetrics) {
    self.settings = settings
    self.metrics = metrics
    jobs = RetrainingHistory(models: settings.models)
    confidences = RecentConfidences(models: settings.models)
  }

  /// What is known without waiting, which is as old as the last question; nil at the very start.
  /// `maintain` finds out what there is to know for the next.
  var known: Facts? {
    lock.whileHeld {
      isWanted = true
      return last
    }
  }

  /// Finds out what was asked for; to be called a few times a second.
  func maintain(_ served: ServedModel?) {
    let isDue = lock.whileHeld {
      defer { isWanted = false }
      return isWanted
    }
    if isDue { _ = facts(of: served) }
  }

  /// What is known, a second old at most.
  ///
  /// - Parameter served: the model with whose training rows patients are compared.
  func facts(of served: ServedModel?) -> Facts {
    if let facts = lock.whileHeld({ current }) { return facts }
    return work.whileHeld {
      // Another thread may have found it out while this one waited.
      if let facts = lock.whileHeld({ current }) { return facts }
      lock.whileHeld { isAtWork = true }
      let facts = findOut(served)
      lock.whileHeld {
        last = facts
        due = .now + Self.lifetime
        isAtWork = false
      }
      return facts
    }
  }

  /// What is known and may be told, to be asked for with the lock held.
  private var current: Facts? { isAtWork || ContinuousClock.now < due ? last : nil }

  private func findOut(_ served: ServedModel?) -> Facts {
    addHistory()
    let seen = jobs.look()
    for job in seen.ended {
      guard let end = job.end, metrics.counters.header.claimRetraining(end: end) else { continue }
      metrics.retrained(job.outcome, seconds: job.seconds ?? 0)
    }
    let path = settings.log?.path
    if let path {
      patients.look(path)
      confidences.look(path)
    }
    // Whoever writes the log finds out what is wrong with it, and says so.
    let agreement = path.flatMap { path in
      try? PredictionLog.agreement(
        in: path, newest: Self.outcomeCount, step: ShownFigures.step)
    }
    let none = Agreement(outcomes: 0, agreed: 0)
    let header = metrics.counters.header
    func drift(_ patients: [Patient]) -> DriftReport {
      guard let model = served?.model else { return .none }
      return DriftReport(patients, of: model.schema, reference: model.card.reference)
    }
    let shownDrift = drift(patients.stepped(header))
    return Facts(
      drift: drift(patients.newest),
      agreement: agreement?.exact ?? none,
      shownDrift: shownDrift,
      shownAgreement: agreement?.stepped ?? none,
      expected: confidences.exact(served),
      shownExpected: confidences.stepped(served, header, log: path),
      logSize: path.map(PredictionLog.size) ?? 0,
      disk: Self.disk(of: path.flatMap { PredictionLog.filePath($0) } ?? settings.models),
      lastRetraining: seen.newest,
      isRetraining: seen.isRunning)
  }

  /// Counts the predictions of the last day that were kept before the counters began.
  private func addHistory() {
    guard let path = settings.log?.path, metrics.counters.header.claimSeeding() else { return }
    let end = metrics.counters.header.start.microseconds
    let kept =
      (try? PredictionLog.drugs(
        in: path, between: end - 24 * 3_600_000_000, and: end, newest: Self.historyCount)) ?? []
    var counts: [[Int64]: UInt64] = [:]
    for (time, drug, needsReview) in kept {
      metrics.counters.drugs.learn([drug])
      let number = metrics.counters.drugs.number(of: drug)
      let hour = time / 3_600_000_000
      metrics.counters.add(metrics.recent(hour: hour, drug: number))
      counts[[hour, Int64(number)], default: 0] += 1
      guard needsReview else { continue }
      metrics.counters.add(metrics.recent(hour: hour, drug: ServiceMetrics.review))
      counts[[hour, Int64(ServiceMetrics.review)], default: 0] += 1
    }
    let shown = ShownFigures(metrics: metrics)
    for (key, count) in counts { shown.show(count, key[0], Int(key[1])) }
  }

  private static func disk(of path: String) -> DiskSpace? {
    // The file may be missing while its folder is there.
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    return DiskSpace(at: path) ?? DiskSpace(at: folder)
  }
}
