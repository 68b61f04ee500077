import ArgumentParser
import DrugClassifier
import Glibc
import RandomForest

struct Retrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model and serves it, unless the served one is better.",
    discussion: """
      The new model and the served one are judged on the same held-out rows of the same folds. When \
      both were trained on the same data, both are fitted anew in each fold; otherwise the served \
      one is judged as it is, which favours it on rows that it was trained on. The new one is \
      saved in any case, and served when its mean macro-F1 is not lower.
      """)

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "A table by its name ('drugctl datasets list'); drug200 is the file of --data.",
      valueName: "name"))
  var dataset: String?

  @OptionGroup var preparation: PreparationOptions
  @OptionGroup var forest: ForestOptions
  @OptionGroup var models: ModelsOption

  @Option(
    help: ArgumentHelp(
      "Train on the outcomes in this prediction log too, but for those that something unmeasured "
        + "decided.",
      valueName: "file"))
  var includeOutcomes: String?

  @Flag(help: "Serve the new model even when it is worse.")
  var force = false

  @Flag(help: "Print one JSON object a line: progress, and the result or the error.")
  var progressJSON = false

  func run() throws {
    Cancellation.listen()
    do {
      try retrain()
    } catch {
      if progressJSON {
        RetrainEvents.failure(error)
        throw Reported(error)
      }
      throw error
    }
  }

  /// An error whose JSON line is out; its words go to standard error as usual.
  private struct Reported: Error, CustomStringConvertible {
    let description: String

    init(_ error: any Error) { description = "\(error)" }
  }

  private func retrain() throws {
    let start = ContinuousClock.now
    let store = DatasetStore(root: models.models, builtInPath: data.data)
    let path = try dataset.map { name throws in try store.path(of: name) } ?? data.data
    var options = TrainingOptions()
    preparation.apply(to: &options)
    forest.apply(to: &options)
    let output: any RetrainOutput = progressJSON ? RetrainLines() : RetrainPage()
    var parameters = options.names
    parameters["include-outcomes"] = includeOutcomes == nil ? "no" : "yes"
    parameters["force"] = force ? "yes" : "no"
    try RunRecorder.record("retrain", in: models.models, parameters) { recorder in
      try retrain(options, path, output, recorder, since: start)
    }
  }

  private func retrain(
    _ options: TrainingOptions, _ path: String, _ output: any RetrainOutput,
    _ recorder: RunRecorder, since start: ContinuousClock.Instant
  ) throws {
    output.begin()
    var table = try PatientTable(path: path, skipInvalid: data.skipInvalid)
    let outcomes = try includeOutcomes.map { path throws in try ConfirmedOutcomes(log: path) }
    if let outcomes { table.append(outcomes) }
    output.loaded(table, from: dataset ?? data.data, outcomes)
    recorder.note(table, named: dataset ?? data.data)
    let retraining = Retraining(
      Retraining.Request(
        options: options, dataset: dataset ?? DatasetStore.builtInName, force: force),
      table: table, registry: models.registry, isCancelled: { Cancellation.isCancelled },
      report: output.progress)
    let trial = try retraining.run()
    recorder.note(trial.model)
    recorder.run.comparison = trial.comparison
    recorder.run.metrics["difference"] = trial.comparison.difference?.mean
    let report = try retraining.keep(trial, since: start)
    recorder.run.isPromoted = report.promoted
    output.finish(trial, report, models.registry)
  }
}
