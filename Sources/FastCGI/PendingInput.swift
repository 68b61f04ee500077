import CFastCGI
import POSIX

/// Looks at what has arrived on connections and was not yet read.
///
/// A short request is answered from what was seen here, and read just before the answer is sent. Reading
/// frees the memory that the web server sent it in, for which the kernel wakes the web server: then, when
/// the answer wakes it anyway, that costs next to nothing.
final class PendingInput {
  /// What there is.
  enum Content {
    /// Nothing.
    case none
    /// The other side has closed.
    case end
    /// The begin of a request, whose parameters have not come whole.
    case part
    /// The parameters of a request: reading them cannot block.
    case request
    /// What only libfcgi may read, and may wait for.
    case other
  }

  /// The most bytes that are looked at; more than the parameters of any request have.
  private static let limit = 65_536
  /// The most bytes of a short request.
  private static let shortLimit = 4096
  private static let headerSize = 8
  /// The most parameters of a short request.
  private static let parameterLimit = 64
  // The types of records, the role of a responder and the flag of a connection that is kept
  // (FastCGI 1.0, section 8).
  private static let begin: UInt8 = 1
  private static let parameters: UInt8 = 4
  private static let input: UInt8 = 5
  private static let responder: UInt8 = 1
  private static let keepsConnection: UInt8 = 1

  /// The bytes that were seen last.
  private let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: limit)
  private var count = 0
  /// Where the parameters and the body of the request lie, when it is a short one.
  private var short: (parameters: Range<Int>, body: Range<Int>)?
  /// The parameters as libfcgi would give them: `NAME=value` and a zero, and where each begins. None
  /// is longer than it was in its record.
  private let texts = UnsafeMutableBufferPointer<CChar>.allocate(capacity: shortLimit)
  private let environment = UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>.allocate(
    capacity: parameterLimit + 1)

  deinit {
    bytes.deallocate()
    texts.deallocate()
    environment.deallocate()
  }

  /// Looks at a connection.
  func look(at descriptor: Int32) -> Content {
    let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
    count = recv(descriptor, bytes.baseAddress, bytes.count, flags)
    if count == 0 { return .end }
    guard count > 0 else { return errno == EAGAIN || errno == EINTR ? .none : .end }
    return findRequest()
  }

  /// Reads the records of one request from its begin to the end of its input, as far as they have come.
  private func findRequest() -> Content {
    short = nil
    var (parameters, body) = (0..<0, 0..<0)
    // As nginx sends it: a begin, one record of parameters and their end, at most one of the body and
    // its end.
    var isShort = false
    var haveParametersEnded = false
    var start = 0
    /// What it is when no more is known of it.
    var found: Content {
      haveParametersEnded ? .request : count < Self.limit ? .part : .other
    }
    while start + Self.headerSize <= count {
      let type = bytes[start + 1]
      // Whatever else it is, libfcgi may wait for more.
      guard bytes[start] == 1,
        start == 0 ? type == Self.begin : type == Self.parameters || type == Self.input,
        bytes[start + 2] == bytes[2], bytes[start + 3] == bytes[3]
      else { return haveParametersEnded ? .request : .other }
      let first = start + Self.headerSize
      let content = first..<first + Int(bytes[start + 4]) << 8 + Int(bytes[start + 5])
      let padding = Int(bytes[start + 6])
      start = content.upperBound + padding
      guard start <= count else { return found }
      switch (type, content.isEmpty) {
      case (Self.begin, _):
        // libfcgi takes the padding of a begin for the next record.
        guard content.count == 8, padding == 0 else { return .other }
        isShort =
          bytes[first] == 0 && bytes[first + 1] == Self.responder
          && bytes[first + 2] & Self.keepsConnection != 0
      case (Self.parameters, let isEnd):
        isShort = isShort && !haveParametersEnded && (isEnd || parameters.isEmpty)
        if isEnd { haveParametersEnded = true } else { parameters = content }
      case (_, false):
        isShort = isShort && haveParametersEnded && body.isEmpty
        body = content
      default:
        guard haveParametersEnded else { return .other }
        if isShort, start <= Self.shortLimit { short = (parameters, body) }
        return .request
      }
    }
    return found
  }

  /// The request that was found last, to be used before the next look; nil for one that only libfcgi
  /// should read.
  func shortRequest(maximumBodySize: Int) -> Request? {
    guard let short, short.body.count <= maximumBodySize, readParameters(short.parameters) else {
      return nil
    }
    let head = RequestHead(environment.baseAddress!)
    guard head.contentLength == short.body.count else { return nil }
    let body = Array(UnsafeBufferPointer(rebasing: bytes[short.body]))
    return Request(environment: environment.baseAddress!, head: head, body: .whole(body))
  }

  /// Reads pairs of names and values (FastCGI 1.0, section 3.4) into the environment.
  ///
  /// - Returns: false when they are too many or do not fit their record.
  private func readParameters(_ range: Range<Int>) -> Bool {
    var place = range.lowerBound
    func length() -> Int? {
      guard place < range.upperBound else { return nil }
      let byte = Int(bytes[place])
      place += 1
      if byte < 0x80 { return byte }
      // Longer ones have four bytes.
      guard place + 3 <= range.upperBound else { return nil }
      defer { place += 3 }
      return bytes[place..<place + 3].reduce(byte & 0x7f) { $0 << 8 | Int($1) }
    }
    var text = 0
    func copy(_ length: Int, then end: Unicode.Scalar) {
      memcpy(texts.baseAddress! + text, bytes.baseAddress! + place, length)
      texts[text + length] = CChar(bitPattern: UInt8(ascii: end))
      text += length + 1
      place += length
    }
    var number = 0
    while place < range.upperBound {
      guard number < Self.parameterLimit, let name = length(), let value = length(),
        name + value <= range.upperBound - place
      else { return false }
      environment[number] = texts.baseAddress! + text
      copy(name, then: "=")
      copy(value, then: "\0")
      number += 1
    }
    environment[number] = nil
    return true
  }
}
