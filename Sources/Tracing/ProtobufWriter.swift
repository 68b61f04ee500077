/// Writes messages as Protocol Buffers have them on the wire (encoding, proto3), as far as traces need them.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  /// Writes a text, unless it is empty.
  mutating func text(_ field: Int, _ text: String) {
    guard !text.isEmpty else { return }
    key(field, .lengthDelimited)
    varint(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// Writes the bytes that pairs of hexadecimal digits stand for.
  mutating func bytes(_ field: Int, hexadecimal digits: String) {
    key(field, .lengthDelimited)
    varint(UInt64(digits.utf8.count / 2))
    func value(_ digit: UInt8) -> UInt8 { digit < 0x40 ? digit & 0xf : digit - 0x57 }
    var high: UInt8?
    for digit in digits.utf8 {
      if let first = high {
        bytes.append(first << 4 | value(digit))
        high = nil
      } else {
        high = value(digit)
      }
    }
  }

  mutating func number(_ field: Int, _ number: Int) {
    key(field, .varint)
    varint(UInt64(bitPattern: Int64(number)))
  }

  mutating func fixed64(_ field: Int, _ number: UInt64) {
    key(field, .fixed64)
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func fixed32(_ field: Int, _ number: UInt32) {
    key(field, .fixed32)
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Writes a message inside of this one, of less than 256 MB.
  mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    key(field, .lengthDelimited)
    let place = bytes.count
    // A length of four bytes, whatever it is: shorter ones may be written long, and nothing is moved.
    bytes.append(contentsOf: [0, 0, 0, 0])
    body(&self)
    let length = bytes.count - place - 4
    for byte in 0..<4 {
      bytes[place + byte] = UInt8(length >> (7 * byte) & 0x7f) | (byte < 3 ? 0x80 : 0)
    }
  }

  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func key(_ field: Int, _ type: WireType) {
    varint(UInt64(field) << 3 | type.rawValue)
  }

  private mutating func varint(_ number: UInt64) {
    var rest = number
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
