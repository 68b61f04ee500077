import Models
import Patients
import Records

/// How sure the newest answers were that somebody asked for one by one, as `RecentPatients` has the patients.
struct RecentConfidences {
  /// What is expected of the versions that answered lately.
  struct Figures: Sendable {
    /// The served version; nil when none is served.
    var served: AccuracyReport?
    /// Whether its probabilities kept their word on the held-out patients; nil when nobody knows.
    var keepsItsWord: Bool?
    /// How far stated confidence lay from accuracy there, on average.
    var calibrationError: Double?
    /// The others, the most recent first.
    var others: [(version: String, report: AccuracyReport)] = []
  }

  /// The most of the newest answers, of any version, that are kept in mind.
  private static let keptCount = 2 * AccuracyReport.windowSize
  /// The most rows of the log that are looked through at once.
  private static let readCount: Int64 = 100_000
  /// Beyond so many other versions nothing is told of the older ones.
  private static let mostOthers = 5

  private let registry: ModelRegistry
  /// The oldest first.
  private var confidences: [PredictionLog.Confidence] = []
  /// The number of the newest row that was looked at.
  private var seen: Int64 = 0
  /// What cards promise, which never changes.
  private var promises: [String: AccuracyPromise?] = [:]

  init(models: String) {
    registry = ModelRegistry(root: models)
  }

  /// Reads what has come; what cannot be read is left for the next time.
  mutating func look(_ path: String) {
    // Whoever writes the log finds out what is wrong with it, and says so.
    guard
      let found = try? PredictionLog.confidences(
        in: path, after: seen, count: Self.keptCount, newest: Self.readCount)
    else { return }
    if found.newest < seen { confidences = [] }
    confidences = (confidences + found.confidences).suffix(Self.keptCount)
    seen = found.newest
  }

  /// All that is known, for those who may know; without outcomes.
  mutating func exact(_ served: ServedModel?) -> Figures {
    figures(served, of: confidences, [:])
  }

  /// The same in steps: up to the end of the patients that drift is told of, one in five left out.
  mutating func stepped(
    _ served: ServedModel?, _ header: SharedCountersHeader, log path: String?
  ) -> Figures {
    let (end, secret) = (header.driftEnd ?? 0, header.secret)
    let told = confidences.filter {
      $0.number <= end && ShownFigures.mix(secret, UInt64($0.number)) % 5 != 0
    }
    let numbers = told.lazy.filter { $0.modelVersion == served?.version }.map(\.number)
      .suffix(AccuracyReport.windowSize)
    let agreements = path.flatMap {
      try? PredictionLog.agreements(in: $0, of: Array(numbers), step: ShownFigures.step)
    }
    return figures(served, of: told, agreements ?? [:])
  }

  private mutating func figures(
    _ served: ServedModel?, of confidences: [PredictionLog.Confidence], _ agreements: [Int64: Bool]
  ) -> Figures {
    var figures = Figures()
    let byVersion = Dictionary(grouping: confidences, by: \.modelVersion)
    func report(_ version: String, _ promise: AccuracyPromise?) -> AccuracyReport {
      AccuracyReport(
        (byVersion[version] ?? []).suffix(AccuracyReport.windowSize).map {
          .init(time: $0.time, probability: $0.probability, agreed: agreements[$0.number])
        }, promise: promise)
    }
    if let served {
      let model = served.model
      figures.served = report(served.version, AccuracyPromise(model.card, model.evaluation))
      figures.keepsItsWord = model.evaluation?.keepsItsWord
      figures.calibrationError = model.evaluation?.expectedCalibrationError
    }
    let others = byVersion.filter { $0.key != served?.version }
      .sorted { $0.value.last!.number > $1.value.last!.number }
    for (version, _) in others.prefix(Self.mostOthers) {
      figures.others.append((version, report(version, promise(of: version))))
    }
    return figures
  }

  private mutating func promise(of version: String) -> AccuracyPromise? {
    if let known = promises[version] { return known }
    // A version that cannot be read now may be another time.
    guard let details = try? registry.details(of: version) else { return nil }
    let found = AccuracyPromise(details.card, details.evaluation)
    promises[version] = .some(found)
    return found
  }
}
