import FoundationEssentials
import Glibc
import RandomForest

extension MLflowStore {
  /// A run as MLflow has it.
  public struct ExportedRun: Sendable, Equatable {
    /// By which MLflow knows it; the same each time that it is exported.
    public let id: String
    /// Whether the files of its model are there; nil for a run that made none.
    public let hasModel: Bool?
  }

  /// The files of a version that go with its run.
  private static let modelFiles = [
    "forest.rf", "card.json", "evaluation.json", "confusion_matrix.png", "comparison.json",
  ]
  /// The most bytes of a tag.
  private static let maximumTagLength = 8000

  /// Writes a run, or what has become of one that was written before. What MLflow's people have
  /// added to it stays.
  ///
  /// - Parameters:
  ///   - trials: those of a search.
  ///   - registry: which has the model.
  /// - Throws: `SystemError`, or what reading the model's files throws.
  public func add(
    _ run: Run, trials: [SearchTrial] = [], from registry: ModelRegistry
  ) throws -> ExportedRun {
    let id = String(
      MLflowText.digest("\(run.number) \(run.command) \(run.startedAt) \(run.process)").prefix(32))
    let folder = "\(root)/\(experimentID)/\(id)"
    for name in ["params", "metrics", "tags", "artifacts"] {
      try ModelRegistry.makeFolders("\(folder)/\(name)")
    }
    let details = try run.version.flatMap { version -> ModelDetails? in
      do throws(RegistryError) {
        return try registry.details(of: version)
      } catch {
        // A version that was pruned is no more; one that cannot be read is somebody's to look at.
        guard error.code == .unknownVersion else { throw error }
        return nil
      }
    }
    try write(run.mlflowParameters, in: "\(folder)/params")
    let time = run.endedAt ?? run.beganAt
    try write(run.mlflowMetrics.mapValues { "\(time) \($0) 0\n" }, in: "\(folder)/metrics")
    try writeFiles(details, trials, from: registry, in: "\(folder)/artifacts")
    try write(tags(run, details), in: "\(folder)/tags")
    // Last: until it is there MLflow does not see the run.
    try MLflowText.write(description(run, id, folder), to: "\(folder)/meta.yaml")
    return ExportedRun(id: id, hasModel: run.version.map { _ in details != nil })
  }

  private func write(_ values: [String: String], in folder: String) throws {
    for (name, value) in values { try MLflowText.write(value, to: "\(folder)/\(name)") }
  }

  private func writeFiles(
    _ details: ModelDetails?, _ trials: [SearchTrial], from registry: ModelRegistry,
    in folder: String
  ) throws {
    if let details {
      let version = details.card.modelVersion
      try ModelRegistry.makeFolders("\(folder)/model")
      for name in Self.modelFiles {
        let path = "\(registry.folder(of: version))/\(name)"
        guard access(path, F_OK) == 0 else { continue }
        try MLflowText.write(
          Data(contentsOf: URL(filePath: path), options: .mappedIfSafe),
          to: "\(folder)/model/\(name)")
      }
      try MLflowText.write(ModelPage(details).text, to: "\(folder)/model_card.md")
    }
    if !trials.isEmpty {
      try MLflowText.write(Self.table(of: trials), to: "\(folder)/trials.csv")
    }
  }

  private func tags(_ run: Run, _ details: ModelDetails?) -> [String: String] {
    var tags = [
      "mlflow.runName": run.mlflowName, "mlflow.source.name": "drugctl \(run.command)",
      "mlflow.source.type": "LOCAL", "drugctl.run": "\(run.number)",
      "drugctl.state": run.state.rawValue,
    ]
    tags["drugctl.error"] = run.error.map(MLflowText.line)
    tags["data_sha256"] = run.dataDigest
    tags["model_version"] = run.version
    tags["promoted"] = run.isPromoted.map { $0 ? "yes" : "no" }
    if let details {
      // What MLflow shows as the run's description.
      let page = ModelPage(details).text
      tags["mlflow.note.content"] =
        page.utf8.count <= Self.maximumTagLength
        ? page : "The model's card is among the artifacts: model_card.md."
    }
    return tags
  }

  private func description(_ run: Run, _ id: String, _ folder: String) -> String {
    MLflowText.yaml([
      ("artifact_uri", MLflowText.quoted(MLflowText.address(of: "\(folder)/artifacts"))),
      ("end_time", run.endedAt.map { "\($0)" } ?? "null"), ("entry_point_name", "''"),
      ("experiment_id", MLflowText.quoted(experimentID)), ("lifecycle_stage", "active"),
      ("run_id", MLflowText.quoted(id)), ("run_name", MLflowText.quoted(run.mlflowName)),
      ("run_uuid", MLflowText.quoted(id)), ("source_name", "''"), ("source_type", "4"),
      ("source_version", "''"), ("start_time", "\(run.beganAt)"),
      ("status", "\(run.mlflowStatus)"), ("tags", "[]"), ("user_id", "drugctl"),
    ])
  }

  private static func table(of trials: [SearchTrial]) -> Data {
    let names = Set(trials.flatMap(\.parameters.keys)).sorted()
    var bytes: [UInt8] = []
    CSVWriter.append(
      ["trial", "features"] + names + ["macro_f1", "log_loss", "folds", "given_up", "seconds"],
      to: &bytes)
    for trial in trials {
      CSVWriter.append(
        ["\(trial.number)", trial.featureSet.rawValue] + names.map { trial.parameters[$0] ?? "" }
          + [
            "\(trial.macroF1)", "\(trial.logLoss)", "\(trial.foldCount)", "\(trial.isRejected)",
            "\(trial.duration)",
          ], to: &bytes)
    }
    return Data(bytes)
  }
}

extension Run {
  fileprivate var mlflowName: String { "\(command) \(number)" }

  /// When it began, in milliseconds since 1970-01-01 UTC.
  fileprivate var beganAt: Int {
    (try? Date(startedAt, strategy: .iso8601)).map { Int($0.timeIntervalSince1970 * 1000) } ?? 0
  }

  /// When it ended, in the same; nil when that is not known.
  fileprivate var endedAt: Int? { duration.map { beganAt + Int(($0 * 1000).rounded()) } }

  /// The number of its state in MLflow's files: running, finished, failed, killed.
  fileprivate var mlflowStatus: Int {
    switch state {
    case .running: 1
    case .succeeded: 3
    case .failed: 4
    case .cancelled, .interrupted: 5
    }
  }

  fileprivate var mlflowParameters: [String: String] {
    var all = parameters.mapValues(MLflowText.line)
    all["data"] = dataset.map(MLflowText.line)
    return all
  }

  fileprivate var mlflowMetrics: [String: Double] {
    var all = metrics
    all["champion_macro_f1"] = comparison?.champion?.macroF1.mean
    all["difference_macro_f1"] = comparison?.difference?.mean
    all["difference_macro_f1_lower"] = comparison?.difference?.interval.first
    all["difference_macro_f1_upper"] = comparison?.difference?.interval.last
    return all
  }
}
