extension JSONValue {
  /// The value as a JSON text for people: each member and element on a line of its own.
  package var text: String {
    var text = ""
    write(to: &text, indentation: "")
    return text + "\n"
  }

  private func write(to text: inout String, indentation: String) {
    let inner = indentation + "  "
    switch self {
    case .object(let members) where !members.isEmpty:
      text += "{"
      for (index, member) in members.enumerated() {
        text += index == 0 ? "\n\(inner)" : ",\n\(inner)"
        Self.write(member.name, to: &text)
        text += ": "
        member.value.write(to: &text, indentation: inner)
      }
      text += "\n\(indentation)}"
    case .array(let elements) where elements.contains(where: \.isContainer):
      text += "["
      for (index, element) in elements.enumerated() {
        text += index == 0 ? "\n\(inner)" : ",\n\(inner)"
        element.write(to: &text, indentation: inner)
      }
      text += "\n\(indentation)]"
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += ", " }
        element.write(to: &text, indentation: inner)
      }
      text += "]"
    case .object: text += "{}"
    case .string(let string): Self.write(string, to: &text)
    case .number(let digits): text += digits
    case .bool(let bool): text += bool ? "true" : "false"
    case .null: text += "null"
    }
  }

  private var isContainer: Bool {
    switch self {
    case .object, .array: true
    default: false
    }
  }

  private static func write(_ string: String, to text: inout String) {
    var writer = JSONWriter()
    writer.string(string)
    text += writer.text
  }
}

extension [String] {
  /// The texts as a list in JSON.
  package var json: String {
    var writer = JSONWriter()
    writer.array { writer in forEach { writer.string($0) } }
    return writer.text
  }
}
