/// The answer to a request.
public struct Response: Sendable, Equatable {
  /// The status code.
  public var status: Int
  /// Header names and values, without the content's length.
  public var headers: [(name: String, value: String)]
  /// The body.
  public var body: [UInt8]
  /// A file whose content follows the body, for answers too long for memory.
  public var file: SpoolFile?

  /// Creates a response.
  public init(
    status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
    file: SpoolFile? = nil
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.file = file
  }

  /// Whether status, headers and body are equal.
  public static func == (a: Response, b: Response) -> Bool {
    a.status == b.status && a.body == b.body && a.file === b.file
      && a.headers.elementsEqual(b.headers, by: { $0 == $1 })
  }

  /// The phrase that stands beside the status code (RFC 9110, section 15); it may be empty.
  private var reason: String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 422: "Unprocessable Content"
    case 500: "Internal Server Error"
    case 503: "Service Unavailable"
    default: ""
    }
  }

  /// Writes the response as a CGI program does (RFC 3875, section 6).
  ///
  /// - Parameter write: takes all the bytes it is given, and answers whether it goes on.
  func send(isHead: Bool, _ write: (UnsafeRawBufferPointer) -> Bool) {
    guard sendHead(write), !isHead, body.withUnsafeBytes(write) else { return }
    file?.forEachPiece(write)
  }

  /// The status, the headers and the empty line behind them.
  ///
  /// A header may hold what a file or a request says: what would end its line is a space.
  private func sendHead(_ write: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    let reason = reason
    // All but the headers and the reason takes less than 100 bytes.
    let room = headers.reduce(100 + reason.utf8.count) {
      $0 + $1.name.utf8.count + $1.value.utf8.count + 4
    }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { buffer in
      var count = 0
      func put(_ text: String, isOneLine: Bool = false) {
        var text = text
        text.withUTF8 { utf8 in
          let start = buffer.baseAddress!.advanced(by: count)
          start.initialize(from: utf8.baseAddress!, count: utf8.count)
          if isOneLine {
            for place in 0..<utf8.count where start[place] < 0x20 || start[place] == 0x7f {
              start[place] = UInt8(ascii: " ")
            }
          }
          count += utf8.count
        }
      }
      put("Status: ")
      put(status.description)
      put(" ")
      put(reason)
      put("\r\n")
      for (name, value) in headers {
        put(name, isOneLine: true)
        put(": ")
        put(value, isOneLine: true)
        put("\r\n")
      }
      put("Content-Length: ")
      put((body.count + (file?.count ?? 0)).description)
      put("\r\n\r\n")
      return write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
    }
  }
}

/// Answers requests; called from many threads at once.
public typealias Handler = @Sendable (borrowing Request) -> Response
