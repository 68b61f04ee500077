public import ArgumentParser
public import Models
import POSIX
import Patients
public import RandomForest

/// Where the patients come from.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The CSV file of patients, with the columns that its description names.", valueName: "file"))
  var data = "data/drug200.csv"

  @OptionGroup var description: DescriptionOptions

  @Flag(help: "Leave invalid rows out instead of refusing the file.")
  var skipInvalid = false

  @OptionGroup var problems: ProblemOptions

  /// The file as a training's source.
  ///
  /// - Throws: `DescriptionError` and `TableError` when its description cannot be used.
  var source: Training.Source {
    get throws {
      var source = Training.Source(path: data, schema: try description.schema(of: data))
      source.skipsInvalidRows = skipInvalid
      source.tellsEachProblem = problems.allProblems
      return source
    }
  }

  /// Reads the file, in a stage of a command.
  func load(_ console: Console) throws -> PatientTable {
    try console.stage {
      let source = try source
      let table = try PatientTable(
        path: source.path, schema: source.schema, skipInvalid: skipInvalid,
        tellsEachProblem: problems.allProblems)
      TrainingPage.load(table, from: source).forEach { print($0) }
      return table
    }
  }
}

/// What is measured of the patients.
struct DescriptionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the columns mean: a Data Package, a resource of one or a Table Schema, as 'drugctl "
        + "describe' writes it (default: \(TableDescription.fileName) beside the data).",
      valueName: "file"))
  var schema: String?

  @Option(
    help: ArgumentHelp(
      "The column that is the drug, if not the one that the description names.", valueName: "name"))
  var target: String?

  /// The schema of a table.
  ///
  /// - Throws: `DescriptionError` and `TableError`.
  func schema(of data: String) throws -> PatientSchema {
    try PatientSchema.describing(data, by: schema, target: target, otherwise: .drug200)
  }
}

/// How it is told what is wrong with a table.
struct ProblemOptions: ParsableArguments {
  @Flag(help: "Tell each problem of the table, and not those of one kind in a line.")
  var allProblems = false
}

/// Where predictions and acts are kept, when nothing else is said.
enum LogDefault {
  /// The database of PostgreSQL that several hosts share.
  static let database = getenv("LOG_DATABASE").map { String(cString: $0) }.flatMap {
    $0.isEmpty ? nil : $0
  }
  static let predictions = database ?? "log/predictions.sqlite"
  static let audit = database ?? "log/audit.sqlite"
  /// The second record of a database's acts: where 'nginx/serve' has it.
  static let heads =
    database == nil
    ? nil
    : getenv("AUDIT_HEADS").map { String(cString: $0) }
      ?? getenv("LOG").map { String(cString: $0) + "/audit.heads" }
}

/// Where models are kept.
struct ModelsOption: ParsableArguments {
  @Option(help: ArgumentHelp("The folder of models.", valueName: "folder"))
  var models = "models"

  @Option(
    help: ArgumentHelp(
      "Serve models alone that are signed with a key of this file, in PEM (default: the file that "
        + "TRUSTED_KEY names, if it is set).",
      valueName: "file"))
  var trustedKey: String?

  func validate() throws {
    if let keyPath { _ = try TrustedKeys(path: keyPath) }
  }

  var registry: ModelRegistry {
    // Without the keys that were there a moment ago, nobody is trusted.
    ModelRegistry(root: models, trusted: keyPath.map { (try? TrustedKeys(path: $0)) ?? .none })
  }

  /// Where runs are kept.
  var runs: String { Self.runs(of: models) }

  /// Where the runs of a folder of models are kept.
  static func runs(of models: String) -> String { LogDefault.database ?? models }

  /// The version that somebody has named, by itself or by an alias; nil for the served one.
  ///
  /// - Throws: `RegistryError` for an alias that no version has.
  func version(_ name: String?) throws -> String? {
    try name.map { try registry.version(named: $0) }
  }

  private var keyPath: String? {
    let path = trustedKey ?? getenv("TRUSTED_KEY").map { String(cString: $0) }
    return path == "" ? nil : path
  }
}

