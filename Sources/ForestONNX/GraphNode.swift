#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A node of a graph, with its attributes checked for their types as they are asked for.
struct GraphNode {
  let operation: String
  let inputs: [String]
  let outputs: [String]
  /// The node's name and operator, as errors tell them.
  let label: String
  private let attributes: [String: WireAttribute]

  /// The domain of the operators for machine learning.
  static let learning = "ai.onnx.ml"

  init(_ node: WireNode, number: Int) throws(ONNXError) {
    let operation = node.opType.shown
    let isNamed = !node.name.isEmpty
    label = isNamed ? "\(node.name.shown) (\(operation))" : "\(number) (\(operation))"
    self.operation = node.opType
    inputs = node.input
    outputs = node.output
    var attributes: [String: WireAttribute] = [:]
    for attribute in node.attribute {
      guard attributes.updateValue(attribute, forKey: attribute.name) == nil else {
        throw ONNXError("attribute \(attribute.name.shown) stands twice", node: label)
      }
    }
    self.attributes = attributes
    guard ["", "ai.onnx", Self.learning].contains(node.domain) else {
      throw wrong("operators of \(node.domain.shown) are not known here")
    }
  }

  func wrong(_ reason: String) -> ONNXError { ONNXError(reason, node: label) }

  /// Refuses attributes that are not known here: each could change what the node means.
  func allow(_ names: Set<String>) throws(ONNXError) {
    if let other = attributes.keys.filter({ !names.contains($0) }).min() {
      throw wrong("attribute \(other.shown) is not known here")
    }
  }

  /// Attributes say their type themselves; those of a type that is not asked for are an error.
  private func attribute(_ name: String, _ type: Int32) throws(ONNXError) -> WireAttribute? {
    guard let attribute = attributes[name] else { return nil }
    guard attribute.type == type || attribute.type == 0 else {
      throw wrong("attribute \(name) has another type")
    }
    return attribute
  }

  func float(_ name: String) throws(ONNXError) -> Float? { try attribute(name, 1)?.f }
  func integer(_ name: String) throws(ONNXError) -> Int64? { try attribute(name, 2)?.i }
  func floats(_ name: String) throws(ONNXError) -> [Float] {
    try attribute(name, 6)?.floats ?? []
  }
  func integers(_ name: String) throws(ONNXError) -> [Int64] { try attribute(name, 7)?.ints ?? [] }

  func text(_ name: String) throws(ONNXError) -> String? {
    guard let bytes = try attribute(name, 3)?.s else { return nil }
    return try text(bytes, name)
  }

  func texts(_ name: String) throws(ONNXError) -> [String] {
    var texts: [String] = []
    for bytes in try attribute(name, 8)?.strings ?? [] { texts.append(try text(bytes, name)) }
    return texts
  }

  /// Whether its axis is that of a table's columns; the first one is meant where none is said.
  var isAlongColumns: Bool {
    get throws(ONNXError) { [1, -1].contains(try integer("axis") ?? 0) }
  }

  /// What a cast makes of its input; nil for a type that is not known here.
  var typeOfCast: Constant.ElementType? {
    get throws(ONNXError) {
      try integer("to").flatMap { Constant.ElementType(rawValue: Int32(clamping: $0)) }
    }
  }

  func tensor(_ name: String) throws(ONNXError) -> Constant? {
    guard let attribute = try attribute(name, 4) else { return nil }
    return try Constant(attribute.t, owner: label)
  }

  private func text(_ bytes: Data, _ name: String) throws(ONNXError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw wrong("attribute \(name) holds a text that is not UTF-8")
    }
    return text
  }
}
