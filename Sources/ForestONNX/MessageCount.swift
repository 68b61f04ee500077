/// Counts what a file would become in memory, before it becomes that.
///
/// A message of two bytes takes some two hundred when it is decoded, so that 64 MB of the smallest would
/// take gigabytes. Bytes that make up no messages are left for the decoder to refuse.
struct MessageCount {
  /// The most messages: nodes, attributes, tensors, inputs; pipelines have some hundreds.
  static let maximumMessageCount = 1 << 16
  /// The most texts; each node of a tree has one.
  static let maximumTextCount = 1 << 22

  /// What a field with a length holds, as onnx.proto declares it.
  private enum Kind {
    case model, graph, node, attribute, tensor, valueInfo, type, tensorType, shape
    /// A message that holds none.
    case last
    case text

    func member(_ field: UInt64) -> Kind? {
      switch (self, field) {
      case (.model, 7): .graph
      case (.model, 8), (.model, 14): .last
      case (.graph, 1): .node
      case (.graph, 5): .tensor
      case (.graph, 11), (.graph, 12): .valueInfo
      case (.node, 1), (.node, 2): .text
      case (.node, 5): .attribute
      case (.attribute, 5): .tensor
      case (.attribute, 9), (.tensor, 6): .text
      case (.valueInfo, 2): .type
      case (.type, 1): .tensorType
      case (.tensorType, 2): .shape
      case (.shape, 1): .last
      default: nil
      }
    }
  }

  private(set) var messageCount = 0
  private(set) var textCount = 0
  private var place = 0

  /// Counts a file's messages and texts, as far as the limits.
  init(_ bytes: [UInt8]) {
    _ = count(bytes.span, .model, end: bytes.count)
  }

  var isWithinLimits: Bool {
    messageCount <= Self.maximumMessageCount && textCount <= Self.maximumTextCount
  }

  /// - Returns: false when the bytes make up no message, or a limit is reached.
  private mutating func count(_ bytes: Span<UInt8>, _ kind: Kind, end: Int) -> Bool {
    while place < end {
      guard let tag = varint(bytes, end) else { return false }
      switch tag & 7 {
      case 0: guard varint(bytes, end) != nil else { return false }
      case 1: place += 8
      case 2:
        guard let length = varint(bytes, end), length <= UInt64(end - place) else { return false }
        let next = place + Int(length)
        switch kind.member(tag >> 3) {
        case .text: textCount += 1
        case let member?:
          messageCount += 1
          guard isWithinLimits, count(bytes, member, end: next) else { return false }
        case nil: break
        }
        guard isWithinLimits else { return false }
        place = next
      // A group's fields count as those of the message that it stands in.
      case 3, 4: break
      case 5: place += 4
      default: return false
      }
    }
    return place == end
  }

  private mutating func varint(_ bytes: Span<UInt8>, _ end: Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard place < end else { return nil }
      let byte = bytes[place]
      place += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
