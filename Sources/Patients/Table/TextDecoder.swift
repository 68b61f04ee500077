/// Turns the bytes of a text into UTF-8, however they are cut.
struct TextDecoder {
  /// What the bytes are; UTF-8 as long as they are ASCII.
  private(set) var encoding: TableDialect.Encoding
  /// Whether bytes beyond ASCII have shown, or the first bytes, what the encoding is.
  private var isDecided: Bool
  /// The bytes beyond ASCII that are to show it, of one character at most.
  private var shown: [UInt8] = []
  /// The first byte of a unit of two.
  private var firstByte: UInt8?
  /// The first half of a character of two units.
  private var surrogate: UInt16?

  /// - Parameter encoding: nil for units of one byte, of which the first beyond ASCII decide.
  init(_ encoding: TableDialect.Encoding?) {
    self.encoding = encoding ?? .utf8
    isDecided = encoding != nil
  }

  /// How many bytes from `start` on are UTF-8 as they are; those behind need `decode`.
  func unchangedCount(of piece: Span<UInt8>, from start: Int) -> Int {
    guard encoding == .utf8, shown.isEmpty else { return 0 }
    if isDecided { return piece.count - start }
    return piece.extracting(start..<piece.count).withUnsafeBytes { bytes in
      var position = 0
      while position + 8 <= bytes.count,
        bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        position += 8
      }
      while position < bytes.count, bytes[position] < 0x80 { position += 1 }
      return position
    }
  }

  /// Decodes the next byte.
  mutating func decode(_ byte: UInt8, into text: inout [UInt8]) {
    switch encoding {
    case .utf8:
      if isDecided || (shown.isEmpty && byte < 0x80) { return text.append(byte) }
      shown.append(byte)
      guard let isUTF8 = Self.isUTF8(shown) else { return }
      decide(isUTF8 ? .utf8 : .windows1252, into: &text)
    case .windows1252:
      Self.append(Self.character(ofWindows1252: byte), to: &text)
    case .utf16LittleEndian, .utf16BigEndian:
      guard let first = firstByte else {
        firstByte = byte
        return
      }
      firstByte = nil
      let isLittle = encoding == .utf16LittleEndian
      take(isLittle ? UInt16(byte) << 8 | UInt16(first) : UInt16(first) << 8 | UInt16(byte), &text)
    }
  }

  /// Ends the text.
  ///
  /// - Throws: `TableError` when it ends inside a unit.
  mutating func finish(into text: inout [UInt8]) throws(TableError) {
    if !shown.isEmpty { decide(.windows1252, into: &text) }
    if surrogate != nil { Self.append("\u{fffd}", to: &text) }
    surrogate = nil
    guard firstByte == nil else {
      throw TableError(message: "the file ends inside a character of UTF-16: it was cut off")
    }
  }

  private mutating func decide(_ encoding: TableDialect.Encoding, into text: inout [UInt8]) {
    self.encoding = encoding
    isDecided = true
    let bytes = shown
    shown = []
    for byte in bytes { decode(byte, into: &text) }
  }

  /// Whether bytes are a character of UTF-8; nil when more of them may make them one.
  private static func isUTF8(_ bytes: [UInt8]) -> Bool? {
    let length =
      switch bytes[0] {
      case 0xc2...0xdf: 2
      case 0xe0...0xef: 3
      case 0xf0...0xf4: 4
      default: 0
      }
    guard length > 0, bytes.dropFirst().allSatisfy({ 0x80...0xbf ~= $0 }) else { return false }
    return bytes.count < length ? nil : String(validating: bytes, as: UTF8.self) != nil
  }

  /// Takes a unit of UTF-16; half a character is U+FFFD, as in UTF-8.
  private mutating func take(_ unit: UInt16, _ text: inout [UInt8]) {
    if let high = surrogate {
      surrogate = nil
      if UTF16.isTrailSurrogate(unit) {
        let offset = UInt32(high & 0x3ff) << 10 | UInt32(unit & 0x3ff)
        return Self.append(Unicode.Scalar(0x10000 + offset)!, to: &text)
      }
      Self.append("\u{fffd}", to: &text)
    }
    if UTF16.isLeadSurrogate(unit) {
      surrogate = unit
    } else {
      Self.append(Unicode.Scalar(unit) ?? "\u{fffd}", to: &text)
    }
  }

  private static func append(_ character: Unicode.Scalar, to text: inout [UInt8]) {
    if character.isASCII {
      text.append(UInt8(character.value))
    } else {
      text.append(contentsOf: UTF8.encode(character)!)
    }
  }

  /// As the WHATWG's Encoding Standard has it, which gives every byte a character.
  private static func character(ofWindows1252 byte: UInt8) -> Unicode.Scalar {
    guard 0x80...0x9f ~= byte else { return Unicode.Scalar(byte) }
    return Unicode.Scalar(betweenASCIIAndLatin1[Int(byte - 0x80)])!
  }

  private static let betweenASCIIAndLatin1: [UInt16] = [
    0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
  ]
}
