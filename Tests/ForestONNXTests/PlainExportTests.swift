import RandomForest
import SwiftProtobuf
import TestSupport
import Testing

@testable import ForestONNX

/// Forests in files of 32 bits, and in those that take one table.
struct PlainExportTests {
  private static let forms = [
    ONNXForm(), ONNXForm(isTable: true), ONNXForm(isSingle: true),
    ONNXForm(isSingle: true, isTable: true),
  ]

  private func exported(_ forest: Forest, _ form: ONNXForm) throws -> [UInt8] {
    try forest.onnx(producer: "tests", version: "1", description: "", form: form)
  }

  private func read(_ forest: Forest, _ form: ONNXForm) throws -> ImportedForest {
    let inputs = forest.schema.inputs
    return try ONNXModel(parsing: exported(forest, form)).forest(
      ONNXModel.Request(
        features: inputs.map(\.feature),
        encodings: [
          inputs.map {
            if case .bins = $0.encoding { .identityWithMissing } else { $0.encoding }
          }, inputs.map(\.encoding),
        ], classes: forest.schema.classes,
        columns: form.isTable ? ONNXForm.columnNames(of: forest.schema) : nil,
        incompleteCategories: ["c"]))
  }

  /// Numbers as measured with holes, one in bins, and levels.
  private func mixedForest(classCount: Int, treeCount: Int = 15) throws -> Forest {
    let whole = syntheticDataset(rowCount: 300, seed: 5)
    var dataset = Dataset(
      features: whole.features, classes: Array(whole.classes.prefix(classCount)))
    var generator = SeededGenerator(seed: 3)
    for row in 0..<whole.rowCount {
      var values = Array(whole.row(row))
      // In the thirds of doubles nothing is exact in 32 bits.
      values[0] = generator.below(6) == 0 ? .nan : values[0] / 3
      dataset.append(values, label: whole.labels[row] % classCount)
    }
    var parameters = ForestParameters()
    parameters.treeCount = treeCount
    parameters.maximumLeafCount = 20
    let schema = FeatureSchema(
      fitting: dataset,
      encodings: [
        .identityWithMissing,
        .bins(edges: [-0.7, 0.1, 0.1.nextUp, 0.3], labels: ["a", "b", "c", "d", "e"]), .oneHot,
      ])
    return try ForestTrainer(parameters).train(dataset, schema: schema).forest
  }

  private func samples(_ forest: Forest, isSingle: Bool) -> [[Double]] {
    var generator = SeededGenerator(seed: printedSeed())
    func rounded(_ value: Double) -> [Double] {
      guard isSingle else { return [value, value.nextUp, value.nextDown] }
      let float = Float(value)
      return [float, float.nextUp, float.nextDown].map(Double.init)
    }
    let numbers = (0..<2).map { input in
      forest.thresholds(ofInput: input).flatMap(rounded) + [.nan, -.infinity, .infinity, 0]
    }
    return (0..<400).map { _ in
      [
        numbers[0][generator.below(numbers[0].count)],
        numbers[1][generator.below(numbers[1].count)], [0, 1, 2, .nan][generator.below(4)],
      ]
    }
  }

  @Test(arguments: forms, [2, 3])
  func aForestComesBackInEachForm(_ form: ONNXForm, _ classCount: Int) throws {
    let forest = try mixedForest(classCount: classCount)
    let made = try read(forest, form)
    #expect(!made.isFolded && made.forest.treeCount == forest.treeCount)
    // Of bins whose edges were rounded each is asked for in two tests of the number.
    let hasBins = !form.isSingle || form.isTable
    #expect(made.encoding == (hasBins ? 1 : 0))
    for sample in samples(forest, isSingle: form.isSingle) {
      let (own, old) = (try made.forest.predict(sample), try forest.predict(sample))
      for (one, other) in zip(own.probabilities, old.probabilities) {
        #expect((one - other).magnitude < (form.isSingle ? 1e-6 : 1e-15))
      }
    }
    #expect(made.forest.nodeCount == forest.nodeCount || !hasBins)
  }

