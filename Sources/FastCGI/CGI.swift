import CFastCGI
import Glibc

/// Answering one request as a plain CGI program (RFC 3875): parameters from the environment, the body
/// from standard input, the response to standard output.
public enum CGI {
  /// Whether a web server has started this process as a CGI program.
  public static var isRequested: Bool {
    getenv("GATEWAY_INTERFACE") != nil && getenv("REQUEST_METHOD") != nil
  }

  /// Answers the request.
  ///
  /// - Throws: `SystemFailure` when the response cannot be written.
  public static func answer(
    maximumBodySize: Int, streams: StreamChoice = { _ in false }, handler: Handler
  ) throws(SystemFailure) {
    let length = BodyReader.statedLength(getenv("CONTENT_LENGTH"))
    // A CGI program must not read past the stated length: the input need not end there.
    var left = length ?? 0
    let next = { (buffer: UnsafeMutableRawBufferPointer) in
      guard left > 0 else { return 0 }
      let count = retrying { read(STDIN_FILENO, buffer.baseAddress, min(buffer.count, left)) }
      left -= max(count, 0)
      return count
    }
    let body: Request.Body =
      streams(Request(environment: environ, body: .whole([])))
      ? .stream(BodyStream(length: length, next))
      : BodyReader(maximumSize: maximumBodySize).read(length, next)
    let request = Request(environment: environ, body: body)
    var isWritten = true
    handler(request).send(isHead: request.isHead) { bytes in
      isWritten = write(bytes)
      return isWritten
    }
    guard isWritten else { throw SystemFailure("write", "the CGI response") }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = retrying { Glibc.write(STDOUT_FILENO, rest.baseAddress!, rest.count) }
      guard count >= 0 else { return false }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    return true
  }

  /// Repeats a system call that a signal has interrupted.
  private static func retrying(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }
}
