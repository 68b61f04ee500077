/// Reads JSON texts (RFC 8259) and refuses whatever a reader could take in two ways.
///
/// Foundation's decoder is not used because it accepts duplicate keys, of which it keeps one, and
/// cannot say where a text is wrong.
package struct JSONParser {
  private static let maximumDepth = 32

  private let bytes: UnsafeBufferPointer<UInt8>
  private let budget: JSONBudget
  private var valueCount = 0
  private var position = 0
  private var path: [String] = []

  private init(_ bytes: UnsafeBufferPointer<UInt8>, _ budget: JSONBudget) {
    self.bytes = bytes
    self.budget = budget
    path.reserveCapacity(4)
  }

  /// Reads a whole text.
  ///
  /// - Throws: `JSONError` naming the first fault and its byte.
  package static func parse(
    _ bytes: [UInt8], _ budget: JSONBudget = .few
  ) throws(JSONError) -> JSONValue {
    try bytes.withUnsafeBufferPointer { bytes throws(JSONError) in try parse(bytes, budget) }
  }

  private static func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, _ budget: JSONBudget
  ) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes, budget)
    try parser.checkEncoding()
    parser.skipSpace()
    guard parser.peek != nil else { throw parser.fault(.malformed, "the body is empty") }
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.peek == nil else {
      throw parser.fault(.trailingBytes, "bytes follow the JSON text")
    }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.maximumDepth else {
      throw fault(.tooDeep, "the text is nested more than \(Self.maximumDepth) deep")
    }
    valueCount += 1
    guard valueCount <= budget.values else {
      throw fault(.tooManyValues, "the text has more than \(budget.values) values")
    }
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"): return .number(try number())
    case let byte? where UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte:
      return .number(try number())
    case nil: throw fault(.malformed, "the text ends early")
    default: throw fault(.malformed, "a value cannot begin like this")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    var members: [JSONValue.Member] = []
    position += 1
    skipSpace()
    if take("}") { return .object(members) }
    members.reserveCapacity(5)
    while true {
      guard peek == UInt8(ascii: "\"") else { throw fault(.malformed, "a name is expected") }
      let name = try string()
      path.append(name)
      guard !members.contains(where: { $0.name == name }) else {
        throw fault(.duplicateKey, "the name stands twice", pointer: pointer)
      }
      guard members.count < budget.members else {
        path.removeLast()
        throw fault(
          .tooManyMembers, "an object has more than \(budget.members) members",
          pointer: pointer)
      }
      skipSpace()
      guard take(":") else { throw fault(.malformed, "a colon is expected") }
      skipSpace()
      members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
      path.removeLast()
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw fault(.malformed, "a comma or } is expected") }
      skipSpace()
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    var elements: [JSONValue] = []
    position += 1
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      guard elements.count < budget.elements else {
        throw fault(
          .tooManyElements, "a list has more than \(budget.elements) elements", pointer: pointer)
      }
      path.append("\(elements.count)")
      elements.append(try value(depth: depth + 1))
      path.removeLast()
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw fault(.malformed, "a comma or ] is expected") }
      skipSpace()
    }
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    // Most strings have no escape and are taken as they stand.
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    var scalars: [UInt8] = []
    if peek != UInt8(ascii: "\"") { scalars = Array(bytes[start..<position]) }
    let plain = position
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return position == plain
          ? String(decoding: bytes[start..<plain], as: UTF8.self)
          : String(decoding: scalars, as: UTF8.self)
      case UInt8(ascii: "\\"):
        scalars.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        throw fault(.malformed, "a control character stands in a string")
      default:
        scalars.append(byte)
        position += 1
      }
    }
    throw fault(.malformed, "a string does not end")
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    position += 1
    defer { position += 1 }
    switch peek {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try codeUnit()
      if let scalar = Unicode.Scalar(first) { return scalar }
      // A surrogate stands for nothing by itself.
      guard UTF16.isLeadSurrogate(first), position + 2 < bytes.count,
        bytes[position + 1] == UInt8(ascii: "\\"), bytes[position + 2] == UInt8(ascii: "u")
      else { throw fault(.malformed, "a surrogate stands alone") }
      position += 2
      let second = try codeUnit()
      guard UTF16.isTrailSurrogate(second) else {
        throw fault(.malformed, "a surrogate stands alone")
      }
      let value = 0x10000 + (UInt32(first) & 0x3ff) << 10 + UInt32(second) & 0x3ff
      return Unicode.Scalar(value)!
    default: throw fault(.malformed, "an escape is unknown")
    }
  }

  /// Four hexadecimal digits behind a `u`; ends on the last of them.
  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      position += 1
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault(.malformed, "an escape needs four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  private mutating func number() throws(JSONError) -> String {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
    guard position > start else { throw fault(.malformed, "a number needs a digit") }
  }

  private mutating func literal(
    _ text: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    let end = position + text.utf8CodeUnitCount
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard end <= bytes.count, bytes[position..<end].elementsEqual(expected) else {
      throw fault(.malformed, "a value cannot begin like this")
    }
    position = end
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  private func checkEncoding() throws(JSONError) {
    if bytes.allSatisfy({ $0 < 0x80 }) { return }
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
      throw fault(.malformed, "the text begins with a byte order mark")
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw JSONError(code: .invalidUTF8, pointer: "", detail: "the text is not UTF-8")
    }
  }

  private func fault(
    _ code: JSONError.Code, _ words: String, pointer: String = ""
  ) -> JSONError {
    JSONError(code: code, pointer: pointer, detail: "\(words) (byte \(position))")
  }

  private var pointer: String { path.map { "/" + $0.jsonPointerEscaped }.joined() }
}

extension String {
  /// The name as a part of a JSON pointer (RFC 6901, section 3).
  package var jsonPointerEscaped: String {
    guard utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return self
    }
    return reduce(into: "") { escaped, character in
      switch character {
      case "~": escaped += "~0"
      case "/": escaped += "~1"
      default: escaped.append(character)
      }
    }
  }
}