  @Test func filesOfThirtyTwoBitsHoldNothingElse() throws {
    let model = try WireModel(
      serializedBytes: exported(mixedForest(classCount: 3), ONNXForm(isSingle: true)))
    let nodes = model.graph.node
    #expect(model.graph.input.map(\.type.tensorType.elemType) == [1, 1, 8])
    #expect(model.graph.initializer.allSatisfy { $0.doubleData.isEmpty })
    #expect(nodes.flatMap(\.attribute).allSatisfy { $0.type != 4 })
    #expect(nodes.allSatisfy { node in node.opType != "Cast" || node.attribute[0].i == 1 })
    let table = try WireModel(
      serializedBytes: exported(
        mixedForest(classCount: 3), ONNXForm(isSingle: true, isTable: true)))
    #expect(table.graph.node.first?.opType == "TreeEnsembleClassifier")
    #expect(table.graph.input.map(\.name) == ["columns"])
    #expect(table.graph.input[0].type.tensorType.shape.dim[1].dimValue == 9)
  }

  private func trees(_ bytes: [UInt8]) throws -> WireNode {
    try #require(
      WireModel(serializedBytes: bytes).graph.node.first { $0.opType == "TreeEnsembleClassifier" })
  }

  /// One test of x, whose leaves are sure.
  private func stump(_ threshold: Double, classCount: Int = 3) throws -> Forest {
    let schema = FeatureSchema(
      inputs: [EncodedFeature(Feature(name: "x", kind: .numeric), encoding: .identity)],
      classes: (0..<classCount).map { "c\($0)" })
    func leaf(_ label: Int) -> DecisionTree.Node {
      .leaf(distribution: (0..<classCount).map { $0 == label ? 1 : 0 })
    }
    return try Forest(
      schema: schema,
      trees: [
        DecisionTree(nodes: [
          .split(column: 0, threshold: threshold, left: 1), leaf(0), leaf(1),
        ])
      ])
  }

  @Test(
    arguments: [
      (0.5, 0.5), (0.1, 0.099_999_994), (-0.1, -0.1), (0.7, 0.7), (0.3, 0.299_999_98),
      (1e300, .greatestFiniteMagnitude),
      (-1e300, -.infinity), (.infinity, .infinity), (-.infinity, -.infinity),
      (1e-60, 0), (-1e-60, -.leastNonzeroMagnitude), (16_777_217, 16_777_216),
    ] as [(Double, Float)])
  func aThresholdIsRoundedDown(_ threshold: Double, _ expected: Float) throws {
    let rounded = threshold.roundedDown
    #expect(rounded == expected)
    for value in [rounded, rounded.nextUp, rounded.nextDown, 0, .infinity, -.infinity] {
      #expect((value <= rounded) == (Double(value) <= threshold))
    }
    let node = try trees(exported(stump(threshold), ONNXForm(isSingle: true)))
    let thresholds = try #require(node.attribute.first { $0.name == "nodes_values" })
    #expect(thresholds.floats[0] == expected)
  }

  /// Where nothing is lost in 32 bits, every reader may read it.
  @Test(arguments: [(0.5, true), (0.1, false), (-0.25, true), (16_777_217, false)])
  func aFileOfDoublesIsPlainWhereThatLosesNothing(_ threshold: Double, _ isPlain: Bool) throws {
    for classCount in [2, 3] {
      let forest = try stump(threshold, classCount: classCount)
      let bytes = try exported(forest, ONNXForm())
      let names = try trees(bytes).attribute.map(\.name)
      #expect(names.contains("nodes_values") == isPlain)
      #expect(names.contains("class_weights_as_tensor") != isPlain)
      #expect(names.contains("classlabels_int64s") == isPlain)
      #expect(try read(forest, ONNXForm()).forest.fileBytes == forest.fileBytes)
    }
  }

  @Test func aTableIsCalledLikeNoInput() throws {
    let schema = FeatureSchema(
      inputs: [EncodedFeature(Feature(name: "columns", kind: .numeric), encoding: .identity)],
      classes: ["no", "yes"])
    let forest = try Forest(
      schema: schema, trees: [DecisionTree(nodes: [.leaf(distribution: [0.25, 0.75])])])
    let made = try read(forest, ONNXForm(isTable: true))
    #expect(made.forest.fileBytes == forest.fileBytes)
  }
}
