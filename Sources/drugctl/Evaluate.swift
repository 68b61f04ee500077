import ArgumentParser
import Models
import POSIX
import Patients
import RandomForest
import Synchronization

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluates the served model, or cross-validates both feature sets.",
    discussion: """
      On the file that the model was trained on, the patients that were held out then are \
      evaluated; on any other file all of them are.
      """)

  @OptionGroup var data: DataOptions
  @OptionGroup var models: ModelsOption

  @Option(
    help: ArgumentHelp("A version of the model instead of the served one.", valueName: "version"))
  var model: String?

  @Option(help: ArgumentHelp("Write the confusion matrix as a picture.", valueName: "file.png"))
  var plot: String?

  @Flag(
    help: "Cross-validate both feature sets with and without SMOTE instead of judging one model.")
  var crossValidate = false

  @OptionGroup(title: "With --cross-validate") var folds: CrossValidationOptions
  @OptionGroup(title: "With --cross-validate") var forest: ForestOptions

  @Option(
    name: [.customLong("random-state"), .customLong("seed")],
    help: ArgumentHelp("The seed of folds, resampling and forests.", valueName: "number"))
  var randomState: UInt64 = 0

  func run() throws {
    let console = Console(stages: ["load", crossValidate ? "cross-validate" : "evaluate"])
    let table = try data.load(console)
    try console.stage {
      if crossValidate {
        try compare(table, console)
      } else {
        try judge(table)
      }
    }
  }

  private func judge(_ table: PatientTable) throws {
    let model = try models.registry.load(models.version(model))
    let wasTrainedOnIt = table.digest == model.card.data?.sha256
    let rows = wasTrainedOnIt ? try model.card.heldOut(of: table.dataset) : table.dataset
    print(
      "  model \(model.card.modelVersion), \(model.card.features.rawValue) features, on "
        + (wasTrainedOnIt
          ? "the \(rows.sampleCount) patients held out when it was trained"
          : model.card.data == nil
            ? "\(rows.sampleCount) patients; whether it was trained on them is not known"
            : "\(rows.sampleCount) patients of another file than it was trained on"))
    let evaluation = try model.evaluate(on: rows)
    let lines = Reports.scores(evaluation) + [""] + Reports.confusion(evaluation.confusion)
    for line in lines { print(line) }
    guard let plot else { return }
    let subtitle = "model \(model.card.modelVersion), \(rows.sampleCount.grouped) patients"
    let picture = ConfusionMatrixPlot(evaluation.confusion, subtitle: subtitle)
    try DurableFile.write(try picture.png(), to: plot)
    print("  plot: \(plot)")
  }

  private func compare(_ table: PatientTable, _ console: Console) throws {
    var options = TrainingOptions()
    forest.apply(to: &options)
    options.seed = randomState
    let rows = table.dataset.collapsed(threadCount: options.threadCount)
    let plan = CrossValidation(
      affordableFor: rows, treeCount: options.treeCount, seed: randomState,
      foldCount: folds.folds, repeatCount: folds.repeats)
    let choices = FeatureSet.all(of: table.schema).flatMap { set in
      (rows.allowsSMOTE ? [true, false] : [false]).map { (set, $0) }
    }
    let trees = Atomic(0)
    let total = choices.count * plan.foldCount * plan.repeatCount * options.treeCount
    var found: [(String, FeatureSetScores.CrossValidated)] = []
    for (featureSet, applySMOTE) in choices {
      options.applySMOTE = applySMOTE
      let name = featureSet.rawValue + (applySMOTE ? ", SMOTE" : "")
      let evaluations = try options.crossValidate(
        featureSet, of: table.schema, on: rows, plan
      ) { _ in
        let done = trees.add(1, ordering: .relaxed).newValue
        if done.isMultiple(of: 50) || done == total { console.bar(name, done, of: total, " trees") }
        return true
      }
      if let scores = FeatureSetScores.CrossValidated(evaluations) { found.append((name, scores)) }
    }
    for line in Reports.comparison(found) { print(line) }
  }
}
