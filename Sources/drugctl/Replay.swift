import ArgumentParser
import Models
import Patients
import Records

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Asks the version that gave a kept prediction again, and shows both answers.",
    discussion: "Exit status 1 when they differ, or when the version is no longer there.")

  @Argument(help: "The identifier of the prediction.")
  var id: String

  @Option(help: ArgumentHelp("The database of the prediction log.", valueName: "file"))
  var log = "log/predictions.sqlite"

  @OptionGroup var models: ModelsOption

  func run() throws {
    guard let kept = try PredictionLog.newest(1, in: log, id: id).first else {
      throw UnknownPrediction(id: id)
    }
    let model = try models.registry.load(kept.modelVersion)
    guard let patient = model.schema.adopt(kept.patient) else {
      throw ValidationError("model \(kept.modelVersion) is of patients with other fields.")
    }
    let found = try model.recommend(for: patient)
    var text = TextTable(
      ["model \(kept.modelVersion)", "drug", "probability", "prediction set"],
      wordColumns: [0, 1, 3])
    text.add([
      "kept", kept.drug, "\(kept.probability)", kept.predictionSet.inOneCell,
    ])
    text.add([
      "again", found.drug, "\(found.probability)", found.predictionSet.inOneCell,
    ])
    for line in text.lines { print(line) }
    let isSame =
      found.drug == kept.drug && found.probability == kept.probability
      && found.predictionSet == kept.predictionSet
    print(isSame ? "The same answer." : "The answers differ.")
    if !isSame { throw ExitCode(1) }
  }
}
