#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A tensor whose values stand in the file.
struct Constant {
  /// The element types of ONNX that are read here (`TensorProto.DataType`).
  enum ElementType: Int32 {
    case float = 1
    case uint8 = 2
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    case double = 11

    var byteCount: Int {
      switch self {
      case .float, .int32: 4
      case .int64, .double: 8
      case .bool, .uint8: 1
      case .string: 0
      }
    }
  }

  enum Values {
    case numbers([Double])
    case texts([String])
  }

  let type: ElementType
  let dimensions: [Int]
  let values: Values

  var numbers: [Double]? {
    if case .numbers(let numbers) = values { numbers } else { nil }
  }

  /// The one number of a tensor that holds no more.
  var scalar: Double? { numbers.flatMap { $0.count == 1 ? $0[0] : nil } }

  /// The numbers that a row of so many columns is reckoned with, nil when they are none for it.
  func row(_ columnCount: Int) -> [Double]? {
    guard let numbers, dimensions.dropLast().allSatisfy({ $0 == 1 }) else { return nil }
    return numbers.perColumn(columnCount)
  }

  /// One text.
  init(text: String) {
    type = .string
    dimensions = [1]
    values = .texts([text])
  }

  /// Decodes a tensor.
  ///
  /// - Parameter owner: who it belongs to, for the error.
  init(_ tensor: WireTensor, owner: String?) throws(ONNXError) {
    let name = tensor.name.isEmpty ? "a tensor" : "tensor \(tensor.name.shown)"
    func wrong(_ reason: String) -> ONNXError { ONNXError("\(name) \(reason)", node: owner) }
    guard tensor.dataLocation == 0 else { throw wrong("lies in another file") }
    guard let type = ElementType(rawValue: tensor.dataType) else {
      throw wrong("has elements of type \(tensor.dataType), which is not read here")
    }
    self.type = type
    var count = 1
    var dimensions: [Int] = []
    for dimension in tensor.dims {
      guard let size = Int(exactly: dimension), size >= 0 else {
        throw wrong("has a size of \(dimension)")
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw wrong("is larger than its file") }
      count = product
      dimensions.append(size)
    }
    self.dimensions = dimensions
    let found = Self.values(tensor, type)
    let foundCount =
      switch found {
      case .numbers(let numbers): numbers.count
      case .texts(let texts): texts.count
      case nil: -1
      }
    guard let found, foundCount == count else {
      throw wrong("does not hold the \(count) values that its shape states")
    }
    values = found
  }

  /// - Returns: nil when bytes are no whole number of elements, or a text is not UTF-8.
  private static func values(_ tensor: WireTensor, _ type: ElementType) -> Values? {
    if type == .string {
      let texts = tensor.stringData.map { String(validating: $0, as: UTF8.self) }
      return texts.contains(nil) ? nil : .texts(texts.map { $0! })
    }
    guard !tensor.rawData.isEmpty else {
      return switch type {
      case .float: .numbers(tensor.floatData.map(Double.init))
      case .double: .numbers(tensor.doubleData)
      case .int64: .numbers(tensor.int64Data.map(Double.init))
      case .int32, .bool, .uint8: .numbers(tensor.int32Data.map(Double.init))
      case .string: nil
      }
    }
    guard tensor.rawData.count % type.byteCount == 0 else { return nil }
    return tensor.rawData.withUnsafeBytes { bytes in
      func all<Element>(_ type: Element.Type, _ convert: (Element) -> Double) -> Values {
        .numbers(
          stride(from: 0, to: bytes.count, by: MemoryLayout<Element>.size).map {
            convert(bytes.loadUnaligned(fromByteOffset: $0, as: type))
          })
      }
      return switch type {
      case .float: all(UInt32.self) { Double(Float(bitPattern: $0)) }
      case .double: all(UInt64.self, Double.init(bitPattern:))
      case .int64: all(Int64.self, Double.init)
      case .int32: all(Int32.self, Double.init)
      case .uint8: all(UInt8.self, Double.init)
      case .bool: all(UInt8.self) { $0 == 0 ? 0 : 1 }
      case .string: nil
      }
    }
  }
}

extension String {
  /// The text fit for a message: at most 60 characters, none that would control a terminal.
  var shown: String {
    let shown = unicodeScalars.prefix(60).map { scalar in
      scalar.properties.generalCategory == .control ? "\u{fffd}" : Character(scalar)
    }
    return String(shown) + (unicodeScalars.count > 60 ? "…" : "")
  }
}

extension [Double] {
  /// A number for each of so many columns, where there are as many, or one for all; nil otherwise.
  func perColumn(_ columnCount: Int) -> [Double]? {
    if count == 1 { return Array(repeating: self[0], count: columnCount) }
    return count == columnCount ? self : nil
  }
}
