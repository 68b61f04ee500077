import FoundationEssentials
public import RandomForest
import SwiftProtobuf

extension Forest {
  /// The forest as a file in ONNX: the encoders and a TreeEnsembleClassifier (ai.onnx.ml 3) that tests
  /// numbers of 64 bits, so that it says of every sample what the forest says.
  ///
  /// Each measured input is a tensor of its own, shape [n, 1]: doubles for numbers, texts for
  /// categories. The outputs are `label` [n], texts, and `probabilities` [n, classCount], of 32 bits.
  ///
  /// - Parameters:
  ///   - producer: the program that writes it.
  ///   - version: that program's version.
  ///   - description: for people.
  ///   - metadata: names and values for people and tools to read.
  /// - Throws: `ONNXError` when the forest is damaged or too large for such a file.
  public func onnx(
    producer: String, version: String, description: String,
    metadata: [(name: String, value: String)] = []
  ) throws(ONNXError) -> [UInt8] {
    var model = WireModel()
    // The versions of 2022, which every runtime since can read.
    model.irVersion = 8
    model.producerName = producer
    model.producerVersion = version
    model.docString = description
    for (domain, version) in [("", 17), (GraphNode.learning, 3)] {
      var operators = WireOperatorSet()
      operators.domain = domain
      operators.version = Int64(version)
      model.opsetImport.append(operators)
    }
    for (name, value) in metadata {
      var entry = WireEntry()
      entry.key = name
      entry.value = value
      model.metadataProps.append(entry)
    }
    var graph = GraphWriter()
    graph.encode(schema)
    do {
      try graph.classify(with: self)
      model.graph = graph.graph
      return try model.serializedBytes()
    } catch let error as ForestFileError {
      throw ONNXError(error.description)
    } catch {
      throw ONNXError("the forest is too large for a file in ONNX")
    }
  }
}

/// Puts a graph together.
private struct GraphWriter {
  private(set) var graph: WireGraph = {
    var graph = WireGraph()
    graph.name = "forest"
    return graph
  }()

  /// Adds the inputs and what makes columns of them, side by side in `columns`.
  mutating func encode(_ schema: FeatureSchema) {
    var parts: [String] = []
    for input in schema.inputs {
      let name = input.feature.name
      graph.input.append(
        WireValueInfo(name, input.feature.isCategorical ? .string : .double, columnCount: 1))
      switch (input.encoding, input.feature.kind) {
      case (.oneHot, .categorical(let levels)):
        add(
          "OneHotEncoder", [name], "\(name)_levels", in: GraphNode.learning,
          [WireAttribute("cats_strings", texts: levels), WireAttribute("zeros", integer: 1)])
        addConstant("\(name)_shape", integers: [-1, Int64(levels.count)], dimensions: [2])
        add("Reshape", ["\(name)_levels", "\(name)_shape"], "\(name)_table")
        add("Cast", ["\(name)_table"], "\(name)_columns", [Self.toDouble])
        parts.append("\(name)_columns")
      case (.bins(let edges, _), _):
        // A number lies in a bin when it is at least the least number of it and at most its edge; one
        // that is missing lies in none.
        let width = edges.count + 1
        addConstant(
          "\(name)_least", doubles: [-.infinity] + edges.map(\.nextUp), dimensions: [1, width])
        addConstant("\(name)_edges", doubles: edges + [.infinity], dimensions: [1, width])
        add("GreaterOrEqual", [name, "\(name)_least"], "\(name)_reaches")
        add("LessOrEqual", [name, "\(name)_edges"], "\(name)_stays")
        add("And", ["\(name)_reaches", "\(name)_stays"], "\(name)_bins")
        add("Cast", ["\(name)_bins"], "\(name)_columns", [Self.toDouble])
        parts.append("\(name)_columns")
      default:
        parts.append(name)
      }
    }
    add("Concat", parts, "columns", [WireAttribute("axis", integer: 1)])
  }

  /// Adds the trees and the outputs.
  mutating func classify(with forest: Forest) throws {
    let classes = forest.schema.classes
    var trees = TreeAttributes()
    for tree in 0..<forest.treeCount { trees.add(try forest.flatTree(tree), tree) }
    var node = WireNode()
    node.name = "trees"
    node.opType = "TreeEnsembleClassifier"
    node.domain = GraphNode.learning
    node.input = ["columns"]
    node.output = ["label", "sums"]
    node.attribute =
      trees.attributes + [
        WireAttribute("classlabels_strings", texts: classes),
        WireAttribute("post_transform", text: "NONE"),
      ]
    graph.node.append(node)
    // The forest adds up first and divides then.
    var count = WireTensor()
    count.name = "tree_count"
    count.dataType = Constant.ElementType.float.rawValue
    count.dims = [1]
    count.floatData = [Float(forest.treeCount)]
    graph.initializer.append(count)
    add("Div", ["sums", "tree_count"], "probabilities")
    graph.output = [
      WireValueInfo("label", .string, columnCount: nil),
      WireValueInfo("probabilities", .float, columnCount: classes.count),
    ]
  }

