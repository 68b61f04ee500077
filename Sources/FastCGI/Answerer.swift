import CFastCGI

/// How a request whose parameters have been read is answered.
struct Answerer: Sendable {
  let maximumBodySize: Int
  let streams: StreamChoice
  let isBrief: StreamChoice
  let handler: ReplyingHandler
  let settle: @Sendable () -> Void

  /// Calls the handler with a request that libfcgi has not read yet.
  func answer(_ request: borrowing Request, on exchange: Exchange) {
    handler(request, Reply(exchange, isHead: request.isHead, drain: {}))
  }

  /// Reads the body of an exchange and calls the handler.
  func answer(_ exchange: Exchange) {
    let envp = exchange.request.pointee.envp!
    let next = { (buffer: UnsafeMutableRawBufferPointer) in
      Int(FCGX_GetStr(buffer.baseAddress, Int32(buffer.count), exchange.request.pointee.in))
    }
    let length = BodyReader.statedLength(FCGX_GetParam("CONTENT_LENGTH", envp))
    let isStreamed = streams(Request(environment: envp, body: .whole([])))
    let body: Request.Body =
      isStreamed
      ? .stream(BodyStream(length: length, next))
      : BodyReader(maximumSize: maximumBodySize).read(length, next)
    // On a connection that broke off nobody waits for an answer.
    guard FCGX_GetError(exchange.request.pointee.in) == 0 else {
      exchange.finish()
      return
    }
    let request = Request(environment: envp, body: body)
    let drain = { if isStreamed { BodyReader.drain(next) } }
    handler(request, Reply(exchange, isHead: request.isHead, drain: drain))
  }
}
