import Foundation
import RandomForest
import TestSupport
import Testing

@testable import ForestONNX

/// Files that must be refused, in words that name what is at fault.
struct RefusalTests {
  struct Case: CustomTestStringConvertible {
    let words: String
    let change: @Sendable (inout SmallModel) -> Void

    init(_ words: String, _ change: @escaping @Sendable (inout SmallModel) -> Void) {
      self.words = words
      self.change = change
    }

    var testDescription: String { words }

    /// A change of one attribute of the trees.
    static func attribute(
      _ words: String, _ name: String, _ change: @escaping @Sendable (inout WireAttribute) -> Void
    ) -> Case {
      Case(words) { model in
        model.change = { wire in
          var attribute = WireAttribute()
          attribute.name = name
          let attributes = wire.graph.node[0].attribute
          let place = attributes.firstIndex { $0.name == name }
          if let place { attribute = wire.graph.node[0].attribute.remove(at: place) }
          change(&attribute)
          wire.graph.node[0].attribute.append(attribute)
        }
      }
    }

    /// A change of the message.
    static func wire(
      _ words: String, _ change: @escaping @Sendable (inout WireModel) -> Void
    ) -> Case {
      Case(words) { $0.change = change }
    }
  }

  static let cases: [Case] = [
    Case("node 0 of tree 0 tests column 3 of 3") { $0.trees[0][0].column = 3 },
    Case("node 0 of tree 0 has no child 7") { $0.trees[0][0].yes = 7 },
    Case("node 0 of tree 0 has no number as its threshold") { $0.trees[0][0].threshold = .nan },
    Case("node 0 of tree 1 compares by BRANCH_MEMBER") {
      $0.trees[1][0].comparison = "BRANCH_MEMBER"
    },
    Case("a node compares a measured number by BRANCH_EQ") {
      $0.trees[0][0].comparison = "BRANCH_EQ"
    },
    Case("has two parents") { $0.trees[0][0].no = 1 },
    Case("is no node's child") { $0.trees[0].append(SmallModel.Node(weights: [0.5, 0, 0])) },
    Case("nodes of a tree go round in a circle") {
      $0.trees[0] += [
        SmallModel.Node(comparison: "BRANCH_LEQ", yes: 4, no: 5),
        SmallModel.Node(comparison: "BRANCH_LEQ", yes: 3, no: 6), SmallModel.Node(),
        SmallModel.Node(),
      ]
    },
    Case("nodes of a tree go round in a circle") { $0.trees[0][0].yes = 0 },
    Case("its sums are no probabilities") { $0.trees[0][1].weights = [0.7, 0, 0] },
    Case("its sums are no probabilities") { $0.trees[0][1].weights = [0.75, -0.25, 0] },
    Case("its sums are no probabilities") { $0.trees[0][1].weights = [] },
    Case("has a weight and is no leaf") { $0.trees[0][0].weights = [0.5, 0, 0] },
    Case("has a weight that is no number") { $0.trees[0][1].weights = [.nan, 0, 0] },
    Case("has a weight that is no number") { $0.trees[0][1].weights = [.infinity, 0, 0] },
    Case("its sums are no probabilities") { $0.baseValues = [0.1, 0, 0] },
    Case("base_values must be one finite number a class") { $0.baseValues = [0.1] },
    Case("post_transform LOGISTIC gives probabilities of two classes alone") {
      $0.transform = "LOGISTIC"
    },
    Case("post_transform SOFTMAX_ZERO cannot be kept") { $0.transform = "SOFTMAX_ZERO" },
    Case("class perhaps is none of no, maybe, yes") { $0.classes[1] = "perhaps" },
    Case("it has 4 classes, and 3 are known here") { $0.classes.append("never") },
    Case("a class stands twice") { $0.classes[1] = "no" },
    Case("weighs class 2 of 2") { $0.classes = ["no", "yes"] },
    .attribute("attribute aggregate_function is not known here", "aggregate_function") {
      ($0.type, $0.s) = (3, Data("MAX".utf8))
    },
    .attribute("attribute nodes_values has another type", "nodes_values") { $0.type = 7 },
    .attribute("the lists nodes_… have different lengths", "nodes_values") { $0.floats = [1] },
    .attribute("the lists nodes_… have different lengths", "nodes_treeids") { $0.ints = [1] },
    .attribute("the lists class_… have different lengths", "class_ids") { $0.ints = [1] },
    .attribute("node 1 of tree 0 stands twice", "nodes_nodeids") { $0.ints[2] = 1 },
    .attribute("it has no trees", "nodes_nodeids") { $0.ints = [] },
    .attribute("nodes_values stands in two attributes", "nodes_values_as_tensor") {
      ($0.type, $0.t.dataType, $0.t.dims) = (4, 11, [0])
    },
    .attribute("does not hold the 4611686018427387904 values", "nodes_values_as_tensor") {
      ($0.type, $0.t.dataType, $0.t.dims) = (4, 11, [1 << 31, 1 << 31])
    },
    .attribute("is larger than its file", "nodes_values_as_tensor") {
      ($0.type, $0.t.dataType, $0.t.dims) = (4, 11, [1 << 62, 1 << 62])
    },
    .attribute("lies in another file", "nodes_values_as_tensor") {
      ($0.type, $0.t.dataType, $0.t.dataLocation) = (4, 11, 1)
    },
    .attribute(
      "attribute classlabels_strings holds a text that is not UTF-8", "classlabels_strings"
    ) {
      $0.strings[0] = Data([0xff])
    },
    .wire("node trees (TreeEnsembleRegressor): this operator is not known here") {
      $0.graph.node[0].opType = "TreeEnsembleRegressor"
    },
    .wire("node 0 (Sigmoid): this operator is not known here") { wire in
      var node = WireNode()
      node.opType = "Sigmoid"
      node.input = ["X"]
      node.output = ["Z"]
      wire.graph.node.insert(node, at: 0)
    },
    .wire("operators of com.example are not known here") {
      $0.graph.node[0].domain = "com.example"
    },
    .wire("a table of more than 65535 columns cannot be kept") { wire in
      for level in 0..<60 { wire.graph.node.insert(doubling(level), at: level) }
    },
    .wire("the graph has 10002 nodes, which no classifier needs") { wire in
      for level in 0...10_000 { wire.graph.node.insert(doubling(level), at: level) }
    },
    .wire("this operator is not known here on such an input") { wire in
      for level in 0..<20 {
        var node = WireNode()
        node.opType = "Scaler"
        node.domain = "ai.onnx.ml"
        node.input = [level == 0 ? "X" : "\(level)"]
        node.output = ["\(level + 1)"]
        for name in ["offset", "scale"] {
          var attribute = WireAttribute()
          attribute.name = name
          attribute.type = 6
          attribute.floats = [0.5]
          node.attribute.append(attribute)
        }
        wire.graph.node.insert(node, at: level)
      }
    },
    .wire("its tables have more than 262144 columns together") { wire in
      for level in 0..<14 { wire.graph.node.insert(doubling(level), at: level) }
      for level in 14..<24 {
        var node = WireNode()
        node.opType = "Identity"
        node.input = ["14"]
        node.output = ["\(level + 1)"]
        wire.graph.node.insert(node, at: level)
      }
    },
    .wire("label stands twice") { $0.graph.node.append($0.graph.node[0]) },
    .wire("the class is not that of the probabilities") { wire in
      wire.graph.node.append(wire.graph.node[0])
      wire.graph.node[1].output = ["other_label", "other"]
      wire.graph.output[1].name = "other"
    },
    .wire("Z is not known before it is needed") { $0.graph.node[0].input = ["Z"] },
    .wire("attribute nodes_modes stands twice") { wire in
      wire.graph.node[0].attribute.append(wire.graph.node[0].attribute[2])
    },
    .wire("the graph has no node of TreeEnsembleClassifier") { $0.graph.node = [] },
    .wire("the graph has no inputs") { $0.graph.input = [] },
    .wire("input X has 4 columns, and 3 were named") {
      $0.graph.input = [SmallModel.value("X", .float, 4)]
    },
    .wire("input X is a table of texts") {
      $0.graph.input = [SmallModel.value("X", .string, 3)]
    },
    .wire("input X has elements of a type that is not read here") {
      $0.graph.input[0].type.tensorType.elemType = 10
    },
    .wire("input X must have rows and columns") {
      $0.graph.input[0].type.tensorType.shape.dim.removeLast()
    },
    .wire("input z is none of x, y, c") {
      $0.graph.input = [SmallModel.value("x", .float, 1), SmallModel.value("z", .float, 1)]
    },
    .wire("input c must be of texts") {
      $0.graph.input = [SmallModel.value("x", .float, 1), SmallModel.value("c", .float, 1)]
    },
    .wire("output X is neither the class nor its probabilities") { wire in
      wire.graph.output.append(SmallModel.value("X", .float, 3))
    },
    .wire("the graph does not give probabilities") { $0.graph.output.removeLast() },
    .wire("this is not a file in ONNX: it has no graph") { $0.clearGraph() },
  ]