  private static var toDouble: WireAttribute {
    WireAttribute("to", integer: Int64(Constant.ElementType.double.rawValue))
  }

  private mutating func add(
    _ operation: String, _ inputs: [String], _ output: String, in domain: String = "",
    _ attributes: [WireAttribute] = []
  ) {
    var node = WireNode()
    node.name = output
    node.opType = operation
    node.domain = domain
    node.input = inputs
    node.output = [output]
    node.attribute = attributes
    graph.node.append(node)
  }

  private mutating func addConstant(
    _ name: String, doubles: [Double] = [], integers: [Int64] = [], dimensions: [Int]
  ) {
    var tensor = WireTensor()
    tensor.name = name
    tensor.dims = dimensions.map(Int64.init)
    tensor.dataType = (integers.isEmpty ? Constant.ElementType.double : .int64).rawValue
    tensor.doubleData = doubles
    tensor.int64Data = integers
    graph.initializer.append(tensor)
  }
}

/// The lists of a TreeEnsembleClassifier.
private struct TreeAttributes {
  private var trees: [Int64] = []
  private var nodes: [Int64] = []
  private var columns: [Int64] = []
  private var modes: [String] = []
  private var thresholds: [Double] = []
  private var whenTrue: [Int64] = []
  private var whenFalse: [Int64] = []
  private var covers: [Double] = []
  private var leafTrees: [Int64] = []
  private var leafNodes: [Int64] = []
  private var leafClasses: [Int64] = []
  private var weights: [Double] = []

  mutating func add(_ tree: FlatTree, _ number: Int) {
    covers += tree.covers
    for (index, node) in tree.nodes.enumerated() {
      trees.append(Int64(number))
      nodes.append(Int64(index))
      switch node {
      case .split(let column, let threshold, let left):
        columns.append(Int64(column))
        modes.append(Comparison.atMost.rawValue)
        thresholds.append(threshold)
        whenTrue.append(Int64(left))
        whenFalse.append(Int64(left + 1))
      case .leaf(let distribution):
        columns.append(0)
        modes.append("LEAF")
        thresholds.append(0)
        whenTrue.append(0)
        whenFalse.append(0)
        // Shares of 0 are written too: a class that no leaf names would have no score.
        for (label, share) in distribution.enumerated() {
          leafTrees.append(Int64(number))
          leafNodes.append(Int64(index))
          leafClasses.append(Int64(label))
          weights.append(share)
        }
      }
    }
  }

  var attributes: [WireAttribute] {
    var attributes = [
      WireAttribute("nodes_treeids", integers: trees),
      WireAttribute("nodes_nodeids", integers: nodes),
      WireAttribute("nodes_featureids", integers: columns),
      WireAttribute("nodes_modes", texts: modes),
      WireAttribute("nodes_values_as_tensor", doubles: thresholds),
      WireAttribute("nodes_truenodeids", integers: whenTrue),
      WireAttribute("nodes_falsenodeids", integers: whenFalse),
      WireAttribute("nodes_missing_value_tracks_true", integers: nodes.map { _ in 0 }),
      WireAttribute("class_treeids", integers: leafTrees),
      WireAttribute("class_nodeids", integers: leafNodes),
      WireAttribute("class_ids", integers: leafClasses),
      WireAttribute("class_weights_as_tensor", doubles: weights),
    ]
    if covers.count == nodes.count {
      attributes.append(WireAttribute("nodes_hitrates_as_tensor", doubles: covers))
    }
    return attributes
  }
}

extension WireAttribute {
  private init(_ name: String, type: Int32) {
    self.init()
    self.name = name
    self.type = type
  }

  fileprivate init(_ name: String, integer: Int64) {
    self.init(name, type: 2)
    i = integer
  }

  fileprivate init(_ name: String, text: String) {
    self.init(name, type: 3)
    s = Data(text.utf8)
  }

  fileprivate init(_ name: String, doubles: [Double]) {
    self.init(name, type: 4)
    t.name = name
    t.dims = [Int64(doubles.count)]
    t.dataType = Constant.ElementType.double.rawValue
    t.doubleData = doubles
  }

  fileprivate init(_ name: String, integers: [Int64]) {
    self.init(name, type: 7)
    ints = integers
  }

  fileprivate init(_ name: String, texts: [String]) {
    self.init(name, type: 8)
    strings = texts.map { Data($0.utf8) }
  }
}

extension WireValueInfo {
  /// A tensor of a row a sample.
  ///
  /// - Parameter columnCount: nil for one without columns.
  fileprivate init(_ name: String, _ type: Constant.ElementType, columnCount: Int?) {
    self.init()
    self.name = name
    self.type.tensorType.elemType = type.rawValue
    var rows = WireDimension()
    rows.dimParam = "n"
    self.type.tensorType.shape.dim = [rows]
    guard let columnCount else { return }
    var columns = WireDimension()
    columns.dimValue = Int64(columnCount)
    self.type.tensorType.shape.dim.append(columns)
  }
}
