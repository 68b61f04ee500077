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
    try RunRecorder.record("train", in: models.models, workflow.options.names) { recorder in
      let table = try workflow.load(data)
      recorder.note(table, named: data.data)
      let split = try workflow.prepare(table)
      let candidates = try workflow.train(split, [:])
      let model = workflow.evaluate(candidates, of: table, split)
      recorder.note(model)
      try workflow.save(model, in: models.registry)
      recorder.run.isPromoted = true
    }
  }
}
