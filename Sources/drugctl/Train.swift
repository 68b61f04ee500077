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
    var options = TrainingOptions()
    preparation.apply(to: &options)
    forest.apply(to: &options)
    var training = Training(
      data.source, options: options, promotion: .always, registry: models.registry)
    training.validation = .none
    let page = TrainingPage(training)
    try RunRecorder.record("train", training) { page.show($0) }
    page.finish()
  }
}
