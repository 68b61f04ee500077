import Foundation
import RandomForest
import SwiftProtobuf
import TestSupport

@testable import ForestONNX

/// A model whose trees test the table `X` of x, y and the place of c, to be changed by tests.
struct SmallModel {
  /// A node of a tree; a leaf where there is no comparison.
  struct Node {
    var comparison = "LEAF"
    var column = 0
    var threshold = 0.0
    var yes = 0
    var no = 0
    var weights: [Double] = []
    /// Whether a missing value goes where the comparison is true.
    var tracksTrue = false
  }

  var trees: [[Node]]
  var classes = ["no", "maybe", "yes"]
  var transform = "NONE"
  var baseValues: [Float] = []
  var inputType = Constant.ElementType.float
  /// The last word on the message.
  var change: (inout WireModel) -> Void = { _ in }

  /// A change that divides the sums of the trees by 2 behind them.
  static func halveSums(_ model: inout WireModel) {
    model.graph.node[0].output[1] = "sums"
    var tensor = WireTensor()
    tensor.name = "two"
    tensor.dataType = 1
    tensor.floatData = [2]
    model.graph.initializer = [tensor]
    var divide = WireNode()
    divide.opType = "Div"
    divide.input = ["sums", "two"]
    divide.output = ["probabilities"]
    model.graph.node.append(divide)
  }

  /// Two trees, each of one test.
  static var stumps: SmallModel {
    SmallModel(trees: [
      [
        Node(comparison: "BRANCH_LEQ", column: 0, threshold: 1.1, yes: 1, no: 2),
        Node(weights: [0.5, 0, 0]), Node(weights: [0, 0.25, 0.25]),
      ],
      [
        Node(comparison: "BRANCH_LT", column: 2, threshold: 1, yes: 1, no: 2),
        Node(weights: [0, 0.5, 0]), Node(weights: [0, 0, 0.5]),
      ],
    ])
  }

  var node: WireNode {
    var node = WireNode()
    node.name = "trees"
    node.opType = "TreeEnsembleClassifier"
    node.domain = "ai.onnx.ml"
    node.input = ["X"]
    node.output = ["label", "probabilities"]
    let all = trees.enumerated().flatMap { tree, nodes in
      nodes.enumerated().map { (tree, $0, $1) }
    }
    func add(_ name: String, ints: [Int] = [], floats: [Double] = [], texts: [String] = []) {
      var attribute = WireAttribute()
      attribute.name = name
      attribute.ints = ints.map(Int64.init)
      attribute.floats = floats.map(Float.init)
      attribute.strings = texts.map { Data($0.utf8) }
      attribute.type = !ints.isEmpty ? 7 : !floats.isEmpty ? 6 : 8
      node.attribute.append(attribute)
    }
    add("nodes_treeids", ints: all.map(\.0))
    add("nodes_nodeids", ints: all.map(\.1))
    add("nodes_modes", texts: all.map(\.2.comparison))
    add("nodes_featureids", ints: all.map(\.2.column))
    add("nodes_values", floats: all.map(\.2.threshold))
    add("nodes_truenodeids", ints: all.map(\.2.yes))
    add("nodes_falsenodeids", ints: all.map(\.2.no))
    if all.contains(where: \.2.tracksTrue) {
      add("nodes_missing_value_tracks_true", ints: all.map { $0.2.tracksTrue ? 1 : 0 })
    }
    let weights = all.flatMap { tree, node, own in
      own.weights.enumerated().map { (tree, node, $0, $1) }
    }
    add("class_treeids", ints: weights.map(\.0))
    add("class_nodeids", ints: weights.map(\.1))
    add("class_ids", ints: weights.map(\.2))
    add("class_weights", floats: weights.map(\.3))
    add("classlabels_strings", texts: classes)
    if !baseValues.isEmpty { add("base_values", floats: baseValues.map(Double.init)) }
    var attribute = WireAttribute()
    attribute.name = "post_transform"
    attribute.type = 3
    attribute.s = Data(transform.utf8)
    node.attribute.append(attribute)
    return node
  }

  var bytes: [UInt8] {
    var model = WireModel()
    model.irVersion = 8
    model.producerName = "tests"
    model.graph.node = [node]
    model.graph.input = [Self.value("X", inputType, 3)]
    model.graph.output = [Self.value("label", .string, 1), Self.value("probabilities", .float, 3)]
    change(&model)
    do { return try model.serializedBytes() } catch { preconditionFailure("\(error)") }
  }

  static func value(_ name: String, _ type: Constant.ElementType, _ width: Int64) -> WireValueInfo {
    var value = WireValueInfo()
    value.name = name
    value.type.tensorType.elemType = type.rawValue
    var dimension = WireDimension()
    dimension.dimValue = width
    value.type.tensorType.shape.dim = [WireDimension(), dimension]
    return value
  }

  /// Reads the file.
  func forest(_ request: ONNXModel.Request = smallRequest()) throws -> ImportedForest {
    try ONNXModel(parsing: bytes).forest(request)
  }

  /// Reads the file with less patience.
  func forest(maximumLeafCount: Int = .max, maximumStepCount: Int = .max) throws -> ImportedForest {
    try ONNXModel(parsing: bytes).forest(
      smallRequest(),
      TreeFolding.Limits(leafCount: maximumLeafCount, stepCount: maximumStepCount))
  }

  /// What ONNX says of a sample, computed as its page says: numbers of 32 bits, tree by tree.
  func scores(_ sample: [Double]) -> [Float] {
    var sums = [Float](repeating: 0, count: classes.count)
    for tree in trees {
      var place = 0
      while let comparison = Comparison(rawValue: tree[place].comparison) {
        let node = tree[place]
        let value = Double(Float(sample[node.column]))
        let holds =
          comparison.holds(value, Double(Float(node.threshold))) || node.tracksTrue && value.isNaN
        place = holds ? node.yes : node.no
      }
      for (label, weight) in tree[place].weights.enumerated() { sums[label] += Float(weight) }
    }
    for (label, base) in baseValues.enumerated() { sums[label] += base }
    return sums
  }

  var thresholds: [Double] { trees.flatMap { $0.map { Double(Float($0.threshold)) } } }

  /// Random trees of numbers and categories, whose leaves hold any weights.
  ///
  /// - Parameter tracks: whether some nodes send what is missing where the comparison is true.
  static func random(
    _ generator: inout SeededGenerator, treeCount: Int, tracks: Bool = false
  ) -> SmallModel {
    var model = SmallModel(trees: [])
    model.transform = "SOFTMAX"
    model.baseValues = (0..<3).map { _ in Float(generator.uniform() - 0.5) }
    let comparisons = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"]
    for tree in 0..<treeCount {
      var nodes = [Node()]
      for _ in 0..<generator.below(8) {
        let leaves = nodes.indices.filter { nodes[$0].comparison == "LEAF" }
        let place = leaves[generator.below(leaves.count)]
        let column = generator.below(3)
        nodes[place] = Node(
          comparison: comparisons[generator.below(4)], column: column,
          threshold: column == 2 ? Double(generator.below(4)) - 0.5 : generator.uniform() * 4,
          yes: nodes.count, no: nodes.count + 1,
          tracksTrue: tracks && generator.below(2) == 0)
        nodes += [Node(), Node()]
      }
      for place in nodes.indices where nodes[place].comparison == "LEAF" {
        nodes[place].weights = (0..<3).map { $0 == tree % 3 ? generator.uniform() * 2 - 1 : 0 }
      }
      model.trees.append(nodes)
    }
    return model
  }
}
