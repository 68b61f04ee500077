import ArgumentParser
import ForestONNX
import Models
import POSIX
import Patients
import RandomForest

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the served model, or another version, as a file that other programs run.",
    discussion: """
      The file takes Age and Na_to_K as doubles and Sex, BP and Cholesterol as texts, each of shape \
      [n, 1], and gives 'label' and 'probabilities'. docs/onnx.md tells more.
      """)

  @Option(help: ArgumentHelp("Write a file in ONNX.", valueName: "file.onnx"))
  var onnx: String

  @Option(
    help: ArgumentHelp("A version of the model instead of the served one.", valueName: "version"))
  var model: String?

  @OptionGroup var models: ModelsOption

  func run() throws {
    let model = try models.registry.load(model)
    let card = model.card
    let bytes = try model.forest.onnx(
      producer: "drug-classifier", version: programVersion, description: card.description,
      metadata: Self.metadata(card))
    try DurableFile.write(bytes, to: onnx)
    print(
      "Model \(card.modelVersion) written to \(onnx): \(model.treeCount) trees,"
        + " \(bytes.count.grouped) bytes.")
  }

  private static func metadata(_ card: ModelCard) -> [(name: String, value: String)] {
    var metadata = [
      ("model_version", card.modelVersion), ("trained_at", card.trainedAt),
      ("features", card.features.rawValue), ("description", card.description),
      ("purpose", card.purpose), ("not_for", card.notFor), ("forest_sha256", card.forestSha256),
      ("data_sha256", card.data?.sha256), ("imported_sha256", card.imported?.sha256),
    ]
    if card.imported != nil { metadata[1].0 = "imported_at" }
    return metadata.compactMap { name, value in value.map { (name, $0) } }
  }
}

extension ModelCard {
  /// What the model is, in a sentence.
  fileprivate var description: String {
    "Drug Classifier, model \(modelVersion): one of five drugs from Age, Sex, BP, Cholesterol and"
      + " Na_to_K, by a random forest on the \(features.rawValue) features."
  }
}