  /// A table beside itself.
  private static func doubling(_ level: Int) -> WireNode {
    var node = WireNode()
    node.opType = "Concat"
    node.input = Array(repeating: level == 0 ? "X" : "\(level)", count: 2)
    node.output = ["\(level + 1)"]
    var axis = WireAttribute()
    axis.name = "axis"
    axis.type = 2
    axis.i = 1
    node.attribute = [axis]
    return node
  }

  @Test(arguments: cases)
  func whatCannotBeKeptIsRefusedInWords(_ test: Case) throws {
    var model = SmallModel.stumps
    test.change(&model)
    #expect { try model.forest() } throws: { error in
      guard let error = error as? ONNXError else { return false }
      if !error.description.contains(test.words) { print("says: \(error)") }
      return error.description.contains(test.words)
    }
  }

  @Test func aTableWhoseColumnsNobodyNamedIsRefused() throws {
    #expect { try SmallModel.stumps.forest(smallRequest(columns: nil)) } throws: {
      "\($0)" == "input X is a table of 3 columns: which they are must be said"
    }
    #expect { try SmallModel.stumps.forest(smallRequest(columns: ["x", "y", "w"])) } throws: {
      "\($0)".hasPrefix("column w is none of ")
    }
  }

  /// Boosted trees that cut the inputs into more parts than a tree may have leaves.
  @Test func moreThanCanBeFoldedIsRefused() throws {
    var model = SmallModel(trees: [])
    model.transform = "SOFTMAX"
    for index in 0..<20 {
      model.trees.append([
        SmallModel.Node(
          comparison: "BRANCH_LEQ", column: index % 2, threshold: Double(index), yes: 1, no: 2),
        SmallModel.Node(weights: [Double(index), 0, 0]), SmallModel.Node(weights: [0, 1, 0.5]),
      ])
    }
    // Ten cuts of each of two numbers.
    #expect(try model.forest().forest.nodeCount == 2 * 121 - 1)
    #expect(try model.forest(maximumLeafCount: 121).forest.nodeCount == 2 * 121 - 1)
    for refused in [
      { try model.forest(maximumLeafCount: 120) }, { try model.forest(maximumStepCount: 500) },
    ] {
      #expect { try refused() } throws: {
        "\($0)".hasPrefix("node trees (TreeEnsembleClassifier): ")
          && "\($0)".contains("too many to be folded into one")
      }
    }
  }

  /// Boosted trees of one test each, the thresholds of a column ascending.
  private func stumps(_ count: Int, columns: Int) -> SmallModel {
    var model = SmallModel(trees: [])
    model.transform = "SOFTMAX"
    for index in 0..<count {
      model.trees.append([
        SmallModel.Node(
          comparison: "BRANCH_LEQ", column: index % columns, threshold: Double(index), yes: 1,
          no: 2), SmallModel.Node(weights: [0.01, 0, 0]), SmallModel.Node(weights: [0, 0.01, 0]),
      ])
    }
    return model
  }

  /// The smallest message has two bytes in a file and some hundred times as many in memory.
  @Test func aFileOfManyMessagesIsRefusedUndecoded() throws {
    func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
      var bytes = [number << 3 | 2]
      var rest = content.count
      repeat {
        bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
        rest >>= 7
      } while rest > 0
      return bytes + content
    }
    func many(_ count: Int, _ bytes: [UInt8]) -> [UInt8] {
      Array(repeatElement(bytes, count: count).joined())
    }
    let limit = MessageCount.maximumMessageCount
    let nodes = field(7, many(limit, field(1, [])))
    let attributes = field(7, field(1, many(limit, field(5, []))))
    let dimensions = field(7, field(11, field(2, field(1, field(2, many(limit, field(1, [])))))))
    for bytes in [nodes, attributes, dimensions, many(limit + 1, field(14, []))] {
      #expect { try ONNXModel(parsing: bytes) } throws: {
        "\($0)".contains("the file has more than 65536 messages")
      }
    }
    let count = MessageCount(SmallModel.stumps.bytes)
    #expect(count.messageCount == 33 && count.textCount == 12)
    // What does not end where it says it does is the decoder's to refuse.
    #expect(MessageCount(Array(nodes.dropLast())).messageCount == 0)
    #expect(throws: ONNXError.self) { try ONNXModel(parsing: Array(nodes.dropLast())) }
  }

  /// 2,000 thresholds of each of two numbers make 2,001 · 2,001 cells, in a file of some hundred
  /// kilobytes.
  @Test func whatTheRootsShowToBeTooMuchIsRefusedBeforeAnyWork() throws {
    #expect { try stumps(4000, columns: 2).forest() } throws: {
      "\($0)".contains("its 4000 trees are no mean of class distributions, and too many to be")
        && "\($0)".contains("into 4004001 parts at least, and 1048576 can be kept")
    }
    // Few enough parts, which are too much work with so many trees.
    #expect { try stumps(400, columns: 2).forest(maximumStepCount: 201 * 201 * 400 - 1) } throws: {
      "\($0)".contains("into 40401 parts at least, which take more than 16160399 steps")
    }
  }

  /// Beside what each leaf takes, which is a weight of each tree, the work does not grow with the square
  /// of the thresholds.
  @Test func eachSplitHalvesTheThresholdsThatAreLeft() throws {
    let count = 500
    let model = stumps(count, columns: 1)
    let forest = try model.forest(maximumStepCount: (count + 1) * count + 50 * count).forest
    #expect(forest.nodeCount == 2 * count + 1)
    #expect(try forest.explanationCost().depth < 12)
  }

  /// Thresholds that stand below others show only while the work is done.
  @Test func whatShowsToBeTooMuchOnTheWayIsRefusedThen() throws {
    var model = stumps(100, columns: 2)
    for index in model.trees.indices {
      // Below a test that all trees have in common.
      var nodes = model.trees[index]
      nodes[0].yes = 3
      nodes[0].no = 4
      nodes.append(nodes[1])
      nodes.append(nodes[2])
      nodes[1] = nodes[0]
      nodes[0] = SmallModel.Node(comparison: "BRANCH_LEQ", column: 2, threshold: 0.5, yes: 1, no: 2)
      model.trees[index] = nodes
    }
    #expect { try model.forest(maximumLeafCount: 2000) } throws: {
      "\($0)".contains("they cut the inputs into more than 2000 parts")
    }
    #expect { try model.forest(maximumStepCount: 100_000) } throws: {
      "\($0)".contains("their parts take more than 100000 steps")
    }
    #expect(try model.forest().forest.nodeCount == 2 * (51 * 51 + 1) - 1)
  }

  /// A tree as deep as it has nodes is neither walked nor built by nested calls.
  @Test func aTreeAsDeepAsItIsLongIsRead() throws {
    var nodes: [SmallModel.Node] = []
    let depth = 20_000
    for level in 0..<depth {
      nodes.append(
        SmallModel.Node(
          comparison: "BRANCH_LEQ", column: 0, threshold: Double(level), yes: 2 * level + 1,
          no: 2 * level + 2))
      nodes.append(SmallModel.Node(weights: level % 2 == 0 ? [1, 0, 0] : [0, 1, 0]))
    }
    nodes.append(SmallModel.Node(weights: [0, 0, 1]))
    let forest = try SmallModel(trees: [nodes]).forest().forest
    #expect(try forest.predict([9, 0, 0]).label == 1)
    #expect(try forest.predict([1e9, 0, 0]).label == 2)
  }

  @Test func bytesThatWereCutOrAlteredEndInAnErrorOrAForest() throws {
    let whole = SmallModel.stumps.bytes
    for length in 0..<whole.count {
      _ = try? ONNXModel(parsing: Array(whole[..<length])).forest(smallRequest())
    }
    var generator = SeededGenerator(seed: printedSeed())
    var refused = 0
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0...generator.below(3) {
        bytes[generator.below(bytes.count)] = UInt8(generator.below(256))
      }
      do {
        let forest = try ONNXModel(parsing: bytes).forest(smallRequest()).forest
        _ = try forest.predict([0, 0, 0])
      } catch is ONNXError {
        refused += 1
      }
    }
    #expect(refused > 0)
    #expect(throws: ONNXError.self) { try ONNXModel(parsing: []) }
    #expect(throws: ONNXError.self) { try ONNXModel(parsing: Array("not a model".utf8)) }
  }
}
