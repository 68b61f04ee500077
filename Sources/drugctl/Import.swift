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

  @Option(
    help: ArgumentHelp(
      "What its patients' fields mean (default: as the served model has it).", valueName: "file"))
  var schema: String?

  @OptionGroup var models: ModelsOption

  func run() throws {
    let patients = try patients
    let file = try ImportedFile(path: onnx, limit: ONNXModel.maximumByteCount)
    let model = try ONNXModel(parsing: file.bytes)
    let made: ImportedForest
    do throws(ONNXError) {
      made = try model.forest(request(patients))
    } catch {
      throw Refusal(error: error)
    }
    let imported = ImportedModel(
      made.forest, patients, Self.featureSets(patients)[made.encoding],
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

  private static func featureSets(_ schema: PatientSchema) -> [FeatureSet] {
    FeatureSet.all(of: schema).reversed()
  }

  private var patients: PatientSchema {
    get throws {
      if let schema { return try PatientSchema(TableDescription(path: schema)) }
      return (try? models.registry.details())?.schema ?? .drug200
    }
  }

  private func request(_ schema: PatientSchema) -> ONNXModel.Request {
    func names(_ list: String) -> [String] {
      // A name that holds a comma stands in quotes.
      list.fields()?.map(\.trimmingSpaces)
        ?? list.split(separator: ",", omittingEmptySubsequences: false).map {
          String($0).trimmingSpaces
        }
    }
    return ONNXModel.Request(
      features: schema.features,
      encodings: Self.featureSets(schema).map { $0.encodings(schema) }, classes: schema.drugs,
      columns: columns.map { FeatureSet(rawValue: $0)?.columnNames(schema) ?? names($0) },
      labels: classes.map(names),
      incompleteCategories: Set(
        schema.fields.filter { !$0.isRequired && !$0.levels.isEmpty }.map(\.name)))
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
  /// The encodings of a table of which no row is known.
  fileprivate func encodings(_ schema: PatientSchema) -> [FeatureEncoding] {
    let none = Dataset(features: schema.features, classes: schema.drugs)
    return zip(schema.inputs, encodings(schema, fitting: none)).map { field, encoding in
      encoding == .identity && !field.isRequired ? .identityWithMissing : encoding
    }
  }

  /// The names of the encoded columns, in order.
  fileprivate func columnNames(_ schema: PatientSchema) -> [String] {
    zip(schema.features, encodings(schema)).flatMap { EncodedFeature($0, encoding: $1).columnNames }
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
