import RandomForest
import SwiftProtobuf
import TestSupport
import Testing

@testable import ForestONNX

/// Forests of this library as files, and back.
struct ExportTests {
  private func request(_ forest: Forest) -> ONNXModel.Request {
    ONNXModel.Request(
      features: forest.schema.inputs.map(\.feature),
      encodings: [
        forest.schema.inputs.map { $0.feature.isCategorical ? .oneHot : .identity },
        forest.schema.inputs.map(\.encoding),
      ], classes: forest.schema.classes)
  }

  private func exported(_ forest: Forest) throws -> [UInt8] {
    try forest.onnx(
      producer: "tests", version: "1", description: "a forest",
      metadata: [("model_version", "abc")])
  }

  /// Numbers as measured, one in bins, and levels.
  private func mixedForest() throws -> Forest {
    let dataset = syntheticDataset(rowCount: 300, seed: 5)
    var parameters = ForestParameters()
    parameters.treeCount = 15
    parameters.maximumFeatures = .all
    let schema = FeatureSchema(
      fitting: dataset,
      encodings: [
        .identity, .bins(edges: [-0.5, 0, 0.5], labels: ["low", "minus", "plus", "high"]),
        .oneHot,
      ])
    return try ForestTrainer(parameters).train(dataset, schema: schema).forest
  }

  @Test(arguments: [false, true])
  func aForestComesBackAsItWas(isMixed: Bool) throws {
    let forest =
      try isMixed
      ? mixedForest() : syntheticForest(syntheticDataset(rowCount: 300, seed: 4))
    let model = try ONNXModel(parsing: exported(forest))
    #expect(model.producerName == "tests" && model.producerVersion == "1")
    #expect(model.metadata.map(\.name) == ["model_version"])
    let made = try model.forest(request(forest))
    #expect(!made.isFolded && made.encoding == (isMixed ? 1 : 0))
    #expect(made.forest.schema.columnNames.count == forest.schema.columnNames.count)
    #expect(made.forest.treeCount == forest.treeCount)
    #expect(made.forest.nodeCount == forest.nodeCount)
    #expect(made.forest.thresholds(ofInput: 0) == forest.thresholds(ofInput: 0))
    var generator = SeededGenerator(seed: printedSeed())
    let cuts = (0..<2).map { input in
      forest.thresholds(ofInput: input).flatMap { [$0, $0.nextUp, $0.nextDown] } + [.nan]
    }
    for _ in 0..<500 {
      let sample = [
        cuts[0][generator.below(cuts[0].count)], cuts[1][generator.below(cuts[1].count)],
        Double(generator.below(3)),
      ]
      #expect(try made.forest.predict(sample) == forest.predict(sample))
    }
    // The counts of samples come along, so that it explains itself as before.
    let sample = [11.0, 0.25, 1]
    let (own, old) = (try made.forest.explain(sample), try forest.explain(sample))
    for (one, other) in zip(own.inputs + own.baseValues, old.inputs + old.baseValues) {
      #expect((one - other).magnitude < 1e-12)
    }
  }

  @Test(
    arguments: [
      ["label", "probabilities", "columns"], ["c_columns", "columns", "c"],
      ["tree_count", "sums", "place"], ["x", "x_edges", "x_levels"],
      ["class_of_sums", "label_", "label"], ["trees", "probabilities", "probabilities_"],
    ], [2, 3])
  func whateverIsMeasuredKeepsItsName(_ names: [String], _ classCount: Int) throws {
    let plain = syntheticDataset(rowCount: 200, seed: 8)
    var dataset = Dataset(
      features: zip(names, plain.features).map { Feature(name: $0, kind: $1.kind) },
      classes: Array(plain.classes.prefix(classCount)))
    for row in 0..<plain.rowCount {
      dataset.append(plain.row(row), label: plain.labels[row] % classCount)
    }
    var parameters = ForestParameters()
    parameters.treeCount = 5
    let schema = FeatureSchema(
      fitting: dataset,
      encodings: [.identity, .bins(edges: [-0.5, 0.5], labels: ["low", "mid", "high"]), .oneHot])
    let forest = try ForestTrainer(parameters).train(dataset, schema: schema).forest
    let made = try ONNXModel(parsing: exported(forest)).forest(request(forest))
    #expect(made.forest.treeCount == 5 && !made.isFolded)
    for row in 0..<20 {
      let sample = Array(dataset.row(row))
      #expect(try made.forest.predict(sample) == forest.predict(sample))
    }
  }

  /// Two numbers, of which each split has learned where it goes when it is missing, and levels.
  private func forestWithHoles() throws -> Forest {
    let whole = syntheticDataset(rowCount: 300, seed: 6)
    var generator = SeededGenerator(seed: 7)
    var dataset = Dataset(features: whole.features, classes: whole.classes)
    for row in 0..<whole.rowCount {
      var values = whole.row(row).map { generator.below(6) == 0 ? .nan : $0 }
      if whole.labels[row] == 1, generator.below(2) == 0 { values[0] = .nan }
      dataset.append(values, label: whole.labels[row])
    }
    var parameters = ForestParameters()
    parameters.treeCount = 20
    parameters.maximumLeafCount = nil
    let schema = FeatureSchema(
      fitting: dataset, encodings: [.identityWithMissing, .identityWithMissing, .oneHot])
    return try ForestTrainer(parameters).train(dataset, schema: schema).forest
  }

