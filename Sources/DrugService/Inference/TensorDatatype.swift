/// The type of a tensor's elements, by its name in the Open Inference Protocol.
enum TensorDatatype: String, CaseIterable {
  case fp64 = "FP64"
  case fp32 = "FP32"
  case int64 = "INT64"
  case int32 = "INT32"
  case int16 = "INT16"
  case int8 = "INT8"
  case uint64 = "UINT64"
  case uint32 = "UINT32"
  case uint16 = "UINT16"
  case uint8 = "UINT8"
  case bool = "BOOL"
  /// Texts; in binary, each has its length before it, 4 bytes.
  case bytes = "BYTES"

  /// The types that numbers may come in.
  static let numbers = allCases.filter { $0 != .bytes && $0 != .bool }

  /// The bytes of an element in binary; nil for texts, which have as many as they have.
  var size: Int? {
    switch self {
    case .fp64, .int64, .uint64: 8
    case .fp32, .int32, .uint32: 4
    case .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    case .bytes: nil
    }
  }

  /// The number of an element in binary, as a double; the whole numbers beyond 2^53 are rounded.
  ///
  /// - Parameter bits: its bytes, the lowest first, in the lowest bits.
  func number(ofBits bits: UInt64) -> Double {
    switch self {
    case .fp64: Double(bitPattern: bits)
    case .fp32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .int64: Double(Int64(bitPattern: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .uint64, .uint32, .uint16, .uint8, .bool, .bytes: Double(bits)
    }
  }

  /// The number of an element in the digits of JSON; nil when the type has no such number.
  func number(ofDigits digits: String) -> Double? {
    let number = Double(digits) ?? .infinity
    switch self {
    case .fp64: return number
    case .fp32: return Double(Float(number))
    case .int64: return Int64(exactly: number).map(Double.init)
    case .int32: return Int32(exactly: number).map(Double.init)
    case .int16: return Int16(exactly: number).map(Double.init)
    case .int8: return Int8(exactly: number).map(Double.init)
    case .uint64: return UInt64(exactly: number).map(Double.init)
    case .uint32: return UInt32(exactly: number).map(Double.init)
    case .uint16: return UInt16(exactly: number).map(Double.init)
    case .uint8: return UInt8(exactly: number).map(Double.init)
    case .bool, .bytes: return nil
    }
  }
}
