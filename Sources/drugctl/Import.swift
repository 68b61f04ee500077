import ArgumentParser
import ForestONNX
import Models
import Patients
import RandomForest

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a version of a model that another program trained.",
    discussion: """
      The file takes either Age, Sex, BP, Cholesterol and Na_to_K one by one, or one table whose \
      columns --columns names, as 'Age,Na_to_K,Sex_F,Sex_M,BP_HIGH,BP_LOW,BP_NORMAL,\
      Cholesterol_HIGH,Cholesterol_NORMAL'. 'continuous' and 'binned' stand for the columns of these \
      feature sets in their order; Sex, BP and Cholesterol in a table are the places of the \
      categories in alphabetical order, from 0. What cannot be kept as it is is refused. \
      docs/onnx.md tells more.

      The version is saved, and served once you say so: 'drugctl models activate VERSION'.
      """)

  @Option(help: ArgumentHelp("Read a file in ONNX.", valueName: "file.onnx"))
  var onnx: String

  @Option(help: ArgumentHelp("The columns of the model's table, in its order.", valueName: "names"))
  var columns: String?

  @Option(
    help: ArgumentHelp(
      "The drugs that the model's classes 0, 1, … stand for, in this order.", valueName: "drugs"))
  var classes: String?

  @OptionGroup var models: ModelsOption

  func run() throws {
    let file = try ImportedFile(path: onnx, limit: ONNXModel.maximumByteCount)
    let model = try ONNXModel(parsing: file.bytes)
    let made: ImportedForest
    do throws(ONNXError) {
      made = try model.forest(request)
    } catch {
      throw Refusal(error: error)
    }
    let imported = ImportedModel(
      made.forest, Self.featureSets[made.encoding],
      from: ModelCard.Origin(
        format: "ONNX", producer: Self.producer(model), sha256: file.sha256,
        trees: made.treeCount, folded: made.isFolded))
    let registry = models.registry
    let version = imported.card.modelVersion
    switch try registry.save(imported) {
    case .saved: print("Model \(version) saved in \(registry.folder(of: version)):")
    case .alreadyThere: print("Model \(version) exists already, byte for byte:")
    }
    let forest = made.forest
    print(
      "  \(made.treeCount) trees"
        + (made.isFolded
          ? ", folded into one of \((forest.nodeCount + 1) / 2) leaves: their sums are no mean of"
            + " class distributions" : "")
        + ", \(imported.card.features.rawValue) features")
    print("  sha256 \(file.sha256)")
    if let omission = try DrugModel(folder: registry.folder(of: version)).omission {
      print("  \(omission.words)")
    }
    print("To serve it: drugctl models activate \(version)")
  }

  private static let featureSets: [FeatureSet] = [.continuous, .binned]

  private var request: ONNXModel.Request {
    func names(_ list: String) -> [String] {
      list.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0).trimmingSpaces
      }
    }
    return ONNXModel.Request(
      features: PatientField.features, encodings: Self.featureSets.map(\.encodings),
      classes: Drug.names,
      columns: columns.map { FeatureSet(rawValue: $0)?.columnNames ?? names($0) },
      labels: classes.map(names))
  }

  private static func producer(_ model: ONNXModel) -> String? {
    let words = [model.producerName, model.producerVersion].map(\.printable)
      .filter { !$0.isEmpty }
    return words.isEmpty ? nil : words.joined(separator: " ")
  }
}

/// Why a file is not imported, and which option would help.
private struct Refusal: Error, CustomStringConvertible {
  let error: ONNXError
  var description: String {
    switch error.missing {
    case .columns: "\(error), by --columns"
    case .labels: "\(error), by --classes"
    case nil: "\(error)"
    }
  }
}

extension FeatureSet {
  /// The names of the encoded columns, in order.
  fileprivate var columnNames: [String] {
    zip(PatientField.features, encodings).flatMap { EncodedFeature($0, encoding: $1).columnNames }
  }
}

extension DrugModel.Omission {
  /// What is said of a model that was imported.
  fileprivate var words: String {
    switch self {
    case .tooDeep:
      "Its predictions come without what each measurement adds: a tree is deeper than"
        + " \(Forest.maximumExplainedDepth) tests."
    case .tooLarge, .tooManyThresholds:
      "Its predictions come without what each measurement adds: it is too large for that."
    }
  }
}

extension String {
  /// The text without the spaces around it.
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