  @Test func whereMissingValuesGoIsWrittenAndReadBack() throws {
    let forest = try forestWithHoles()
    let request = ONNXModel.Request(
      features: forest.schema.inputs.map(\.feature),
      encodings: [forest.schema.inputs.map(\.encoding)], classes: forest.schema.classes,
      incompleteCategories: ["c"])
    let bytes = try exported(forest)
    let made = try ONNXModel(parsing: bytes).forest(request)
    #expect(!made.isFolded && made.forest.nodeCount == forest.nodeCount)
    #expect(made.forest.schema.columnNames == forest.schema.columnNames)
    // Every test is there, with the column that it asks.
    func tests(_ forest: Forest) throws -> [String] {
      try (0..<forest.treeCount).flatMap { number in
        try forest.tree(number).nodes.compactMap { node in
          guard case .split(let column, let threshold, _) = node else { return nil }
          return "\(number) \(column) \(threshold)"
        }
      }.sorted()
    }
    #expect(try tests(made.forest) == tests(forest))
    let columns = Set(try tests(forest).map { $0.split(separator: " ")[1] })
    #expect(columns.count == 7)
    var generator = SeededGenerator(seed: printedSeed())
    let numbers = (0..<2).map { input in
      forest.thresholds(ofInput: input).flatMap { [$0, $0.nextUp, $0.nextDown] }
        + [.nan, .nan, -.infinity, .infinity]
    }
    for _ in 0..<100 {
      let sample = [
        numbers[0][generator.below(numbers[0].count)],
        numbers[1][generator.below(numbers[1].count)], [0, 1, 2, .nan][generator.below(4)],
      ]
      #expect(try made.forest.predict(sample) == forest.predict(sample))
      let (own, old) = (try made.forest.explain(sample), try forest.explain(sample))
      for (one, other) in zip(own.inputs + own.baseValues, old.inputs + old.baseValues) {
        #expect((one - other).magnitude < 1e-12)
      }
    }
    // What was read is written and read again as it is.
    let again = try ONNXModel(parsing: exported(made.forest)).forest(request).forest
    #expect(again.fileBytes == made.forest.fileBytes)
  }

  @Test func oneForestGivesOneFile() throws {
    let forest = try mixedForest()
    #expect(try exported(forest) == exported(forest))
  }

  /// A tree a bin, which says whether the number lies in it.
  private func forestOfBins(_ edges: [Double]) throws -> Forest {
    let count = edges.count + 1
    let schema = FeatureSchema(
      inputs: [
        EncodedFeature(
          Feature(name: "x", kind: .numeric),
          encoding: .bins(edges: edges, labels: (0..<count).map { "\($0)" }))
      ], classes: (0..<count + 1).map { "c\($0)" })
    func leaf(_ label: Int) -> DecisionTree.Node {
      .leaf(distribution: (0..<count + 1).map { $0 == label ? 1 : 0 })
    }
    return try Forest(
      schema: schema,
      trees: (0..<count).map { bin in
        DecisionTree(nodes: [.split(column: bin, threshold: 0.5, left: 1), leaf(count), leaf(bin)])
      })
  }

  /// A bin behind infinity holds nothing, one up to minus infinity holds that alone.
  @Test(
    arguments: [
      [0.5], [.infinity], [0, .infinity], [-.infinity], [-.infinity, 0, 1, .infinity],
      [-.greatestFiniteMagnitude, .greatestFiniteMagnitude],
    ])
  func everyNumberLiesInOneBin(_ edges: [Double]) throws {
    let forest = try forestOfBins(edges)
    let bytes = try exported(forest)
    let constants = try WireModel(serializedBytes: bytes).graph.initializer
    let least = try #require(constants.first { $0.name == "x_least" }).doubleData
    let most = try #require(constants.first { $0.name == "x_edges" }).doubleData
    let made = try ONNXModel(parsing: bytes).forest(request(forest)).forest
    for value in edges + edges.map(\.nextUp) + edges.map(\.nextDown) + [-.infinity, .infinity] {
      let bins = least.indices.filter { value >= least[$0] && value <= most[$0] }
      let shares = try forest.predict([value]).probabilities
      #expect(bins.count == 1 && shares[bins[0]] > 0, "\(value) in \(bins)")
      #expect(try made.predict([value]).probabilities == shares)
    }
  }

  private func forestOfOneLeaf() throws -> Forest {
    let schema = FeatureSchema(
      inputs: [EncodedFeature(Feature(name: "x", kind: .numeric), encoding: .identity)],
      classes: ["no", "yes"])
    return try Forest(
      schema: schema, trees: [DecisionTree(nodes: [.leaf(distribution: [0.3, 0.7])])])
  }

  @Test func aForestOfOneLeafIsWritten() throws {
    let forest = try forestOfOneLeaf()
    let made = try ONNXModel(parsing: exported(forest)).forest(request(forest))
    #expect(try made.forest.predict([3]).probabilities == [0.3, 0.7])
  }

  /// The file itself finds out which of two classes has more, since ONNX Runtime does not.
  @Test func ofTwoClassesThePlaceOfTheGreaterIsNamed() throws {
    let forest = try forestOfOneLeaf()
    var model = try WireModel(serializedBytes: exported(forest))
    #expect(model.graph.node.suffix(2).map(\.opType) == ["ArgMax", "LabelEncoder"])
    // Under other names, or from the last of equals, it is another model.
    let place = model.graph.node.count - 1
    let names = model.graph.node[place].attribute[1].strings
    model.graph.node[place].attribute[1].strings = names.reversed()
    #expect {
      try ONNXModel(parsing: model.serializedBytes()).forest(request(forest))
    } throws: { "\($0)".contains("classes that are renamed behind the trees cannot be kept") }
    model.graph.node[place].attribute[1].strings = names
    model.graph.node[place - 1].attribute.append(WireAttribute("select_last_index", integer: 1))
    #expect {
      try ONNXModel(parsing: model.serializedBytes()).forest(request(forest))
    } throws: { "\($0)".contains("this operator is not known here on such an input") }
  }
}
