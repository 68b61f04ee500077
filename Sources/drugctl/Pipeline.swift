import ArgumentParser
import DrugClassifier
import RandomForest

struct Pipeline: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs every stage: load, explore, prepare, cross-validate, train, evaluate, save.")

  @OptionGroup var data: DataOptions
  @OptionGroup var preparation: PreparationOptions
  @OptionGroup var forest: ForestOptions
  @OptionGroup var crossValidation: CrossValidationOptions
  @OptionGroup var models: ModelsOption

  @Flag(name: .customLong("no-cross-validation"), help: "Leave the cross-validation out.")
  var noCrossValidation = false

  func run() throws {
    var workflow = Workflow(console: Console(stageCount: noCrossValidation ? 6 : 7))
    preparation.apply(to: &workflow.options)
    forest.apply(to: &workflow.options)
    try RunRecorder.record("pipeline", in: models.models, workflow.options.names) { recorder in
      let table = try workflow.load(data)
      recorder.note(table, named: data.data)
      workflow.explore(table)
      workflow.options.crossValidation =
        noCrossValidation ? nil : crossValidation.plan(for: table.dataset, workflow.options)
      let split = try workflow.prepare(table)
      let validated = try workflow.crossValidate(table.dataset)
      let candidates = try workflow.train(split, validated)
      let model = workflow.evaluate(candidates, of: table, split)
      recorder.note(model)
      try workflow.save(model, in: models.registry)
      recorder.run.isPromoted = true
    }
  }
}
