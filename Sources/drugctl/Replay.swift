import ArgumentParser
import Models
import Patients
import Records

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Asks the version that gave a kept prediction again, and shows both answers.",
    discussion: """
      With --newest many are asked again and counted; those of patients of whom the version that is asked \
      wants other fields are left out. Exit status 1 when answers differ, or when the version of the one \
      prediction is no longer there.
      """)

  @Argument(help: "The identifier of the prediction.")
  var id: String?

  @Option(help: ArgumentHelp("Ask so many of the newest predictions again.", valueName: "number"))
  var newest: Int?

  @Option(
    help: ArgumentHelp(
      "Ask this version instead of those that gave the predictions.", valueName: "version"))
  var model: String?

  @Flag(help: "With --newest: list all whose answers differ, not the ten newest.")
  var all = false

  @Option(help: ArgumentHelp("The database of the prediction log.", valueName: "file"))
  var log = LogDefault.predictions

  @OptionGroup var models: ModelsOption

  func validate() throws {
    guard (id == nil) != (newest == nil) else {
      throw ValidationError("name a prediction, or say how many by --newest.")
    }
    guard newest.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--newest is a number of predictions, 1 or more.")
    }
  }

  func run() throws {
    guard let id else { return try replayMany(newest!) }
    guard let kept = try PredictionLog.newest(1, in: log, id: id).first else {
      throw UnknownPrediction(id: id)
    }
    let version = try models.version(model) ?? kept.modelVersion
    let asked = try models.registry.load(version)
    guard let patient = asked.schema.adopt(kept.patient) else {
      throw ValidationError("model \(version) is of patients with other fields.")
    }
    let found = try asked.recommend(for: patient)
    var text = TextTable(
      ["model \(version)", "drug", "probability", "prediction set"],
      wordColumns: [0, 1, 3])
    text.add(["kept", kept.drug, "\(kept.probability)", kept.predictionSet.inOneCell])
    text.add(["again", found.drug, "\(found.probability)", found.predictionSet.inOneCell])
    for line in text.lines { print(line) }
    let isSame = Self.isSame(found, kept)
    print(isSame ? "The same answer." : "The answers differ.")
    if !isSame { throw ExitCode(1) }
  }

  private static func isSame(
    _ found: DrugModel.Recommendation, _ kept: PredictionRecord
  ) -> Bool {
    found.drug == kept.drug && found.probability == kept.probability
      && found.predictionSet == kept.predictionSet
  }

  /// Counts what becomes of the newest predictions.
  private func replayMany(_ count: Int) throws {
    let model = try models.version(self.model)
    // Nil for a version that is not there, or cannot be loaded.
    var loaded: [String: DrugModel?] = [:]
    func load(_ version: String) throws -> DrugModel? {
      if let known = loaded[version] { return known }
      // The one that was asked for by name must be there.
      let found =
        model == nil ? try? models.registry.load(version) : try models.registry.load(version)
      loaded[version] = .some(found)
      return found
    }
    var (same, foreign, gone) = (0, 0, 0)
    var other: [(kept: PredictionRecord, drug: String)] = []
    for kept in try PredictionLog.newest(count, in: log) {
      guard let asked = try load(model ?? kept.modelVersion) else {
        gone += 1
        continue
      }
      guard let patient = asked.schema.adopt(kept.patient) else {
        foreign += 1
        continue
      }
      let found = try asked.recommend(for: patient)
      if Self.isSame(found, kept) { same += 1 } else { other.append((kept, found.drug)) }
    }
    print("  \(same.grouped) the same, \(other.count.grouped) not")
    if foreign > 0 { print("  \(foreign.grouped) left out, of patients with other fields") }
    if gone > 0 { print("  \(gone.grouped) left out, whose version cannot be loaded any more") }
    guard !other.isEmpty else { return }
    var text = TextTable(["id", "kept", "again"], wordColumns: [0, 1, 2])
    let shown = other.prefix(all ? other.count : 10)
    for (kept, drug) in shown { text.add([kept.id, kept.drug, drug]) }
    for line in text.lines { print(line) }
    if other.count > shown.count {
      print("  and \((other.count - shown.count).grouped) more")
    }
    throw ExitCode(1)
  }
}
