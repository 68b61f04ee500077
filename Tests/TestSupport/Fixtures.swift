import FoundationEssentials
import POSIX
public import Patients
public import RandomForest

/// The repository's root folder.
public let repositoryRoot = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// The table of 200 patients.
public func drug200() throws -> PatientTable {
  try PatientTable(path: "\(repositoryRoot)/data/drug200.csv", schema: .drug200)
}

/// Makes an empty folder, passes its path to `body` and removes it.
public func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  var template = Array("/tmp/drug-classifier-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", "/tmp") }
  let path = String(decoding: template.dropLast().map { UInt8($0) }, as: UTF8.self)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// Writes a file of a temporary folder and returns its path.
public func write(_ bytes: some Sequence<UInt8>, to path: String) throws -> String {
  try Data(bytes).write(to: URL(filePath: path))
  return path
}

/// A seed that differs from run to run and is printed, so that a failure can be repeated by setting
/// SEED.
public func printedSeed(_ test: String = #function) -> UInt64 {
  let seed =
    getenv("SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 0 ... .max)
  print("\(test): SEED=\(seed)")
  return seed
}

/// Samples of two numeric features, one categorical and three classes that they decide but for noise.
public func syntheticDataset(rowCount: Int, seed: UInt64) -> Dataset {
  var generator = SeededGenerator(seed: seed)
  var dataset = Dataset(
    features: [
      Feature(name: "x", kind: .numeric), Feature(name: "y", kind: .numeric),
      Feature(name: "c", kind: .categorical(levels: ["p", "q", "r"])),
    ],
    classes: ["first", "second", "third"])
  for _ in 0..<rowCount {
    let x = (generator.uniform() * 200).rounded() / 10
    let y = generator.uniform() * 2 - 1
    let c = generator.below(3)
    let label = generator.below(10) == 0 ? generator.below(3) : (x > 12 ? 0 : (c == 1 ? 1 : 2))
    dataset.append([x, y, Double(c)], label: label)
  }
  return dataset
}

/// The schema that leaves numbers as they are.
public func plainSchema(of dataset: Dataset) -> FeatureSchema {
  FeatureSchema(
    fitting: dataset, encodings: dataset.features.map { $0.isCategorical ? .oneHot : .identity })
}

/// A forest of a synthetic dataset.
public func syntheticForest(
  _ dataset: Dataset, treeCount: Int = 20, maximumLeafCount: Int? = 30, seed: UInt64 = 0,
  threadCount: Int = 1
) throws -> Forest {
  var parameters = ForestParameters()
  parameters.treeCount = treeCount
  parameters.maximumLeafCount = maximumLeafCount
  parameters.seed = seed
  let schema = plainSchema(of: dataset)
  return try ForestTrainer(parameters, threadCount: threadCount)
    .train(schema.encode(dataset), schema: schema).forest
}

extension Forest {
  /// The bytes of the forest file.
  public var fileBytes: [UInt8] { withBytes { Array($0) } }
}
