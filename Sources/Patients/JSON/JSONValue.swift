/// A JSON value as it was sent.
package enum JSONValue: Equatable, Sendable {
  case object([Member])
  case array([JSONValue])
  case string(String)
  /// A number in the digits that were sent, so that it can be given back as it came.
  case number(String)
  case bool(Bool)
  case null

  package struct Member: Equatable, Sendable {
    package let name: String
    package let value: JSONValue

    package init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }

    /// Whether the name is this one of ASCII, byte for byte: to `==` alone, a Kelvin sign is a K.
    package func isNamed(_ other: String) -> Bool {
      name.utf8.count == other.utf8.count && name == other
    }
  }
}

extension [JSONValue.Member] {
  /// The value of the first member of a name; nil when none has it.
  package func value(of name: String) -> JSONValue? { first { $0.isNamed(name) }?.value }
}

/// Why bytes are not a JSON text, and where.
package struct JSONError: Error, Equatable {
  package enum Code: String, CaseIterable {
    case malformed = "malformed_json"
    case duplicateKey = "duplicate_key"
    case trailingBytes = "trailing_bytes"
    case invalidUTF8 = "invalid_utf8"
    case tooDeep = "too_deep"
    case tooManyMembers = "too_many_members"
    case tooManyElements = "too_many_elements"
    case tooManyValues = "too_many_values"
  }

  package let code: Code
  /// The place as a JSON pointer (RFC 6901), empty for the whole text.
  package let pointer: String
  package let detail: String

  package init(code: Code, pointer: String, detail: String) {
    self.code = code
    self.pointer = pointer
    self.detail = detail
  }

  /// Whether there is a list with too many elements at a place, or anywhere.
  package func isTooLong(_ place: String? = nil) -> Bool {
    code == .tooManyElements && (place == nil || pointer == place)
  }
}
