import CFastCGI
import POSIX

/// What the web server tells of a request besides its body, read in one pass over the parameters.
public struct RequestHead: Sendable {
  /// The method, for example `POST`; empty when none was passed.
  public let method: String
  /// The path of the address (`PATH_INFO`).
  public let path: String
  /// What stands behind the question mark of the address, empty for nothing.
  public let query: String
  /// The type of the body, empty when none was told.
  public let contentType: String
  /// How the body is packed (`HTTP_CONTENT_ENCODING`), empty when that was not told.
  public let contentEncoding: String
  /// The identifier that the web server gave the request; nil for none.
  public let id: String?
  /// The name that the client gave it (`TOLD_REQUEST_ID`), when that is another; nil for none.
  public let clientID: String?
  /// The trace that the client names, as it wrote it (`HTTP_TRACEPARENT`); nil for none.
  public let traceparent: String?
  /// What other systems have to say of the trace (`HTTP_TRACESTATE`); nil for nothing.
  public let tracestate: String?
  /// The stated length of the body: 0 when there is none, as for a request without a body, the largest
  /// when it has too many digits, and nil when it is no number.
  let contentLength: Int?

  /// Whether the answer must have no body (RFC 3875, section 4.3.3).
  var isHead: Bool { method == "HEAD" }

  private typealias Text = UnsafeMutablePointer<CChar>

  init(_ parameters: FCGX_ParamArray) {
    var method: Text?
    var path: Text?
    var query: Text?
    var type: Text?
    var length: Text?
    var encoding: Text?
    var id: Text?
    var clientID: Text?
    var traceparent: Text?
    var tracestate: Text?
    var place = 0
    while let parameter = parameters[place] {
      place += 1
      // Most parameters are known not to be one of these by their first letter.
      switch UInt8(bitPattern: parameter[0]) {
      case UInt8(ascii: "R"):
        Self.take("REQUEST_METHOD", parameter, &method)
        Self.take("REQUEST_ID", parameter, &id)
      case UInt8(ascii: "P"): Self.take("PATH_INFO", parameter, &path)
      case UInt8(ascii: "Q"): Self.take("QUERY_STRING", parameter, &query)
      case UInt8(ascii: "C"):
        Self.take("CONTENT_TYPE", parameter, &type)
        Self.take("CONTENT_LENGTH", parameter, &length)
      case UInt8(ascii: "H"):
        Self.take("HTTP_CONTENT_ENCODING", parameter, &encoding)
        Self.take("HTTP_TRACEPARENT", parameter, &traceparent)
        Self.take("HTTP_TRACESTATE", parameter, &tracestate)
      case UInt8(ascii: "T"): Self.take("TOLD_REQUEST_ID", parameter, &clientID)
      default: break
      }
    }
    self.method = Self.string(method)
    self.path = Self.string(path)
    self.query = Self.string(query)
    // As nearly everybody writes it; a literal costs no memory.
    let isJSON = type.map { strcmp($0, "application/json") == 0 } ?? false
    contentType = isJSON ? "application/json" : Self.string(type)
    contentLength = Self.length(length)
    contentEncoding = Self.string(encoding)
    self.id = Self.given(id)
    if let clientID, id.map({ strcmp($0, clientID) != 0 }) ?? true {
      self.clientID = String(cString: clientID)
    } else {
      self.clientID = nil
    }
    self.traceparent = Self.given(traceparent)
    self.tracestate = Self.given(tracestate)
  }

  /// Notes where the value of a parameter begins, if it has the name; of several the first counts.
  @inline(__always)
  private static func take(_ name: StaticString, _ parameter: Text, _ value: inout Text?) {
    let count = name.utf8CodeUnitCount
    guard value == nil, strncmp(parameter, name.utf8Start, count) == 0,
      parameter[count] == CChar(bitPattern: UInt8(ascii: "="))
    else { return }
    value = parameter + count + 1
  }

  /// Bytes that are not UTF-8 become U+FFFD.
  private static func string(_ text: Text?) -> String { text.map { String(cString: $0) } ?? "" }

  /// The same, or nil for nothing.
  private static func given(_ text: Text?) -> String? {
    text.flatMap { $0[0] == 0 ? nil : String(cString: $0) }
  }

  private static func length(_ text: Text?) -> Int? {
    guard let text else { return 0 }
    let characters = UnsafeBufferPointer(start: text, count: strlen(text))
    var length = 0
    for character in characters {
      let digit = UInt8(bitPattern: character) &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      length = length &* 10 &+ Int(digit)
    }
    // What overflows is larger than anything that is read.
    return characters.count > 18 ? .max : length
  }
}

/// How a request is to be answered.
public struct Treatment: Sendable, Equatable {
  /// When the handler is called.
  public enum Reading: Sendable {
    /// As soon as it is there, since the answer takes far less than a millisecond and never waits: all
    /// of these are answered by one thread.
    case brief
    /// Once its body has come whole.
    case whole
    /// While its body comes: the handler reads it piece by piece.
    case streamed
  }

  /// When the handler is called.
  public let reading: Reading
  /// The number of the lane; a brief request takes it when it is too long to be answered at once.
  public let lane: Int

  /// Creates a treatment.
  public init(_ reading: Reading, lane: Int = 0) {
    self.reading = reading
    self.lane = lane
  }

  /// Brief, or else in the first lane.
  public static let brief = Treatment(.brief)
  /// Whole, in the first lane.
  public static let whole = Treatment(.whole)
  /// Streamed, in the first lane.
  public static let streamed = Treatment(.streamed)
}

/// Says how a request is to be answered; its body may not have come yet, and is empty then.
public typealias TreatmentChoice = @Sendable (borrowing Request) -> Treatment
