import Models
import Patients

/// The decisions of POST /retrain, all filled in.
struct RetrainingRequest: Sendable, Equatable {
  var treeCount = 100
  var maximumLeafCount = 30
  var testSize = 0.3
  /// Nil for what is best for each feature set.
  var applySMOTE: Bool?
  /// Nil for both, of which the better is taken.
  var features: FeatureSet?
  var seed = 0
  var dataset = DatasetStore.builtInName
  var includesOutcomes = false
  var isForced = false
  /// Whether the new model is served by itself, unless it is worse.
  var promotes = true

  private static let names = [
    "n_estimators", "max_leaf_nodes", "test_size", "apply_smote", "features", "random_state",
    "dataset", "include_outcomes", "force", "promote",
  ]

  init() {}

  /// Reads the body of a request.
  ///
  /// - Throws: `AdministrationError.invalidParameters` with every member that is wrong or unknown.
  init(_ json: JSONValue) throws(ServiceError) {
    var reader = try MemberReader(json, names: Self.names)
    if let value = reader.whole("n_estimators", 1...2000) { treeCount = value }
    if let value = reader.whole("max_leaf_nodes", 2...10_000) { maximumLeafCount = value }
    if let value = reader.number("test_size", 0.05...0.5) { testSize = value }
    applySMOTE = reader.bool("apply_smote", orNull: true)
    features = reader.choice("features", FeatureSet.allCases.map(\.rawValue), orNull: true)
      .flatMap(FeatureSet.init)
    if let value = reader.whole("random_state", 0...(1 << 53 - 1)) { seed = value }
    if let value = reader.text("dataset", allowed: DatasetStore.nameWords, DatasetStore.isName) {
      dataset = value
    }
    if let value = reader.bool("include_outcomes") { includesOutcomes = value }
    if let value = reader.bool("force") { isForced = value }
    if let value = reader.bool("promote") { promotes = value }
    if isForced, !promotes {
      reader.refuse("force", "must be false where promote is", allowed: "false")
    }
    try reader.finish()
  }

  /// The decisions as arguments of `drugctl retrain`.
  ///
  /// - Parameters:
  ///   - data: the file of the built-in table.
  ///   - log: the prediction log; nil when none is kept.
  func arguments(models: String, data: String, log: String?) -> [String] {
    // Each value in one word with its option, so that no value can be an option.
    var arguments = [
      "--progress-json", "--models=\(models)", "--n-estimators=\(treeCount)",
      "--max-leaf-nodes=\(maximumLeafCount)", "--test-size=\(testSize)", "--random-state=\(seed)",
    ]
    arguments.append(
      dataset == DatasetStore.builtInName ? "--data=\(data)" : "--dataset=\(dataset)")
    if let features { arguments.append("--features=\(features.rawValue)") }
    if let applySMOTE { arguments.append(applySMOTE ? "--smote" : "--no-smote") }
    if includesOutcomes, let log { arguments.append("--include-outcomes=\(log)") }
    if isForced { arguments.append("--force") }
    if !promotes { arguments.append("--no-promote") }
    return arguments
  }
}

extension JSONWriter {
  /// Writes the decisions under the names of the contract.
  mutating func write(_ request: RetrainingRequest) {
    object { writer in
      writer.name("n_estimators")
      writer.number(request.treeCount)
      writer.name("max_leaf_nodes")
      writer.number(request.maximumLeafCount)
      writer.name("test_size")
      writer.number(request.testSize)
      writer.name("apply_smote")
      writer.bool(request.applySMOTE)
      writer.name("features")
      writer.string(request.features?.rawValue)
      writer.name("random_state")
      writer.number(request.seed)
      writer.name("dataset")
      writer.string(request.dataset)
      writer.name("include_outcomes")
      writer.bool(request.includesOutcomes)
      writer.name("force")
      writer.bool(request.isForced)
      writer.name("promote")
      writer.bool(request.promotes)
    }
  }
}
