/// A part of a description, and where it stands.
struct DescriptionPart {
  let value: JSONValue
  /// The place as a JSON pointer.
  let pointer: String

  func wrong(_ words: String) -> DescriptionError { DescriptionError(pointer, words) }

  /// The member of a name; nil when there is none or it is null.
  subscript(name: String) -> DescriptionPart? {
    guard case .object(let members) = value, let found = members.value(of: name), found != .null
    else { return nil }
    return DescriptionPart(value: found, pointer: "\(pointer)/\(name.jsonPointerEscaped)")
  }

  /// The member of a name.
  func required(_ name: String) throws(DescriptionError) -> DescriptionPart {
    _ = try members
    guard let part = self[name] else {
      throw DescriptionError("\(pointer)/\(name.jsonPointerEscaped)", "is missing")
    }
    return part
  }

  /// A list of names.
  var names: [String] {
    get throws(DescriptionError) {
      try elements.map { part throws(DescriptionError) in try part.name }
    }
  }

  /// The members, in their order.
  var members: [JSONValue.Member] {
    get throws(DescriptionError) {
      guard case .object(let members) = value else { throw wrong("must be an object") }
      return members
    }
  }

  var elements: [DescriptionPart] {
    get throws(DescriptionError) {
      guard case .array(let elements) = value else { throw wrong("must be a list") }
      return elements.enumerated().map {
        DescriptionPart(value: $1, pointer: "\(pointer)/\($0)")
      }
    }
  }

  /// A sentence for people, of any length up to 2,000 bytes; its line ends are spaces.
  var sentence: String {
    get throws(DescriptionError) {
      guard case .string(let text) = value else { throw wrong("must be a text") }
      let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      guard line.utf8.count <= 2000 else { throw wrong("must have at most 2000 bytes") }
      guard line.visible == line else { throw wrong("has a character that nobody can see") }
      return line
    }
  }

  /// A name: of a field, of a category, of a column.
  var name: String {
    get throws(DescriptionError) {
      guard case .string(let text) = value else { throw wrong("must be a text") }
      return try checked(text)
    }
  }

  /// The name of a category, which may be a number or true or false too.
  var categoryName: String {
    get throws(DescriptionError) {
      switch value {
      case .string(let text): return try checked(text)
      case .number: return try number.plain
      case .bool(let bool): return bool ? "true" : "false"
      default: throw wrong("must be a text or a number")
      }
    }
  }

  private func checked(_ text: String) throws(DescriptionError) -> String {
    if let problem = Self.problem(ofName: text) { throw wrong(problem) }
    return text
  }

  /// Why a text cannot be a name; nil when it can.
  static func problem(ofName text: String) -> String? {
    guard 1...TableDescription.maximumNameSize ~= text.utf8.count else {
      return "must have 1 to \(TableDescription.maximumNameSize) bytes"
    }
    guard text.visible == text else { return "has a character that nobody can see" }
    guard text.first?.isWhitespace == false, text.last?.isWhitespace == false else {
      return "must not begin or end with a blank"
    }
    return nil
  }

  var number: Double {
    get throws(DescriptionError) {
      // The standard allows limits as texts too.
      switch value {
      case .number(let text), .string(let text):
        guard let number = Double(decimal: text), number.isFinite else { fallthrough }
        return number + 0
      default: throw wrong("must be a number")
      }
    }
  }

  var bool: Bool {
    get throws(DescriptionError) {
      guard case .bool(let bool) = value else { throw wrong("must be true or false") }
      return bool
    }
  }
}

extension FieldValue {
  private static let decimals = DecimalReader()

  /// A JSON value as a field's; a number too large to represent is infinite.
  package init(_ json: JSONValue) {
    switch json {
    case .string(let text): self = .text(text)
    case .number(let digits): self = .number(Self.decimals.number(digits) ?? .infinity)
    case .bool(let bool): self = .boolean(bool)
    case .null: self = .null
    case .array, .object: self = .other
    }
  }

  /// The value in JSON.
  package var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .number(let number): .number(number.plain)
    case .boolean(let bool): .bool(bool)
    case .null, .other: .null
    }
  }
}
