import Models
import POSIX
import Patients
import Records

/// Asks a shadow about the patients of a log, behind those who were answered.
///
/// It runs as a process of its own beside the service, so that a model that is slow, large or wrong costs no
/// prediction more than any other program on the machine.
struct ShadowWork {
  /// So many rows of the log are looked at before they are kept.
  static let batchSize = 256
  /// So many answers are held against the log at a time.
  private static let sweepSize = 500

  private let registry: ModelRegistry
  private let shadow: ModelRegistry.Shadow
  private let model: DrugModel
  private let store: ShadowStore
  private let log: String
  /// The version that answered last, to be asked beside; nil for one that cannot be loaded.
  private var champion: (version: String, model: DrugModel?)?
  private var hasAnswered = false
  /// The last answer that was held against the log.
  private var swept: Int64 = 0

  /// Loads the shadow and goes on where it was.
  ///
  /// - Throws: whatever keeps it from answering.
  init(_ shadow: ModelRegistry.Shadow, of registry: ModelRegistry, log: String) throws {
    self.registry = registry
    self.shadow = shadow
    self.log = log
    store = try ShadowStore(root: registry.root)
    try store.begin(
      shadow.version, since: shadow.since,
      behind: PredictionLog.isThere(in: log)
        ? PredictionLog.place(in: log, before: shadow.beginning) : .start)
    do {
      model = try registry.load(shadow.version)
    } catch {
      try store.note(failure: "\(error)")
      throw error
    }
  }

  /// Whether it is still wanted.
  var isWanted: Bool { registry.shadow == shadow }

  /// Looks at the next rows of the log, and at whether it has forgotten some when there are none.
  ///
  /// - Returns: whether there may be more.
  /// - Throws: whatever keeps it from answering, which is noted as far as it can be.
  mutating func step() throws -> Bool {
    do {
      guard FileStatus.exists("\(registry.folder(of: shadow.version))/forest.rf") else {
        throw ShadowGone(version: shadow.version)
      }
      guard PredictionLog.isThere(in: log) else { return false }
      let rows = try nextRows()
      try store.add(try looks(at: rows))
      // Not before: what ends it while it answers is to be told until it does.
      if !hasAnswered { try store.note(failure: nil) }
      hasAnswered = true
      if rows.count < Self.batchSize {
        swept = try store.deleteForgotten(after: swept, count: Self.sweepSize) { numbers in
          try PredictionLog.identifiers(in: log, of: numbers)
        }
      }
      return rows.count >= Self.batchSize
    } catch {
      try? store.note(failure: "\(error)")
      throw error
    }
  }

  /// The rows behind the last that was looked at. When that one is gone, others may have taken its number and
  /// those before it.
  private func nextRows() throws -> [PredictionLog.NumberedRecord] {
    let place = try store.place
    let rows = try PredictionLog.rows(
      in: log, from: place.number, limit: Self.batchSize + 1)
    guard place.id != nil else { return rows }
    if let first = rows.first, first.number == place.number, first.id == place.id {
      return Array(rows.dropFirst())
    }
    let known = try store.newestPlaces(Self.sweepSize)
    let kept = try PredictionLog.identifiers(in: log, of: known.map(\.number))
    if let last = known.first(where: { kept[$0.number] == $0.id }) {
      try store.move(to: last)
      return try PredictionLog.rows(in: log, from: last.number + 1, limit: Self.batchSize)
    }
    // A log that has shrunk to before it was begun anew, or nothing was answered that it still holds.
    if rows.isEmpty {
      try store.move(to: try PredictionLog.place(in: log, before: shadow.beginning))
    }
    return rows
  }

  private mutating func looks(
    at rows: [PredictionLog.NumberedRecord]
  ) throws -> [ShadowLook] {
    var looks: [ShadowLook] = []
    for row in rows {
      guard let kept = row.record else {
        looks.append(.leftOut(number: row.number, id: row.id, time: Moment.now.microseconds))
        continue
      }
      guard kept.modelVersion != shadow.version,
        kept.time >= shadow.beginning
      else {
        looks.append(.passedOver(number: row.number, id: row.id))
        continue
      }
      guard let patient = model.schema.adopt(kept.patient) else {
        looks.append(.leftOut(number: row.number, id: row.id, time: kept.time))
        continue
      }
      let champion = champion(kept.modelVersion)
      // In turns, since whoever comes second finds warm caches.
      let isFirst = row.number % 2 == 0
      var seconds: Double?
      if !isFirst { seconds = try Self.seconds(champion, kept.patient) }
      let start = ProcessorTime.ofThread
      let found = try model.recommend(for: patient)
      let own = ProcessorTime.ofThread - start
      if isFirst { seconds = try Self.seconds(champion, kept.patient) }
      let answer = ShadowAnswer(
        number: row.number, id: row.id, drug: found.drug, probability: found.probability,
        predictionSet: found.predictionSet, needsReview: found.needsReview)
      let same = model.drugs.firstIndex(of: kept.drug).map { found.probabilities[$0] } ?? 0
      looks.append(
        .answered(
          answer, kept: kept, change: abs(same - kept.probability),
          seconds: seconds.map { ($0, own) }))
    }
    return looks
  }

  /// The processor's time of an answer of a model; nil when it cannot be asked.
  private static func seconds(_ model: DrugModel?, _ patient: Patient) throws -> Double? {
    guard let model, let patient = model.schema.adopt(patient) else { return nil }
    let start = ProcessorTime.ofThread
    _ = try model.recommend(for: patient)
    return ProcessorTime.ofThread - start
  }

  private mutating func champion(_ version: String) -> DrugModel? {
    if let champion, champion.version == version { return champion.model }
    let model = try? registry.load(version)
    champion = (version, model)
    return model
  }
}

/// The shadow's version is not there any more.
struct ShadowGone: Error, CustomStringConvertible {
  let version: String
  var description: String { "model \(version) is not there any more" }
}
