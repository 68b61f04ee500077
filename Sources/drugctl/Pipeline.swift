import ArgumentParser
import Models

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
    Cancellation.listen()
    var training = Training(
      try data.source, options: TrainingOptions(preparation, forest), promotion: .always,
      registry: models.registry)
    training.explores = true
    training.validation =
      noCrossValidation
      ? .none : .folds(crossValidation.folds, repeats: crossValidation.repeats)
    try TrainingPage.record("pipeline", training)
  }
}
