package import POSIX

/// Writes JSON texts straight into memory; the answers are small and their encoding is most of what a
/// prediction costs.
package struct JSONWriter: ~Copyable {
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity = 1024
  private var count = 0
  private var needsComma = false

  package init() {
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  /// What has been written.
  package var bytes: [UInt8] { withBytes { Array($0) } }

  /// What has been written, as a text.
  package var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }

  /// Calls `body` with what has been written.
  package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    body(UnsafeBufferPointer(start: start, count: count))
  }

  /// Writes `{`, what `body` writes, and `}`.
  package mutating func object(_ body: (inout JSONWriter) -> Void) {
    nest("{", "}", body)
  }

  /// Writes `[`, what `body` writes, and `]`.
  package mutating func array(_ body: (inout JSONWriter) -> Void) {
    nest("[", "]", body)
  }

  /// Writes the name of an object's member; its value comes next.
  package mutating func name(_ name: String) {
    string(name)
    put(":")
    needsComma = false
  }

  package mutating func string(_ value: String) {
    separate()
    var value = value
    value.withUTF8 { utf8 in
      reserve(utf8.count + 2)
      let quote = UInt8(ascii: "\"")
      // Mostly as it stands.
      if Self.copy(utf8, to: start + count + 1) {
        start[count] = quote
        count += utf8.count + 2
        start[count - 1] = quote
      } else {
        put(quote)
        escape(utf8)
        put(quote)
      }
    }
  }

  package mutating func number(_ value: Int) {
    separate()
    if value < 0 { put("-") }
    put(value.magnitude)
  }

  /// JSON has finite numbers only; any other is null.
  package mutating func number(_ value: Double) {
    guard value.isFinite else { return null() }
    if let whole = Int(exactly: value), value.magnitude < 1e15 {
      number(whole)
    } else {
      raw(value.description)
    }
  }

  /// A moment as RFC 3339 has it, in UTC, to the millisecond.
  package mutating func time(_ moment: Moment) {
    separate()
    put("\"")
    reserve(Moment.textCount)
    moment.write(to: start + count)
    count += Moment.textCount
    put("\"")
  }

  package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  package mutating func null() { raw("null") }

  /// Writes a number, or null when there is none.
  package mutating func number(_ value: Double?) {
    if let value { number(value) } else { null() }
  }

  /// Writes a text, or null when there is none.
  package mutating func string(_ value: String?) {
    if let value { string(value) } else { null() }
  }

  /// Writes true or false, or null when that is not known.
  package mutating func bool(_ value: Bool?) {
    if let value { bool(value) } else { null() }
  }

  /// Writes a value that is JSON already.
  package mutating func raw(_ json: String) {
    separate()
    var json = json
    json.withUTF8 { put($0) }
  }

  /// Writes a value as it was sent.
  package mutating func value(_ value: JSONValue) {
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

  /// Writes the value of a field.
  package mutating func value(_ value: FieldValue) {
    switch value {
    case .number(let number): self.number(number)
    case .text(let text): string(text)
    case .boolean(let bool): self.bool(bool)
    case .null, .other: null()
    }
  }

  private mutating func nest(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void
  ) {
    separate()
    put(open)
    needsComma = false
    body(&self)
    put(close)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { put(",") }
    needsComma = true
  }

  @inline(__always) private mutating func put(_ character: Unicode.Scalar) {
    put(UInt8(ascii: character))
  }

  private mutating func put(_ byte: UInt8) {
    reserve(1)
    start[count] = byte
    count += 1
  }

  private mutating func put(_ text: UnsafeBufferPointer<UInt8>) {
    guard let first = text.baseAddress else { return }
    reserve(text.count)
    (start + count).update(from: first, count: text.count)
    count += text.count
  }

  private mutating func put(_ number: UInt) {
    reserve(20)
    let first = count
    var rest = number
    repeat {
      start[count] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      count += 1
    } while rest > 0
    var digits = UnsafeMutableBufferPointer(start: start + first, count: count - first)
    digits.reverse()
  }

  private mutating func reserve(_ room: Int) {
    if count + room > capacity { grow(room) }
  }

  @inline(never) private mutating func grow(_ room: Int) {
    capacity = max(2 * capacity, count + room)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.moveInitialize(from: start, count: count)
    start.deallocate()
    start = larger
  }

  /// Copies a text, eight bytes at a time.
  ///
  /// - Returns: whether no byte of it is a control character, a quotation mark or a backslash; now and
  ///   then it says no where it could say yes.
  private static func copy(
    _ text: UnsafeBufferPointer<UInt8>, to place: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    guard let first = text.baseAddress else { return true }
    let from = UnsafeRawPointer(first)
    let to = UnsafeMutableRawPointer(place)
    var marks: UInt64 = 0
    var offset = 0
    while offset + 8 <= text.count {
      let word = from.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      to.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
      marks |= Self.marks(of: word)
      offset += 8
    }
    while offset < text.count {
      let byte = first[offset]
      place[offset] = byte
      if byte < 0x20 || byte == 0x22 || byte == 0x5c { return false }
      offset += 1
    }
    return marks == 0
  }

  /// Not 0 when a byte of a word is to be escaped.
  private static func marks(of word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    func marks(below limit: UInt64, _ word: UInt64) -> UInt64 { (word &- ones &* limit) & ~word }
    return
      (marks(below: 0x20, word) | marks(below: 1, word ^ ones &* 0x22)
      | marks(below: 1, word ^ ones &* 0x5c)) & ones << 7
  }

  private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        put("\\")
        put(byte)
      case 0..<0x20:
        for character in "\\u00".utf8 { put(character) }
        for digit in [byte >> 4, byte & 15] {
          put(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
      default: put(byte)
      }
    }
  }
}
