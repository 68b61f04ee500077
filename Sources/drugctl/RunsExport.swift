import ArgumentParser
import FoundationEssentials
import Models
import Records

extension Runs {
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes runs for other programs, the oldest first.",
      discussion: """
        One JSON object a line for each run. 'deploy/mlflow-export' sends them to an MLflow server; \
        docs/experiments.md tells more.
        """)

    /// What runs are written as.
    enum Format: EnumerableFlag {
      case json

      static func help(for value: Self) -> ArgumentHelp? { "Write JSON, one object a line." }
    }

    @Argument(help: "The numbers of runs (default: all).")
    var ids: [Int64] = []

    @Flag var format: Format

    @OptionGroup var models: ModelsOption

    func run() throws {
      let store = try RunStore(reading: models.runs)
      let runs = ids.isEmpty ? try store.newest(.max).reversed() : try ids.map(store.run)
      // All are made before the first is written: a program reads what was asked for, or nothing.
      let registry = models.registry
      let labels = registry.allLabels()
      let lines = try runs.map { run in
        let model = try ExportedRun.Model(of: run, registry, labels)
        return try RunStore.json(
          ExportedRun(run: run, trials: store.trials(of: run), model: model))
      }
      for line in lines { print(line) }
    }
  }
}

/// A run under the names that other programs read.
private struct ExportedRun: Encodable {
  /// What is still there of the model that a run has made.
  struct Model: Encodable {
    /// The folder of its files, from the root of the file system on.
    let folder: String
    /// Its card as a page in Markdown.
    let page: String
    /// What people call it.
    let aliases: [String]
    let tags: [String: String]
    let note: String?

    /// Finds the model of a run; nil when it made none, or when that was pruned.
    ///
    /// - Throws: `RegistryError` for one that cannot be read: that is somebody's to look at.
    init?(of run: Run, _ registry: ModelRegistry, _ labels: RegistryLabels) throws(RegistryError) {
      guard let version = run.version else { return nil }
      do throws(RegistryError) {
        page = ModelPage(try registry.details(of: version)).text
      } catch {
        guard error.code == .unknownVersion else { throw error }
        return nil
      }
      folder = URL(filePath: registry.folder(of: version)).path
      (aliases, tags, note) = (labels[version].aliases, labels[version].tags, labels[version].note)
    }

    private enum Key: String, CodingKey {
      case folder, page, aliases, tags, note
    }

    /// Writes every key, null for what there is none of.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(folder, forKey: .folder)
      try container.encode(page, forKey: .page)
      try container.encode(aliases, forKey: .aliases)
      try container.encode(tags, forKey: .tags)
      try container.encode(note, forKey: .note)
    }
  }

  let run: Run
  let trials: [Trial]
  let model: Model?

  private enum Key: String, CodingKey {
    case id, number, command, state, startedAt, duration, parameters, dataset, dataSha256, metrics
    case version, promoted, comparison, error, trials, model, user, name, note
  }

  /// Writes every key, null for what there is none of.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(run.identity, forKey: .id)
    try container.encode(run.number, forKey: .number)
    try container.encode(run.command, forKey: .command)
    try container.encode(run.state.rawValue, forKey: .state)
    try container.encode(run.startedAt, forKey: .startedAt)
    try container.encode(run.duration, forKey: .duration)
    try container.encode(run.parameters, forKey: .parameters)
    try container.encode(run.dataset, forKey: .dataset)
    try container.encode(run.dataDigest, forKey: .dataSha256)
    try container.encode(run.metrics, forKey: .metrics)
    try container.encode(run.version, forKey: .version)
    try container.encode(run.isPromoted, forKey: .promoted)
    try container.encode(run.keptComparison, forKey: .comparison)
    try container.encode(run.error, forKey: .error)
    try container.encode(trials, forKey: .trials)
    try container.encode(model, forKey: .model)
    try container.encode(run.user, forKey: .user)
    try container.encode(run.remark?.name.nonEmpty, forKey: .name)
    try container.encode(run.remark?.note.nonEmpty, forKey: .note)
  }
}

extension String {
  /// The text; nil when it is empty.
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}

extension Run {
  /// The comparison with the model served before; nil when there is none, or when another version
  /// of the program has kept one that says less.
  var keptComparison: ModelComparison? { comparison.flatMap { try? RunStore.value($0) } }
}
