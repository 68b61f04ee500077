public import RandomForest

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
  package func number(from value: FieldValue?) throws(FieldProblem) -> Double {
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

extension PatientField {
  /// The fields in the order of the models' inputs.
  public static let inputs: [PatientField] = [
    .sex, .bloodPressure, .cholesterol, .age, .sodiumToPotassium,
  ]

  /// The inputs as features of a dataset.
  public static let features: [Feature] = inputs.map { field in
    switch field.domain {
    case .category(let levels): Feature(name: field.rawValue, kind: .categorical(levels: levels))
    default: Feature(name: field.rawValue, kind: .numeric)
    }
  }
}
