import FoundationEssentials
import RandomForest
import TestSupport
import Testing

/// The golden file of version 1 of the format, which every later version must read.
///
/// Golden/explanations.py reads it with a reader of its own and says what it predicts.
struct ForestFileV1Tests {
  struct Values: Decodable {
    let classes: [String]
    let column_names: [String]
    let node_count: Int
    /// Row-major, null for a missing value.
    let samples: [Double?]
    let probabilities: [Double]
    let votes: [[Int]]
  }

  static let path = "\(Golden.folder)/forest-v1.rf"
  static let golden: Values = Golden.read("forest-v1")

  /// Trains a forest like that of the file: bins, numbers, one-hot levels, names beyond ASCII and weights.
  static func train() throws -> Forest {
    let table = Golden.table("categories")
    let dataset = Dataset(
      features: [
        Feature(name: "age", kind: .numeric), Feature(name: "Verhältnis", kind: .numeric),
        Feature(name: "level", kind: .categorical(levels: table.levels[2])),
        Feature(name: "état", kind: .categorical(levels: ["haut", "bas", "normal €"])),
      ],
      classes: ["first", "second", "third", "nº 4"], values: table.values, labels: table.labels)
    let schema = FeatureSchema(
      fitting: dataset,
      encodings: [
        .bins(
          edges: table.edges[0], labels: ["<20", "20s", "30s", "40s", "50s", "60s", ">69"]),
        .identity, .oneHot, .oneHot,
      ])
    var parameters = ForestParameters()
    parameters.maximumBinCount = 256
    parameters.treeCount = 12
    parameters.maximumLeafCount = 24
    parameters.maximumFeatures = .fraction(0.4)
    parameters.classWeights = .values([1, 1.5, 2, 0.75])
    parameters.seed = 7
    return try ForestTrainer(parameters).train(dataset, schema: schema).forest
  }

  private func rows<Element>(_ elements: [Element], of width: Int) -> [[Element]] {
    stride(from: 0, to: elements.count, by: width).map { Array(elements[$0..<$0 + width]) }
  }

  @Test func theFileIsOpenedAndEveryByteIsSound() throws {
    let forest = try Forest(mapping: Self.path)
    try forest.verify()
    #expect(forest.schema.classes == Self.golden.classes)
    #expect(forest.schema.columnNames == Self.golden.column_names)
    #expect(forest.treeCount == 12)
    #expect(forest.nodeCount == Self.golden.node_count)
    #expect(forest.parameters.contains { $0 == ("max_leaf_nodes", "24") })
  }

  @Test(arguments: [false, true])
  func theFilePredictsToTheBitWhatItAlwaysPredicted(verified: Bool) throws {
    let forest = try Forest(mapping: Self.path)
    if verified { try forest.verify() }
    let samples = Self.golden.samples.map { $0 ?? .nan }
    #expect(try forest.probabilities(of: samples) == Self.golden.probabilities)
    let probabilities = rows(Self.golden.probabilities, of: forest.schema.classes.count)
    for (row, sample) in rows(samples, of: forest.schema.inputs.count).enumerated() {
      let prediction = try forest.predict(sample)
      #expect(prediction.probabilities == probabilities[row])
      #expect(prediction.votes == Self.golden.votes[row])
    }
  }

  @Test func beyondAllNumbersLieTheInfinities() throws {
    let forest = try Forest(mapping: Self.path)
    for sign in [1.0, -1.0] {
      let far = sign * Double.greatestFiniteMagnitude
      let infinite = sign * Double.infinity
      #expect(try forest.predict([far, far, 0, 1]) == forest.predict([infinite, infinite, 0, 1]))
    }
  }

  /// The header's checksum covers those of all sections, and so stands for every byte.
  @Test func theSameTrainingWritesTheSameBytes() throws {
    let checksum = Array(try Self.train().fileBytes[0x38..<0x40])
    #expect(checksum == [30, 76, 126, 165, 218, 136, 202, 37])
  }

  /// Not a test: makes the file, once for each version of the format. Rows with levels are drawn in another
  /// order since this one was made.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["WRITE_GOLDEN_FOREST"] != nil))
  func writeTheFile() throws {
    try Self.train().write(to: Self.path)
  }
}