/// How the rows are split, encoded and resampled.
struct PreparationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "One feature set (default: both, the better one is served).",
      valueName: "set"))
  var features: FeatureSet?

  @Option(
    name: [.customLong("test-size"), .customLong("test-fraction")],
    help: ArgumentHelp("The share of patients held out for the evaluation.", valueName: "share"))
  var testSize = 0.3

  @Option(
    name: [.customLong("random-state"), .customLong("seed")],
    help: ArgumentHelp(
      "The seed of the split, the resampling and the forest: one seed, one model.",
      valueName: "number"))
  var randomState: UInt64 = 0

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Balance the drugs of the training rows with synthetic patients, SMOTE with k = 5 (default: "
        + "only for binned)."))
  var smote: Bool?

  func validate() throws {
    guard testSize > 0, testSize < 1 else {
      throw ValidationError("--test-size is a share between 0 and 1, for example 0.3.")
    }
  }

  func apply(to options: inout TrainingOptions) {
    if let features { options.featureSets = [features] }
    options.testSize = testSize
    options.seed = randomState
    options.applySMOTE = smote
  }
}

/// How forests are grown.
struct ForestOptions: ParsableArguments {
  @Option(
    name: [.customLong("n-estimators"), .customLong("trees")],
    help: ArgumentHelp("The number of trees, 1 to 10000.", valueName: "number"))
  var treeCount = 100

  @Option(
    name: [.customLong("max-leaf-nodes"), .customLong("maximum-leaves")],
    help: ArgumentHelp("The most leaves of a tree, 2 or more.", valueName: "number"))
  var maximumLeafCount = 30

  @Option(
    name: [.customLong("max-features"), .customLong("maximum-features")],
    help: ArgumentHelp(
      "The columns tried at each split: sqrt, log2, all or a share (default: sqrt for binned, all "
        + "for continuous).",
      valueName: "choice"))
  var maximumFeatures: MaximumFeatures?

  @Option(
    name: [.customLong("min-samples-leaf"), .customLong("minimum-leaf")],
    help: ArgumentHelp("The fewest patients in a leaf, 1 or more.", valueName: "number"))
  var minimumSamplesPerLeaf = 1

  @Option(
    name: [.customLong("threads"), .customLong("n-jobs")],
    help: ArgumentHelp(
      "The number of threads (default: all cores); it does not change the model.",
      valueName: "number"))
  var threads: Int?

  func validate() throws {
    guard 1...10_000 ~= treeCount else {
      throw ValidationError("--n-estimators is a number of trees from 1 to 10000.")
    }
    guard maximumLeafCount >= 2 else {
      throw ValidationError("--max-leaf-nodes is a number of leaves, 2 or more.")
    }
    guard minimumSamplesPerLeaf >= 1 else {
      throw ValidationError("--min-samples-leaf is a number of patients, 1 or more.")
    }
    guard 1...1024 ~= threads ?? 1 else {
      throw ValidationError("--threads is a number of threads from 1 to 1024.")
    }
  }

  func apply(to options: inout TrainingOptions) {
    options.treeCount = treeCount
    options.maximumLeafCount = maximumLeafCount
    options.maximumFeatures = maximumFeatures
    options.minimumSamplesPerLeaf = minimumSamplesPerLeaf
    options.threadCount = Self.threadCount(threads)
  }

  /// The number of threads that was asked for, or all cores.
  static func threadCount(_ threads: Int?) -> Int {
    threads ?? Thread.processorCount
  }
}

/// How models are cross-validated.
struct CrossValidationOptions: ParsableArguments {
  @Option(
    name: [.customLong("cv-folds"), .customLong("folds")],
    help: ArgumentHelp(
      "The folds of the cross-validation, 2 or more (default: 10, fewer for large tables).",
      valueName: "number"))
  var folds: Int?

  @Option(
    name: [.customLong("cv-repeats"), .customLong("repeats")],
    help: ArgumentHelp(
      "How often the patients are dealt into folds (default: 3, once for large tables).",
      valueName: "number"))
  var repeats: Int?

  func validate() throws {
    guard folds ?? 2 >= 2 else {
      throw ValidationError("--cv-folds is a number of folds, 2 or more.")
    }
    guard 1...1000 ~= repeats ?? 1 else {
      throw ValidationError("--cv-repeats is a number of repeats from 1 to 1000.")
    }
  }
}

// The conformances are public because the types are.
extension FeatureSet: ExpressibleByArgument {}

extension MaximumFeatures: ExpressibleByArgument {
  /// Reads `sqrt`, `log2`, `all` or a share above 0 and at most 1.
  public init?(argument: String) { self.init(description: argument) }

  /// What a help text says of a default.
  public var defaultValueDescription: String { description }
}

extension TrainingOptions {
  /// What the command line decides of a training.
  init(_ preparation: PreparationOptions, _ forest: ForestOptions) {
    self.init()
    preparation.apply(to: &self)
    forest.apply(to: &self)
  }
}
