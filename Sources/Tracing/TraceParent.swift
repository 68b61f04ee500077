/// The trace that a client names with its request, and the client's own span in it (W3C Trace Context,
/// level 1, section 3.2).
public struct TraceParent: Sendable, Equatable {
  /// The trace: 32 lower-case hexadecimal digits, not only zeros.
  public let trace: String
  /// The client's span, not 0.
  public let span: UInt64
  /// Whether the client records its span.
  public let isSampled: Bool

  /// Reads the header `traceparent`; of a later version what level 1 knows of it.
  ///
  /// - Returns: nil for what must be passed over: other digits, lengths or separators, zeros alone, version ff.
  public init?(_ header: String) {
    var header = header
    let found = header.withUTF8 { bytes -> (trace: Range<Int>, span: UInt64, flags: UInt64)? in
      guard bytes.count >= Self.length,
        [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
        let version = Self.number(bytes[0..<2]), version != 0xff,
        bytes.count == Self.length
          || version > 0 && bytes[Self.length] == UInt8(ascii: "-"),
        let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]),
        high | low != 0,
        let span = Self.number(bytes[36..<52]), span != 0,
        let flags = Self.number(bytes[53..<55])
      else { return nil }
      return (3..<35, span, flags)
    }
    guard let found else { return nil }
    let start = header.utf8.index(header.startIndex, offsetBy: found.trace.lowerBound)
    trace = String(header[start..<header.utf8.index(start, offsetBy: found.trace.count)])
    span = found.span
    isSampled = found.flags & 1 == 1
  }

  /// Version, trace, span and flags, with what stands between them.
  private static let length = 55

  /// At most 16 hexadecimal digits; capital ones are none here.
  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit & 0xf)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - 0x57)
      default: return nil
      }
    }
    return number
  }

  /// What the header `tracestate` holds, if it is one (section 3.3): at most 32 members `key=value` and 512
  /// characters. What is none is dropped whole, and the trace goes on without it.
  static func state(_ header: String) -> String? {
    guard 1...512 ~= header.utf8.count else { return nil }
    let members = header.utf8.split(separator: UInt8(ascii: ","))
      .map { $0.trimming { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }
      .filter { !$0.isEmpty }
    guard 1...32 ~= members.count, members.allSatisfy(isMember) else { return nil }
    return members.map { String($0)! }.joined(separator: ",")
  }

  private static func isMember(_ member: Substring.UTF8View) -> Bool {
    guard let end = member.firstIndex(of: UInt8(ascii: "=")) else { return false }
    let (key, value) = (member[..<end], member[member.index(after: end)...])
    func isStart(_ byte: UInt8) -> Bool {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
    return 1...256 ~= key.count && isStart(key.first!)
      && key.allSatisfy { isStart($0) || "_-*/@".utf8.contains($0) }
      && 1...256 ~= value.count
      && value.allSatisfy { 0x20...0x7e ~= $0 && $0 != UInt8(ascii: "=") }
  }
}

extension Substring.UTF8View {
  fileprivate func trimming(_ isBlank: (UInt8) -> Bool) -> Substring.UTF8View {
    guard let first = firstIndex(where: { !isBlank($0) }) else { return self[endIndex...] }
    return self[first...lastIndex { !isBlank($0) }!]
  }
}
