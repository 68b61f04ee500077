import ArgumentParser
import Models

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a model, evaluates it on held-out patients, saves it and serves it.")

  @OptionGroup var data: DataOptions
  @OptionGroup var preparation: PreparationOptions
  @OptionGroup var forest: ForestOptions
  @OptionGroup var models: ModelsOption

  func run() throws {
    Cancellation.listen()
    var training = Training(
      try data.source, options: TrainingOptions(preparation, forest), promotion: .always,
      registry: models.registry)
    training.validation = .none
    try TrainingPage.record("train", training)
  }
}
