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
      The file takes numbers as doubles and categories as texts, each field of shape [n, 1], and gives \
      'label' and 'probabilities'. --float32 and --table write it for programs that take less. \
      docs/onnx.md tells more.
      """)

  @Option(help: ArgumentHelp("Write a file in ONNX.", valueName: "file.onnx"))
  var onnx: String

  @Option(
    help: ArgumentHelp("A version of the model instead of the served one.", valueName: "version"))
  var model: String?

  @Flag(
    name: .customLong("float32"),
    help: "Take numbers of 32 bits, and write none of more: each threshold is rounded down.")
  var isSingle = false

  @Flag(
    name: .customLong("table"),
    help: "Take one table of the encoded columns in place of the fields; the file names them.")
  var isTable = false

  @OptionGroup var models: ModelsOption

  func run() throws {
    let model = try models.registry.load(models.version(model))
    let card = model.card
    var metadata = Self.metadata(model)
    if isTable {
      metadata.append(("columns", ONNXForm.columnNames(of: model.forest.schema).json))
    }
    let bytes = try model.forest.onnx(
      producer: "drug-classifier", version: programVersion, description: Self.description(model),
      metadata: metadata, form: ONNXForm(isSingle: isSingle, isTable: isTable))
    try DurableFile.write(bytes, to: onnx)
    print(
      "Model \(card.modelVersion) written to \(onnx): \(model.treeCount) trees,"
        + " \(bytes.count.grouped) bytes.")
  }

  private static func metadata(_ model: DrugModel) -> [(name: String, value: String)] {
    let card = model.card
    var metadata = [
      ("model_version", card.modelVersion), ("trained_at", card.trainedAt),
      ("features", card.features.rawValue), ("description", description(model)),
      ("drugs", model.drugs.json),
      ("purpose", card.purpose), ("not_for", card.notFor), ("forest_sha256", card.forestSha256),
      ("data_sha256", card.data?.sha256), ("imported_sha256", card.imported?.sha256),
    ]
    if card.imported != nil { metadata[1].0 = "imported_at" }
    return metadata.compactMap { name, value in value.map { (name, $0) } }
  }

  /// What the model is, in a sentence.
  private static func description(_ model: DrugModel) -> String {
    let fields = model.schema.fields.map(\.name)
    let listed =
      fields.count == 1
      ? fields[0] : fields.dropLast().joined(separator: ", ") + " and " + fields.last!
    return "Drug Classifier, model \(model.card.modelVersion): one of "
      + "\(model.schema.drugs.count.inWords) drugs from "
      + (fields.count <= 12 ? listed : "\(fields.count) measurements")
      + ", by a random forest on the \(model.card.features.rawValue) features."
  }
}
