import CFastCGI

/// How a request whose parameters have been read is answered.
struct Answerer: Sendable {
  let maximumBodySize: Int
  let treatment: TreatmentChoice
  let handler: ReplyingHandler
  let settle: @Sendable () -> Void

  /// Calls the handler with a request that libfcgi has not read yet.
  func answer(_ request: borrowing Request, on exchange: Exchange) {
    handler(request, Reply(exchange, isHead: request.head.isHead, drain: {}))
  }

  /// Reads the body of an exchange and calls the handler.
  func answer(_ exchange: Exchange) {
    let parameters = exchange.request.pointee.envp!
    let head = RequestHead(parameters)
    let next = { (buffer: UnsafeMutableRawBufferPointer) in
      Int(FCGX_GetStr(buffer.baseAddress, Int32(buffer.count), exchange.request.pointee.in))
    }
    let isStreamed = treatment(head) == .streamed
    let body: Request.Body =
      isStreamed
      ? .stream(BodyStream(length: head.contentLength, next))
      : BodyReader(maximumSize: maximumBodySize).read(head.contentLength, next)
    // On a connection that broke off nobody waits for an answer.
    guard FCGX_GetError(exchange.request.pointee.in) == 0 else {
      exchange.finish()
      return
    }
    let drain = { if isStreamed { BodyReader.drain(next) } }
    handler(
      Request(environment: parameters, head: head, body: body),
      Reply(exchange, isHead: head.isHead, drain: drain))
  }
}
