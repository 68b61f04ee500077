import Patients

extension JSONValue {
  /// Whether this is a list of one text, number, truth or null: R's jsonlite writes each value so
  /// unless told otherwise.
  var isListOfOne: Bool {
    guard case .array(let elements) = self, elements.count == 1 else { return false }
    switch elements[0] {
    case .array, .object: return false
    case .string, .number, .bool, .null: return true
    }
  }
}

extension FieldProblem {
  /// What to do instead of a list of one, as the end of a sentence.
  static let listOfOneAdvice = ", not a list of one: in R, write JSON with auto_unbox = TRUE"

  /// The problem of a value that came as a list of one.
  var ofListOfOne: FieldProblem {
    FieldProblem(
      pointer: pointer, code: code, detail: detail + Self.listOfOneAdvice, allowed: allowed)
  }
}
