import ArgumentParser
import DrugClassifier
import RandomForest

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model, evaluates it on held-out patients, saves it and serves it.")

  @OptionGroup var data: DataOptions
  @OptionGroup var preparation: PreparationOptions
  @OptionGroup var forest: ForestOptions
  @OptionGroup var models: ModelsOption

  func run() throws {
    var workflow = Workflow(console: Console(stageCount: 5))
    preparation.apply(to: &workflow.options)
    forest.apply(to: &workflow.options)
    workflow.options.crossValidation = nil
    let table = try workflow.load(data)
    let split = try workflow.prepare(table)
    let candidates = try workflow.train(split, [:])
    let model = workflow.evaluate(
      candidates, of: table, trainingSamples: split.training.sampleCount)
    try workflow.save(model, in: models.registry)
  }
}
