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
  /// The two numbers of which it is the ratio; nil for a field that is only measured as it is.
  public let ratio: Ratio?
  /// The level of each name and alias.
  private let levelOfName: [String: Int]

  /// Two numbers that may be given in place of their ratio.
  public struct Ratio: Sendable {
    /// The number above the line.
    public let dividend: PatientField
    /// The number below the line.
    public let divisor: PatientField
    /// To how many decimal places the ratio is rounded; nil for as exactly as it can be.
    let places: Int?

    package var parts: [PatientField] { [dividend, divisor] }

    /// - Parameter divisor: not 0.
    func value(_ dividend: Double, _ divisor: Double) -> Double {
      let ratio = dividend / divisor
      guard let places else { return ratio }
      var scale = 1.0
      for _ in 0..<places { scale *= 10 }
      let rounded = (ratio * scale).rounded() / scale
      return rounded.isFinite ? rounded : ratio
    }
  }

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
  init(_ description: TableDescription.Field, index: Int, ratio: Ratio? = nil) {
    self.description = description
    self.index = index
    self.ratio = ratio
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

  /// The number that models take, from what was given for the field or for the two whose ratio it is.
  ///
  /// - Parameters:
  ///   - value: what was given for a field, nil when nothing was.
  ///   - problems: what is wrong with it is added to these.
  /// - Returns: NaN for none, and where something is wrong.
  func number(
    of value: (PatientField) -> FieldValue?, _ problems: inout [FieldProblem]
  ) -> Double {
    let own = value(self)
    if let ratio {
      let (dividend, divisor) = (value(ratio.dividend), value(ratio.divisor))
      if dividend != nil || divisor != nil {
        if own == nil { return number(of: ratio, dividend, divisor, &problems) }
        for (part, value) in [(ratio.dividend, dividend), (ratio.divisor, divisor)]
        where value != nil {
          problems.append(
            FieldProblem(
              pointer: part.pointer, code: .unknownField,
              detail: "\(part.name) must not stand beside \(name)",
              allowed: "\(name), or \(ratio.dividend.name) and \(ratio.divisor.name)"))
        }
      }
    }
    return checked(own, &problems)
  }

  private func number(
    of ratio: Ratio, _ dividend: FieldValue?, _ divisor: FieldValue?,
    _ problems: inout [FieldProblem]
  ) -> Double {
    let count = problems.count
    let above = ratio.dividend.checked(dividend, &problems)
    let below = ratio.divisor.checked(divisor, &problems)
    guard problems.count == count, !above.isNaN, !below.isNaN else { return .nan }
    guard below != 0 else {
      problems.append(ratio.divisor.problem(.outOfRange, "must not be 0"))
      return .nan
    }
    let value = ratio.value(above, below)
    guard range.contains(value) else {
      let words = "which is \(ratio.dividend.name) divided by \(ratio.divisor.name)"
      problems.append(
        FieldProblem(
          pointer: pointer, code: .outOfRange, detail: "\(name), \(words), must be a \(allowed)",
          allowed: allowed))
      return .nan
    }
    return value + 0
  }

  /// The same of a value that was given for the field itself.
  func checked(_ value: FieldValue?, _ problems: inout [FieldProblem]) -> Double {
    do throws(FieldProblem) {
      return try number(from: value)
    } catch {
      problems.append(error)
      return .nan
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
