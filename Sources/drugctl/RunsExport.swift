import ArgumentParser
import DrugClassifier

extension Runs {
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Writes runs for MLflow: parameters, metrics, tags, the model's files and its card.",
      discussion: "A run that was exported before is brought up to date and never doubled.")

    @Argument(help: "The numbers of runs (default: all).")
    var ids: [Int64] = []

    @Option(
      help: ArgumentHelp(
        "MLflow's folder, its file store; made anew if need be.", valueName: "folder"))
    var mlflow: String

    @Option(help: ArgumentHelp("The experiment that the runs go into.", valueName: "name"))
    var experiment = MLflowStore.defaultExperiment

    @OptionGroup var models: ModelsOption

    func validate() throws {
      guard !mlflow.isEmpty, !mlflow.contains("://"), !mlflow.hasPrefix("sqlite:") else {
        throw ValidationError(
          "--mlflow is a folder of this machine; mlflow migrate-filestore takes it into a database."
        )
      }
    }

    func run() throws {
      let store = try RunStore(reading: models.models)
      let runs =
        ids.isEmpty ? try store.newest(.max).reversed() : try ids.map { try store.run($0) }
      let target = try MLflowStore(folder: mlflow, experiment: experiment)
      for run in runs {
        let exported = try target.add(
          run, trials: try store.trials(of: run), from: models.registry)
        print("Run \(run.number) (\(run.command)) is \(exported.id)")
        guard exported.hasModel == false, let version = run.version else { continue }
        Console.warn(
          "run \(run.number): model \(version) is not in the registry any more, so its files are left out"
        )
      }
      print("\(runs.count) in experiment \(experiment) of \(target.root)")
    }
  }
}
