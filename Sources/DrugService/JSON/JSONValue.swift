/// A JSON value as it was sent.
enum JSONValue: Equatable, Sendable {
  case object([Member])
  case array([JSONValue])
  case string(String)
  /// A number in the digits that were sent, so that it can be given back as it came.
  case number(String)
  case bool(Bool)
  case null

  struct Member: Equatable, Sendable {
    let name: String
    let value: JSONValue

    /// Whether the name is this one of ASCII, byte for byte: to `==` alone, a Kelvin sign is a K.
    func isNamed(_ other: String) -> Bool {
      name.utf8.count == other.utf8.count && name == other
    }
  }
}

extension [JSONValue.Member] {
  /// The value of the first member of a name; nil when none has it.
  func value(of name: String) -> JSONValue? { first { $0.isNamed(name) }?.value }
}

/// Why bytes are not a JSON text, and where.
struct JSONError: Error, Equatable {
  enum Code: String, CaseIterable {
    case malformed = "malformed_json"
    case duplicateKey = "duplicate_key"
    case trailingBytes = "trailing_bytes"
    case invalidUTF8 = "invalid_utf8"
    case tooDeep = "too_deep"
    case tooManyMembers = "too_many_members"
    case tooManyElements = "too_many_elements"
    case tooManyValues = "too_many_values"
  }

  let code: Code
  /// The place as a JSON pointer (RFC 6901), empty for the whole text.
  let pointer: String
  let detail: String

  /// Whether there is a list with too many elements at a place, or anywhere.
  func isTooLong(_ place: String? = nil) -> Bool {
    code == .tooManyElements && (place == nil || pointer == place)
  }
}
