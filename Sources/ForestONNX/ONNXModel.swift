public import RandomForest
import SwiftProtobuf

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A model in ONNX, decoded and not yet understood.
public struct ONNXModel: Sendable {
  /// The program that wrote it, as it says; may be empty.
  public let producerName: String
  /// That program's version, as it says; may be empty.
  public let producerVersion: String
  /// The names and values that the file holds besides the graph, in its order.
  public let metadata: [(name: String, value: String)]

  private let graph: WireGraph

  /// The longest file that is read, in bytes.
  public static let maximumByteCount = 64 << 20

  /// Decodes a file.
  ///
  /// - Throws: `ONNXError` when the bytes are no model in ONNX.
  public init(parsing bytes: [UInt8]) throws(ONNXError) {
    guard bytes.count <= Self.maximumByteCount else {
      throw ONNXError("the file is longer than \(Self.maximumByteCount >> 20) MB")
    }
    guard MessageCount(bytes).isWithinLimits else {
      throw ONNXError(
        "the file has more than \(MessageCount.maximumMessageCount) messages or "
          + "\(MessageCount.maximumTextCount) texts, which no classifier needs")
    }
    let model: WireModel
    do {
      model = try WireModel(serializedBytes: bytes)
    } catch {
      throw ONNXError("this is not a file in ONNX: its bytes do not make up messages")
    }
    guard model.irVersion > 0, model.hasGraph else {
      throw ONNXError("this is not a file in ONNX: it has no graph")
    }
    graph = model.graph
    producerName = model.producerName
    producerVersion = model.producerVersion
    metadata = model.metadataProps.map { ($0.key, $0.value) }
  }

  /// What a forest is to be made of.
  public struct Request: Sendable {
    /// The measured inputs by their names.
    public var features: [Feature]
    /// Encodings of the inputs that a forest may have, in the order in which they are tried. The first
    /// one takes numbers as measured. Where it has `identityWithMissing`, what the model says of samples
    /// that lack the number is kept, and else nothing is known of them.
    public var encodings: [[FeatureEncoding]]
    /// The categories that may be missing: what the model says then is kept.
    public var incompleteCategories: Set<String>
    /// The names of the classes.
    public var classes: [String]
    /// What the columns of a table are that the model takes instead of the inputs one by one: names of
    /// encoded columns, of numbers, or of categories as the places of their levels.
    public var columns: [String]?
    /// The class that each number of the model's stands for, in the model's order.
    public var labels: [String]?

    /// Creates a request.
    public init(
      features: [Feature], encodings: [[FeatureEncoding]], classes: [String],
      columns: [String]? = nil, labels: [String]? = nil, incompleteCategories: Set<String> = []
    ) {
      self.features = features
      self.encodings = encodings
      self.classes = classes
      self.columns = columns
      self.labels = labels
      self.incompleteCategories = incompleteCategories
    }

    /// For each input whether it may be missing.
    var isIncomplete: [Bool] {
      zip(features, encodings[0]).map { feature, encoding in
        feature.isCategorical
          ? incompleteCategories.contains(feature.name) : encoding == .identityWithMissing
      }
    }
  }

  /// Makes a forest that says of every sample what the model says.
  ///
  /// - Throws: `ONNXError` with the node and the reason when the model is none that a forest file can
  ///   hold.
  public func forest(_ request: Request) throws(ONNXError) -> ImportedForest {
    try forest(request, TreeFolding.Limits())
  }

  func forest(
    _ request: Request, _ limits: TreeFolding.Limits
  ) throws(ONNXError) -> ImportedForest {
    var reader = GraphReader(
      features: request.features, isIncomplete: request.isIncomplete,
      maximumClassCount: request.classes.count)
    for tensor in graph.initializer {
      try reader.define(tensor.name, .constant(try Constant(tensor, owner: nil)), by: nil)
    }
    try GraphInputs(graph, request).define(in: &reader)
    guard graph.node.count <= GraphReader.maximumNodeCount else {
      throw ONNXError("the graph has \(graph.node.count) nodes, which no classifier needs")
    }
    for (number, node) in graph.node.enumerated() {
      try reader.read(try GraphNode(node, number: number))
    }
    guard !reader.ensembles.isEmpty else {
      throw ONNXError("the graph has no node of TreeEnsembleClassifier")
    }
    return try Self.forest(
      try Mixture(reader.ensembles, try output(reader), isIncomplete: request.isIncomplete),
      request, limits)
  }

