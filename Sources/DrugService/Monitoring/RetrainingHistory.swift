import FoundationEssentials

/// A retraining, as its folder tells of it.
struct PastRetraining: Sendable {
  let id: String
  /// `running`, `succeeded`, `failed` or `cancelled`.
  let state: String
  let startedAt: String
  let finishedAt: String?
  /// Whether its model is served; nil when it made none.
  let isPromoted: Bool?
  let modelVersion: String?

  var isRunning: Bool { state == "running" }

  /// How it ended, as metrics name it.
  var outcome: String {
    switch state {
    case "succeeded": isPromoted == true ? "promoted" : "not_promoted"
    case "cancelled": "cancelled"
    default: "failed"
    }
  }

  /// When it ended, in microseconds since 1970-01-01 UTC.
  var end: Int64? {
    finishedAt.flatMap(Self.date).flatMap {
      Int64(exactly: ($0.timeIntervalSince1970 * 1e6).rounded(.towardZero))
    }
  }

  /// How long it took.
  var seconds: Double? {
    guard let start = Self.date(startedAt), let end = finishedAt.flatMap(Self.date) else {
      return nil
    }
    return end.timeIntervalSince(start)
  }

  private static func date(_ text: String) -> Date? {
    (try? Date(text, strategy: .iso8601))
      ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
  }
}

/// The folder of retrainings; what has ended is read once.
struct RetrainingHistory {
  private struct Status: Decodable {
    let state: String
    let startedAt: String
    let finishedAt: String?
    let result: Result?
  }

  private struct Result: Decodable {
    let promoted: Bool?
    let modelVersion: String?
  }

  private let folder: String
  private var ended: [String: PastRetraining] = [:]

  init(models: String) {
    folder = "\(models)/jobs"
  }

  /// Looks at all jobs: those that have ended, in the order of their ends, and the newest of all.
  mutating func look() -> (ended: [PastRetraining], newest: PastRetraining?, isRunning: Bool) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var jobs: [PastRetraining] = []
    for name in names {
      guard let job = ended[name] ?? read(name) else { continue }
      jobs.append(job)
    }
    ended = Dictionary(
      jobs.filter { !$0.isRunning }.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    return (
      ended.values.sorted { ($0.end ?? 0) < ($1.end ?? 0) },
      jobs.max { $0.startedAt < $1.startedAt }, jobs.contains(where: \.isRunning)
    )
  }

  private func read(_ name: String) -> PastRetraining? {
    guard let status: Status = decoded("\(folder)/\(name)/status.json") else { return nil }
    let result = status.result ?? decoded("\(folder)/\(name)/result.json")
    return PastRetraining(
      id: name, state: status.state, startedAt: status.startedAt, finishedAt: status.finishedAt,
      isPromoted: result?.promoted, modelVersion: result?.modelVersion)
  }

  private func decoded<Value: Decodable>(_ path: String) -> Value? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
    return try? decoder.decode(Value.self, from: data)
  }
}
