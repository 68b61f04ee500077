/// Why a model in ONNX was not read or written.
public struct ONNXError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The node that is at fault, by its name and operator; nil when it is the file or an input.
  public let node: String?
  /// What is wrong, in words.
  public let reason: String
  /// What would have to be said for the model to be read; nil when that would not help.
  public let missing: Missing?

  /// What a file may leave open.
  public enum Missing: Sendable {
    /// What the columns of its table are.
    case columns
    /// What its classes stand for.
    case labels
  }

  init(_ reason: String, node: String? = nil, missing: Missing? = nil) {
    self.node = node
    self.reason = reason
    self.missing = missing
  }

  /// The node and the reason.
  public var description: String { node.map { "node \($0): \(reason)" } ?? reason }
}