  private func output(_ reader: GraphReader) throws(ONNXError) -> EnsembleOutput {
    var answer: EnsembleOutput.Answer?
    var predictions: [GraphReader.Prediction] = []
    for output in graph.output {
      let own: EnsembleOutput.Answer
      switch reader.values[output.name] {
      case .prediction(let prediction):
        predictions.append(prediction)
        continue
      case .scores(let parts): own = .mean(parts)
      case .calculated(let row): own = .formula(row)
      default:
        throw ONNXError("output \(output.name.shown) is neither the class nor its probabilities")
      }
      guard answer ?? own == own else {
        throw ONNXError("output \(output.name.shown) is of another scale than the one before")
      }
      answer = own
    }
    guard let answer else { throw ONNXError("the graph does not give probabilities") }
    guard predictions.allSatisfy({ $0.answer.hasGreatest(of: answer) }) else {
      throw ONNXError("the class is not that of the probabilities")
    }
    return EnsembleOutput(
      answer: answer, isClassOfTrees: predictions.contains { $0.isOfTrees },
      names: predictions.lazy.compactMap(\.names).first, formula: reader.formula)
  }

  private static func forest(
    _ mixture: Mixture, _ request: Request, _ limits: TreeFolding.Limits
  ) throws(ONNXError) -> ImportedForest {
    let order = try mixture.order(of: request)
    let means = mixture.means()
    let schemas = request.encodings.map { encodings in
      FeatureSchema(
        inputs: zip(request.features, encodings).map { EncodedFeature($0, encoding: $1) },
        classes: request.classes)
    }
    func make(_ trees: [DecisionTree], _ encoding: Int, isFolded: Bool) throws(ONNXError)
      -> ImportedForest
    {
      do throws(ForestFileError) {
        return ImportedForest(
          forest: try Forest(schema: schemas[encoding], trees: trees), encoding: encoding,
          treeCount: mixture.treeCount, isFolded: isFolded)
      } catch {
        throw ONNXError(error.message, node: mixture.label)
      }
    }
    if let means {
      for (encoding, schema) in schemas.enumerated() {
        guard let trees = mixture.trees(means, schema, order: order) else { continue }
        return try make(trees, encoding, isFolded: false)
      }
    }
    var limits = limits
    var folding = TreeFolding(
      mixture, schemas[0], isIncomplete: request.isIncomplete, order: order, means: means)
    guard let means else { return try make([try folding.tree(&limits)], 0, isFolded: true) }
    // Each tree by itself: a question that no column answers alone is asked in several.
    var trees: [DecisionTree] = []
    for (root, count) in zip(folding.roots, means.counts.joined()) {
      folding.roots = [root]
      trees += repeatElement(try folding.tree(&limits), count: count)
    }
    return try make(trees, 0, isFolded: false)
  }
}

extension Mixture {
  /// For each class that the forest is to have its place here, nil for one that is not known here.
  fileprivate func order(of request: ONNXModel.Request) throws(ONNXError) -> [Int?] {
    func wrong(_ reason: String) -> ONNXError { ONNXError(reason, node: label) }
    let classes = request.classes.joined(separator: ", ")
    guard classNames.count >= 2 else { throw wrong("it has one class") }
    var names = classNames
    if !hasTextNames {
      guard let labels = request.labels else {
        throw ONNXError(
          "its classes are numbers (\(classNames.joined(separator: ", ").shown)): which of "
            + "\(classes) they are must be said", node: label, missing: .labels)
      }
      guard labels.count == names.count else {
        throw wrong("it has \(names.count) classes, and \(labels.count) names were given")
      }
      names = labels
    }
    for name in names where !request.classes.contains(name) {
      throw wrong("class \(name.shown) is none of \(classes)")
    }
    guard Set(names).count == names.count else { throw wrong("a class stands twice") }
    return request.classes.map { names.firstIndex(of: $0) }
  }
}
