import CFastCGI
public import POSIX

/// Answering one request as a plain CGI program (RFC 3875): parameters from the environment, the body
/// from standard input, the response to standard output.
public enum CGI {
  /// Whether a web server has started this process as a CGI program.
  public static var isRequested: Bool {
    getenv("GATEWAY_INTERFACE") != nil && getenv("REQUEST_METHOD") != nil
  }

  /// Answers the request.
  ///
  /// - Throws: `SystemError` when the response cannot be written.
  public static func answer(
    maximumBodySize: Int, treatment: TreatmentChoice = { _ in .whole }, handler: Handler
  ) throws(SystemError) {
    let head = RequestHead(environ)
    // A CGI program must not read past the stated length: the input need not end there.
    var left = head.contentLength ?? 0
    let next = { (buffer: UnsafeMutableRawBufferPointer) in
      guard left > 0 else { return 0 }
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, left)])
      let count = (try? FileDescriptor.standardInput.read(into: part)) ?? 0
      left -= count
      return count
    }
    let bare = Request(environment: environ, head: head, body: .whole([]))
    let body: Request.Body =
      treatment(bare).reading == .streamed
      ? .stream(BodyStream(length: head.contentLength, next))
      : BodyReader(maximumSize: maximumBodySize).read(head.contentLength, next)
    var failure: SystemError?
    handler(Request(environment: environ, head: head, body: body)).send(isHead: head.isHead) {
      bytes in
      do throws(SystemError) {
        try FileDescriptor.standardOutput.write(bytes)
      } catch {
        failure = error
      }
      return failure == nil
    }
    if let failure { throw failure }
  }
}
