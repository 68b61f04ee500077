/// A value as it came in, before it is known to be right.
public enum FieldValue: Sendable, Equatable {
  /// A text.
  case text(String)
  /// A number, infinite when it was too large to represent.
  case number(Double)
  /// True or false.
  case boolean(Bool)
  /// Nothing, said in so many words.
  case null
  /// Something that no field accepts: a list or an object.
  case other
}

/// What is wrong with one field, in words that never repeat the value.
public struct FieldProblem: Error, Sendable, Equatable {
  /// The kind of fault.
  public enum Code: String, Sendable, CaseIterable {
    /// The field was not given.
    case missing
    /// No field has this name.
    case unknownField = "unknown_field"
    /// A number where a text belongs, or the reverse.
    case wrongType = "wrong_type"
    /// A fraction where a whole number belongs.
    case notWhole = "not_whole"
    /// Below or above the limits.
    case outOfRange = "out_of_range"
    /// A category that does not exist.
    case unknownCategory = "unknown_category"
    /// Allowed, but unlike all that the model was trained on.
    case outsideTraining = "outside_training_range"
  }

  /// The field as a JSON pointer (RFC 6901), for example `/Age`.
  public let pointer: String
  /// The kind of fault.
  public let code: Code
  /// What is wrong, in a sentence's words.
  public let detail: String
  /// What is accepted.
  public let allowed: String

  /// Creates a problem.
  public init(pointer: String, code: Code, detail: String, allowed: String) {
    self.pointer = pointer
    self.code = code
    self.detail = detail
    self.allowed = allowed
  }
}
