import ArgumentParser
import Models
import Patients
import Records

struct Retrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model and serves it, unless the served one is better.",
    discussion: """
      The new model and the served one are judged on the same held-out rows of the same folds. When \
      both were trained on the same data, both are fitted anew in each fold; otherwise the served \
      one is judged as it is, which favours it on rows that it was trained on. The new one is \
      saved in any case, and served when its mean macro-F1 is not lower; with --no-promote it is \
      not served, and 'drugctl models activate' does that after a look.
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

  @Flag(inversion: .prefixedNo, help: "Serve the new model by itself unless it is worse.")
  var promote = true

  @Option(help: .private)
  var begunBy: String?

  @Flag(help: "Print one JSON object a line: progress, and the result or the error.")
  var progressJSON = false

  func validate() throws {
    guard promote || !force else {
      throw ValidationError("--force serves the new model, --no-promote does not: choose one.")
    }
  }

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
    let training = Training(
      try source, options: TrainingOptions(preparation, forest),
      promotion: force ? .byForce : promote ? .unlessWorse : .never, registry: models.registry)
    let parameters = [
      "include-outcomes": includeOutcomes == nil ? "no" : "yes", "force": force ? "yes" : "no",
      "promote": promote ? "yes" : "no",
    ]
    func report(_ result: Training.Result) -> RetrainingReport {
      RetrainingReport(result, of: training, dataset: dataset ?? DatasetStore.builtInName)
    }
    if progressJSON {
      let result = try RunRecorder.record(
        "retrain", training, parameters: parameters, by: begunBy, RetrainEvents.tell)
      RetrainEvents.result(report(result))
      return
    }
    let result = try TrainingPage.record("retrain", training, parameters: parameters)
    print("\(report(result).message).")
  }

  private var source: Training.Source {
    get throws {
      guard let dataset else {
        var source = try data.source
        source.outcomes = outcomes(of: source.schema)
        return source
      }
      let store = DatasetStore(root: models.models, builtInPath: data.data)
      var source = Training.Source(
        path: try store.path(of: dataset), schema: try store.schema(of: dataset), name: dataset)
      source.skipsInvalidRows = data.skipInvalid
      source.tellsEachProblem = data.problems.allProblems
      source.outcomes = outcomes(of: source.schema)
      return source
    }
  }

  private func outcomes(
    of schema: PatientSchema
  ) -> (@Sendable () throws -> [LabelledPatient])? {
    guard let includeOutcomes else { return nil }
    let tells = !progressJSON
    return {
      let found = try ConfirmedOutcomes(log: includeOutcomes, of: schema)
      if tells, found.leftOut > 0 {
        print("  \(found.leftOut) outcomes left out, for reasons that no field measures")
      }
      if tells, found.foreign > 0 {
        print("  \(found.foreign) outcomes left out, of patients with other fields or drugs")
      }
      return found.patients
    }
  }
}
