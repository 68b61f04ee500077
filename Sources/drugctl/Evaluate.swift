import ArgumentParser
import DrugClassifier
import RandomForest

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
    var workflow = Workflow(console: Console(stageCount: 2))
    let table = try workflow.load(data)
    if crossValidate {
      try compare(table.dataset, &workflow)
    } else {
      try judge(table, workflow)
    }
  }

  private func judge(_ table: PatientTable, _ workflow: Workflow) throws {
    try workflow.console.stage("Evaluate") {
      let model = try models.registry.load(model)
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
      workflow.show(Reports.scores(evaluation) + [""] + Reports.confusion(evaluation.confusion))
      guard let plot else { return }
      let subtitle = "model \(model.card.modelVersion), \(rows.sampleCount.grouped) patients"
      let bytes = try ConfusionMatrixPlot(evaluation.confusion, subtitle: subtitle).png()
      try bytes.withUnsafeBytes { try DurableFile.write($0, to: plot) }
      print("  plot: \(plot)")
    }
  }

  private func compare(_ dataset: Dataset, _ workflow: inout Workflow) throws {
    forest.apply(to: &workflow.options)
    workflow.options.seed = randomState
    let plan = folds.plan(for: dataset, workflow.options)
    workflow.options.crossValidation = plan
    try workflow.console.stage("Cross-validate") {
      var rows: [(String, FeatureSetScores.CrossValidated)] = []
      for featureSet in FeatureSet.allCases {
        for applySMOTE in [true, false] {
          workflow.options.applySMOTE = applySMOTE
          let name = featureSet.rawValue + (applySMOTE ? ", SMOTE" : "")
          if let found = try workflow.crossValidate(featureSet, on: dataset, plan) {
            rows.append((name, found))
          }
        }
      }
      workflow.show(Reports.comparison(rows))
    }
  }
}
