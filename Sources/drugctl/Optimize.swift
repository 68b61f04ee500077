import ArgumentParser
import Models
import Patients
import RandomForest
import Records

struct Optimize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks for the best parameters by cross-validation on the training patients.",
    discussion: """
      The patients that a training with the same --test-size and --random-state holds out are not \
      looked at, so that they can judge what is found. Lists are separated by commas, for example \
      --max-leaf-nodes 10,30,60. The model is not trained: the last line is the command that does.
      """)

  @OptionGroup var data: DataOptions
  @OptionGroup var models: ModelsOption

  @Option(help: ArgumentHelp("How parameters are chosen: random or grid.", valueName: "way"))
  var search = HyperparameterSearch.Strategy.random

  @Option(help: ArgumentHelp("The most choices to try, 1 or more.", valueName: "number"))
  var trials = 40

  @Option(
    help: ArgumentHelp("What is looked for: macro_f1 or log_loss.", valueName: "score"))
  var metric = SearchMetric.macroF1

  @Option(
    name: [.customLong("cv-folds"), .customLong("folds")],
    help: ArgumentHelp("The folds of the training patients, 2 or more.", valueName: "number"))
  var folds = 5

  @Option(
    name: [.customLong("cv-repeats"), .customLong("repeats")],
    help: ArgumentHelp("How often they are dealt into folds.", valueName: "number"))
  var repeats = 1

  @Option(help: ArgumentHelp("Feature sets to try.", valueName: "list"))
  var features = Choices(FeatureSet.allCases)

  @Option(
    name: [.customLong("n-estimators"), .customLong("trees")],
    help: ArgumentHelp("Numbers of trees to try.", valueName: "list"))
  var treeCount = Choices(SearchSpace().treeCounts)

  @Option(
    name: [.customLong("max-leaf-nodes"), .customLong("maximum-leaves")],
    help: ArgumentHelp("Most leaves of a tree to try.", valueName: "list"))
  var maximumLeafCount = Choices(SearchSpace().maximumLeafCounts)

  @Option(
    name: [.customLong("max-features"), .customLong("maximum-features")],
    help: ArgumentHelp(
      "Columns at each split to try: sqrt, log2, all or shares.", valueName: "list"))
  var maximumFeatures = Choices(SearchSpace().maximumFeatures)

  @Option(
    name: [.customLong("min-samples-leaf"), .customLong("minimum-leaf")],
    help: ArgumentHelp("Fewest patients in a leaf to try.", valueName: "list"))
  var minimumSamplesPerLeaf = Choices(SearchSpace().minimumSamplesPerLeaf)

  @Flag(
    inversion: .prefixedNo,
    help: "Balance the drugs of the training rows with SMOTE (default: both are tried).")
  var smote: Bool?

  @Option(
    name: [.customLong("test-size"), .customLong("test-fraction")],
    help: ArgumentHelp("The share of patients held out, and not looked at.", valueName: "share"))
  var testSize = 0.3

  @Option(
    name: [.customLong("random-state"), .customLong("seed")],
    help: ArgumentHelp("The seed of the split, the choices and the forests.", valueName: "number"))
  var randomState: UInt64 = 0

  @Option(
    name: [.customLong("threads"), .customLong("n-jobs")],
    help: ArgumentHelp("The number of threads (default: all cores).", valueName: "number"))
  var threads: Int?

  func validate() throws {
    guard trials >= 1 else { throw ValidationError("--trials is a number of choices, 1 or more.") }
    guard folds >= 2 else { throw ValidationError("--cv-folds is a number of folds, 2 or more.") }
    guard 1...1000 ~= repeats else {
      throw ValidationError("--cv-repeats is a number of repeats from 1 to 1000.")
    }
    guard testSize > 0, testSize < 1 else {
      throw ValidationError("--test-size is a share between 0 and 1, for example 0.3.")
    }
    guard treeCount.values.allSatisfy({ 1...10_000 ~= $0 }) else {
      throw ValidationError("--n-estimators lists numbers of trees from 1 to 10000.")
    }
    guard maximumLeafCount.values.allSatisfy({ $0 >= 2 }) else {
      throw ValidationError("--max-leaf-nodes lists numbers of leaves, 2 or more.")
    }
    guard minimumSamplesPerLeaf.values.allSatisfy({ $0 >= 1 }) else {
      throw ValidationError("--min-samples-leaf lists numbers of patients, 1 or more.")
    }
    guard 1...1024 ~= threads ?? 1 else {
      throw ValidationError("--threads is a number of threads from 1 to 1024.")
    }
  }

  func run() throws {
    Cancellation.listen()
    try RunRecorder.record("optimize", in: models.models, parameters) { recorder in
      let console = Console(stages: ["load", "search"])
      let table = try data.load(console)
      recorder.note(table, named: data.data)
      let planned = try search(for: table.dataset)
      let found = try console.stage {
        print(
          "  \(planned.plannedTrialCount) of \(planned.space.count) choices, \(folds) folds"
            + " × \(repeats) of the training patients, the held-out ones unseen")
        return try planned.run(on: table, isCancelled: { Cancellation.isCancelled }) {
          recorder.add($0)
          console.bar(
            "best \($1.score(metric).fixed(4))", $0.number, of: planned.plannedTrialCount)
        }
      }
      guard let best = planned.best(of: found) else { throw TrainingError.cancelled }
      recorder.note([
        "cv_macro_f1": best.macroF1, "cv_log_loss": best.logLoss, "trials": Double(found.count),
      ])
      show(found, best, planned)
      recorder.note(isCutShort: Cancellation.isCancelled)
    }
  }

  private func search(for rows: Dataset) throws -> HyperparameterSearch {
    if smote == true { try rows.requireSMOTE() }
    var options = TrainingOptions()
    options.testSize = testSize
    options.seed = randomState
    options.threadCount = ForestOptions.threadCount(threads)
    var search = HyperparameterSearch(options: options)
    search.strategy = self.search
    search.trialCount = trials
    search.metric = metric
    search.plan = CrossValidation(foldCount: folds, repeatCount: repeats, seed: randomState)
    search.space.featureSets = features.values
    search.space.treeCounts = treeCount.values
    search.space.maximumLeafCounts = maximumLeafCount.values
    search.space.maximumFeatures = maximumFeatures.values
    search.space.minimumSamplesPerLeaf = minimumSamplesPerLeaf.values
    search.space.applySMOTE = smote.map { [$0] } ?? (rows.allowsSMOTE ? [false, true] : [false])
    return search
  }

  private var parameters: [String: String] {
    [
      "search": search.rawValue, "trials": "\(trials)", "metric": metric.rawValue,
      "cv-folds": "\(folds)", "cv-repeats": "\(repeats)", "features": features.description,
      "n-estimators": treeCount.description, "max-leaf-nodes": maximumLeafCount.description,
      "max-features": maximumFeatures.description,
      "min-samples-leaf": minimumSamplesPerLeaf.description,
      "smote": smote.map { $0 ? "yes" : "no" } ?? "both", "test-size": testSize.plain,
      "random-state": "\(randomState)",
    ]
  }

  private func show(
    _ found: [SearchTrial], _ best: SearchTrial, _ search: HyperparameterSearch
  ) {
    if found.count < search.plannedTrialCount {
      print("Ended early, after \(found.count) of \(search.plannedTrialCount) trials.\n")
    }
    for line in SearchReport.curve(found, metric) { print(line) }
    print()
    for line in SearchReport.parameters(found, metric) { print(line) }
    print("\nThe best, trial \(best.number) of \(found.count):")
    for line in Reports.trials([Trial(best)]) { print(line) }
    if found.count > 1 {
      print(
        "The best of \(found.count) scores is optimistic; the held-out patients took no part in the choice."
      )
    }
    print(
      "\nTo train with it:\n  \(SearchReport.command(best, data: data.data, testSize, randomState))"
    )
  }
}
