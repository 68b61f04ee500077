/// Why a model in ONNX was not read or written.
public struct ONNXError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The node that is at fault, by its name and operator; nil when it is the file or an input.
  public let node: String?
  /// What is wrong, in words.
  public let reason: String

  init(_ reason: String, node: String? = nil) {
    self.node = node
    self.reason = reason
  }

  /// The node and the reason.
  public var description: String { node.map { "node \($0): \(reason)" } ?? reason }
}
