/// A measured field of a patient, in the order in which people give them.
public enum PatientField: String, CaseIterable, Sendable {
  /// Whole years.
  case age = "Age"
  /// F or M.
  case sex = "Sex"
  /// Blood pressure.
  case bloodPressure = "BP"
  /// Cholesterol.
  case cholesterol = "Cholesterol"
  /// The ratio of sodium to potassium in the blood.
  case sodiumToPotassium = "Na_to_K"

  /// The values that a field accepts.
  public enum Domain: Sendable, Equatable {
    /// A whole number of a range.
    case wholeNumber(ClosedRange<Int>)
    /// A number above the lower bound and at most the upper.
    case number(above: Double, upTo: Double)
    /// One of a list of categories.
    case category([String])
  }

  /// The values that the field accepts.
  public var domain: Domain { Self.domains[index] }

  /// The field's place in `allCases`.
  package var index: Int {
    switch self {
    case .age: 0
    case .sex: 1
    case .bloodPressure: 2
    case .cholesterol: 3
    case .sodiumToPotassium: 4
    }
  }

  /// The one place where the limits stand, made once.
  private static let domains: [Domain] = [
    .wholeNumber(0...120),
    .category(["F", "M"]),
    .category(["HIGH", "LOW", "NORMAL"]),
    .category(["HIGH", "NORMAL"]),
    .number(above: 0, upTo: 100),
  ]

  /// The accepted values in words, for people who gave another.
  public var allowed: String {
    switch domain {
    case .wholeNumber(let range):
      "whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let lower, let upper): "number above \(Int(lower)), at most \(Int(upper))"
    case .category(let names): names.joined(separator: ", ")
    }
  }

  /// Checks a value and turns it into the number that models take: itself, or its category's index.
  func number(from value: FieldValue?) throws(FieldProblem) -> Double {
    func problem(_ code: FieldProblem.Code, _ words: String) -> FieldProblem {
      FieldProblem(
        pointer: "/\(rawValue)", code: code, detail: "\(rawValue) \(words)", allowed: allowed)
    }
    guard let value else { throw problem(.missing, "is missing") }
    switch (domain, value) {
    case (.category(let names), .text(let text)):
      guard let index = names.firstIndex(of: text) else {
        throw problem(.unknownCategory, "must be one of \(allowed)")
      }
      return Double(index)
    case (.category, _):
      throw problem(.wrongType, "must be a text")
    case (.wholeNumber(let range), .number(let number)):
      guard number.isInfinite || number == number.rounded() else {
        throw problem(.notWhole, "must be a whole number")
      }
      guard number >= Double(range.lowerBound), number <= Double(range.upperBound) else {
        throw problem(.outOfRange, "must be a \(allowed)")
      }
      return number + 0
    case (.number(let lower, let upper), .number(let number)):
      guard number > lower, number <= upper else {
        throw problem(.outOfRange, "must be a \(allowed)")
      }
      return number
    case (.wholeNumber, _), (.number, _):
      throw problem(.wrongType, "must be a number")
    }
  }
}

/// A value as it came in, before it is known to be right.
public enum FieldValue: Sendable, Equatable {
  /// A text.
  case text(String)
  /// A number, infinite when it was too large to represent.
  case number(Double)
  /// Something that no field accepts: true, false, null, a list or an object.
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
    /// Inside the limits, but outside of what the model was trained on.
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
