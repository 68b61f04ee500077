import Patients

/// The bytes behind the JSON of a request, in which tensors lie one after the other.
struct BinaryTensors {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The bytes that no tensor has taken.
  var rest: Int { bytes.endIndex - position }

  /// Takes the next tensor.
  ///
  /// - Parameters:
  ///   - size: the bytes that it is said to have.
  ///   - count: its elements, of which there are not more than a request may have.
  ///   - part: where it is told of.
  mutating func take(
    _ size: Int, _ datatype: TensorDatatype, count: Int, _ part: InferencePart
  ) throws(ServiceError) -> [FieldValue] {
    guard size <= rest else {
      throw part.wrong("promises \(size) bytes, of which \(rest) have come")
    }
    let end = position + size
    var values: [FieldValue] = []
    values.reserveCapacity(count)
    if let width = datatype.size {
      guard size == count * width else {
        throw part.wrong("must be \(count * width): \(count) times \(width) bytes")
      }
      for _ in 0..<count {
        let number = datatype.number(ofBits: takeBits(width))
        values.append(datatype == .bool ? .boolean(number != 0) : .number(number))
      }
      return values
    }
    for row in 0..<count {
      guard end - position >= 4 else { throw part.wrong("is too little: text \(row) is missing") }
      let length = Int(takeBits(4))
      guard length <= end - position else {
        throw part.wrong("is too little: text \(row) is longer than what is left")
      }
      let text = bytes[position..<position + length]
      position += length
      values.append(String(validating: text, as: UTF8.self).map(FieldValue.text) ?? .other)
    }
    guard position == end else {
      throw part.wrong("is too much: \(end - position) bytes follow the last text")
    }
    return values
  }

  private mutating func takeBits(_ count: Int) -> UInt64 {
    defer { position += count }
    return bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
