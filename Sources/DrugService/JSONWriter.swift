/// Writes JSON texts straight into bytes; the answers are small and their encoding is most of what a
/// prediction costs.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  init() {
    bytes.reserveCapacity(900)
  }

  /// Writes `{`, what `body` writes, and `}`.
  mutating func object(_ body: (inout JSONWriter) -> Void) {
    nest("{", "}", body)
  }

  /// Writes `[`, what `body` writes, and `]`.
  mutating func array(_ body: (inout JSONWriter) -> Void) {
    nest("[", "]", body)
  }

  /// Writes the name of an object's member; its value comes next.
  mutating func name(_ name: String) {
    put(name, as: .name)
    needsComma = false
  }

  mutating func string(_ value: String) { put(value, as: .string) }

  mutating func number(_ value: Int) { raw(value.description) }

  /// - Precondition: the number is finite; JSON has no other.
  mutating func number(_ value: Double) {
    precondition(value.isFinite, "JSON has finite numbers only")
    if let whole = Int(exactly: value), value.magnitude < 1e15 {
      number(whole)
    } else {
      raw(value.description)
    }
  }

  /// A moment as RFC 3339 has it, in UTC, to the millisecond.
  mutating func time(_ moment: Moment) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    moment.write(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  mutating func null() { raw("null") }

  /// Writes a value that is JSON already.
  mutating func raw(_ json: String) { put(json, as: .value) }

  /// Writes a value as it was sent.
  mutating func value(_ value: JSONValue) {
    switch value {
    case .object(let members):
      object { writer in
        for member in members {
          writer.name(member.name)
          writer.value(member.value)
        }
      }
    case .array(let elements): array { writer in elements.forEach { writer.value($0) } }
    case .string(let text): string(text)
    case .number(let digits): raw(digits)
    case .bool(let flag): bool(flag)
    case .null: null()
    }
  }

  private mutating func nest(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void
  ) {
    separate()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  /// What a text is written as.
  private enum Form {
    case value, string, name
  }

  private mutating func put(_ text: String, as form: Form) {
    var text = text
    text.withUTF8 { utf8 in
      // Mostly as it stands; then it is copied as a whole.
      if form == .value || Self.standForThemselves(utf8) {
        put(utf8, as: form)
      } else {
        Self.escaped(utf8).withUnsafeBufferPointer { put($0, as: form) }
      }
    }
  }

  /// Appends bytes and what belongs around them in one step, so that the array is asked for room once.
  private mutating func put(_ text: UnsafeBufferPointer<UInt8>, as form: Form) {
    let needsComma = needsComma
    bytes.append(addingCapacity: text.count + 4) { output in
      output.withUnsafeMutableBufferPointer { buffer, count in
        var end = buffer.baseAddress! + count
        func put(_ character: Unicode.Scalar) {
          end.pointee = UInt8(ascii: character)
          end += 1
        }
        if needsComma { put(",") }
        if form != .value { put("\"") }
        if let start = text.baseAddress { end.update(from: start, count: text.count) }
        end += text.count
        if form != .value { put("\"") }
        if form == .name { put(":") }
        count = end - buffer.baseAddress!
      }
    }
    self.needsComma = true
  }

  /// Whether no byte is a control character, a quotation mark or a backslash, eight at a time; now and
  /// then it says no where it could say yes.
  private static func standForThemselves(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    func hasByte(below limit: UInt64, _ word: UInt64) -> Bool {
      (word &- ones &* limit) & ~word & (ones << 7) != 0
    }
    let bytes = UnsafeRawBufferPointer(text)
    var offset = 0
    while offset < bytes.count {
      var word = ones &* 0x20
      if offset + 8 <= bytes.count {
        word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      } else {
        for byte in bytes[offset...] { word = word << 8 | UInt64(byte) }
      }
      guard !hasByte(below: 0x20, word), !hasByte(below: 1, word ^ ones &* 0x22),
        !hasByte(below: 1, word ^ ones &* 0x5c)
      else { return false }
      offset += 8
    }
    return true
  }

  private static func escaped(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default:
        bytes.append(byte)
      }
    }
    return bytes
  }
}
