public import RandomForest

/// A measured field of a patient, or the drug, with the values that it accepts.
public final class PatientField: Sendable {
  /// The values that a field accepts.
  public enum Domain: Sendable, Equatable {
    /// A number within limits.
    case number(NumberLimits)
    /// One of a list of categories: the names in the order of their levels.
    case category([String])
  }

  /// What is told of the field.
  public let description: TableDescription.Field
  /// The place among the fields of a patient, in the order in which people give them.
  public let index: Int
  /// The values that the field accepts.
  public let domain: Domain
  /// The accepted values in words, for people who gave another.
  public let allowed: String
  /// The least and the greatest number.
  package let range: ClosedRange<Double>
  /// The level of each name and alias.
  private let levelOfName: [String: Int]

  /// The field's name.
  public var name: String { description.name }
  /// What people call the field.
  public var title: String { description.title ?? name }
  /// Whether each patient has a value.
  public var isRequired: Bool { description.isRequired }
  /// The names of the categories in the order of their levels, which is that of their bytes; empty for a
  /// number.
  public var levels: [String] {
    if case .category(let names) = domain { names } else { [] }
  }

  /// - Precondition: the description tells its categories, if it is no number.
  init(_ description: TableDescription.Field, index: Int) {
    self.description = description
    self.index = index
    range = description.limits.range ?? 0...0
    guard !description.isNumber, let categories = description.categories else {
      domain = .number(description.limits)
      allowed = description.limits.words
      levelOfName = [:]
      return
    }
    let sorted = categories.sorted { $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }
    let names = sorted.map(\.value)
    domain = .category(names)
    levelOfName = Dictionary(
      sorted.enumerated().flatMap { level, category in
        ([category.value] + category.aliases).map { ($0, level) }
      }, uniquingKeysWith: { first, _ in first })
    allowed = Self.shown(names)
  }

  /// Names for people who gave another: not more of them than can be read.
  package static func shown(_ names: [String]) -> String {
    let shown = names.prefix(30)
    return shown.joined(separator: ", ")
      + (names.count > shown.count ? ", … (\(names.count) in all)" : "")
  }

  /// The level of a name or an alias, nil for another text.
  func level(of name: String) -> Int? {
    // A few short names are compared sooner than one is hashed.
    if case .category(let names) = domain, names.count <= 8,
      let level = names.firstIndex(of: name)
    {
      return level
    }
    return levelOfName[name]
  }

  /// Checks a value and turns it into the number that models take: itself, its category's level, or NaN
  /// for none.
  package func number(from value: FieldValue?) throws(FieldProblem) -> Double {
    guard let value else {
      guard isRequired else { return .nan }
      throw problem(.missing, "is missing")
    }
    if case .null = value, !isRequired { return .nan }
    switch domain {
    case .category: return Double(try level(from: value))
    case .number(let limits):
      guard case .number(let number) = value else { throw problem(.wrongType, "must be a number") }
      guard !limits.isWhole || number.isInfinite || number == number.rounded() else {
        throw problem(.notWhole, "must be a whole number")
      }
      guard range.contains(number) else { throw problem(.outOfRange, "must be a \(allowed)") }
      return number + 0
    }
  }

  private func level(from value: FieldValue) throws(FieldProblem) -> Int {
    let found: Int?
    switch (description.type, value) {
    case (.string, .text(let name)): found = level(of: name)
    case (.boolean, .boolean(let bool)): found = bool ? 1 : 0
    case (.integer, .number(let number)), (.number, .number(let number)):
      found = level(of: number.plain)
    case (.string, _): throw problem(.wrongType, "must be a text")
    case (.boolean, _): throw problem(.wrongType, "must be true or false")
    case (.integer, _), (.number, _): throw problem(.wrongType, "must be a number")
    }
    guard let found else { throw problem(.unknownCategory, "must be one of \(allowed)") }
    return found
  }

  private func problem(_ code: FieldProblem.Code, _ words: String) -> FieldProblem {
    FieldProblem(
      pointer: pointer, code: code, detail: "\(name) \(words)",
      allowed: allowed)
  }

  /// A cell of a table as a value: a number where one is expected and can be read; nil for an empty one.
  func value(ofCell text: String, _ numbers: inout TableNumbers) -> FieldValue? {
    if text.isEmpty { return nil }
    switch description.type {
    case .string: return .text(text)
    case .boolean: return level(of: text).map { .boolean($0 == 1) } ?? .text(text)
    case .integer, .number:
      if case .category(let names) = domain, let level = level(of: text) {
        return Double(names[level]).map(FieldValue.number) ?? .text(text)
      }
      let isWhole = description.type == .integer
      return numbers.number(text, isWhole: isWhole).map(FieldValue.number) ?? .text(text)
    }
  }

  /// The value of a number as it is given: itself, or the name of the category.
  package func value(ofNumber number: Double) -> FieldValue {
    if number.isNaN { return .null }
    guard case .category(let names) = domain else { return .number(number) }
    let name = names[Int(number)]
    switch description.type {
    case .string: return .text(name)
    case .boolean: return .boolean(name == "true")
    case .integer, .number: return Double(name).map(FieldValue.number) ?? .text(name)
    }
  }

  /// The field as a feature of a dataset.
  public var feature: Feature {
    switch domain {
    case .category(let names): Feature(name: name, kind: .categorical(levels: names))
    case .number: Feature(name: name, kind: .numeric)
    }
  }
}

extension PatientField: Hashable {
  /// Hashes the name.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
  }

  /// Whether both are described alike.
  public static func == (a: PatientField, b: PatientField) -> Bool {
    a === b || (a.index == b.index && a.description == b.description)
  }
}

extension Double {
  /// Reads a number as tables have it: Swift also reads hexadecimal, infinities and NaN, which no table
  /// means.
  package init?(decimal text: String) {
    guard text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }), let number = Double(text)
    else { return nil }
    self = number
  }
}
