import Patients

/// Reads the members of a small JSON object and collects all that is wrong with them.
struct MemberReader {
  private let members: [JSONValue.Member]
  private(set) var problems: [FieldProblem] = []

  /// - Parameter names: the members that there may be.
  /// - Throws: `AdministrationError.invalidParameters` when the value is no object.
  init(_ json: JSONValue, names: [String]) throws(ServiceError) {
    guard case .object(let members) = json else {
      throw .administration(
        .invalidParameters([
          FieldProblem(
            pointer: "", code: .wrongType, detail: "the body must be an object", allowed: "object")
        ]))
    }
    self.members = members
    for member in members where !names.contains(where: member.isNamed) {
      problems.append(
        FieldProblem(
          pointer: "/\(member.name.jsonPointerEscaped)", code: .unknownField,
          detail: "no member has this name",
          allowed: names.isEmpty ? "none" : names.joined(separator: ", ")))
    }
  }

  /// Ends the reading.
  ///
  /// - Throws: `AdministrationError.invalidParameters` with all that is wrong.
  func finish() throws(ServiceError) {
    guard problems.isEmpty else { throw .administration(.invalidParameters(problems)) }
  }

  private func value(_ name: String) -> JSONValue? {
    members.value(of: name)
  }

  private mutating func add(
    _ name: String, _ code: FieldProblem.Code, _ words: String, allowed: String
  ) {
    let problem = FieldProblem(
      pointer: "/\(name)", code: code, detail: "\(name) \(words)", allowed: allowed)
    let isList = code == .wrongType && value(name)?.isListOfOne == true
    problems.append(isList ? problem.ofListOfOne : problem)
  }

  /// Tells of a member that does not go with another.
  mutating func refuse(_ name: String, _ words: String, allowed: String) {
    add(name, .outOfRange, words, allowed: allowed)
  }

  /// A member that must be there.
  mutating func require(_ name: String, allowed: String) {
    if value(name) == nil { add(name, .missing, "is missing", allowed: allowed) }
  }

  mutating func whole(_ name: String, _ range: ClosedRange<Int>) -> Int? {
    let allowed = "whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let value = value(name) else { return nil }
    guard case .number(let digits) = value else {
      add(name, .wrongType, "must be a number", allowed: allowed)
      return nil
    }
    let number = Double(digits) ?? .infinity
    guard number.isInfinite || number == number.rounded() else {
      add(name, .notWhole, "must be a whole number", allowed: allowed)
      return nil
    }
    guard let whole = Int(exactly: number), range.contains(whole) else {
      add(name, .outOfRange, "must be a \(allowed)", allowed: allowed)
      return nil
    }
    return whole
  }

  mutating func number(_ name: String, _ range: ClosedRange<Double>) -> Double? {
    let allowed = "number from \(range.lowerBound) to \(range.upperBound)"
    guard let value = value(name) else { return nil }
    guard case .number(let digits) = value else {
      add(name, .wrongType, "must be a number", allowed: allowed)
      return nil
    }
    guard let number = Double(digits), range.contains(number) else {
      add(name, .outOfRange, "must be a \(allowed)", allowed: allowed)
      return nil
    }
    return number
  }

  mutating func bool(_ name: String, orNull: Bool = false) -> Bool? {
    switch value(name) {
    case .bool(let flag): return flag
    case nil: return nil
    case .null where orNull: return nil
    default:
      let allowed = orNull ? "true, false, null" : "true, false"
      add(name, .wrongType, "must be one of \(allowed)", allowed: allowed)
      return nil
    }
  }

  mutating func choice(_ name: String, _ choices: [String], orNull: Bool = false) -> String? {
    let allowed = (choices + (orNull ? ["null"] : [])).joined(separator: ", ")
    switch value(name) {
    case nil: return nil
    case .null where orNull: return nil
    case .string(let text):
      if let choice = choices.first(where: { $0.utf8.elementsEqual(text.utf8) }) { return choice }
      add(name, .unknownCategory, "must be one of \(allowed)", allowed: allowed)
    default: add(name, .wrongType, "must be a text", allowed: allowed)
    }
    return nil
  }

  /// An object of texts; empty for none.
  mutating func texts(_ name: String) -> [String: String] {
    var found: [String: String] = [:]
    switch value(name) {
    case nil, .null: break
    case .object(let members):
      for member in members {
        guard case .string(let text) = member.value else {
          add(name, .wrongType, "must have texts alone", allowed: "object of texts")
          return [:]
        }
        found[member.name] = text
      }
    default: add(name, .wrongType, "must be an object of texts", allowed: "object of texts")
    }
    return found
  }

  mutating func text(
    _ name: String, allowed: String, orNull: Bool = false, _ isAllowed: (String) -> Bool
  ) -> String? {
    switch value(name) {
    case nil: return nil
    case .null where orNull: return nil
    case .string(let text):
      if isAllowed(text) { return text }
      add(name, .outOfRange, "must be \(allowed)", allowed: allowed)
    default: add(name, .wrongType, "must be a text", allowed: allowed)
    }
    return nil
  }
}
