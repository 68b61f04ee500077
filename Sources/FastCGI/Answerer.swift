import CFastCGI

/// How a request whose parameters have been read is answered.
struct Answerer: Sendable {
  let maximumBodySize: Int
  let treatment: TreatmentChoice
  let handler: ReplyingHandler
  /// Answers what finds no room in its lane.
  let refusal: Handler
  let settle: @Sendable () -> Void

  /// The lane of an exchange whose parameters have been read.
  func lane(of exchange: Exchange) -> Int {
    let parameters = exchange.request.pointee.envp!
    return treatment(Self.request(parameters, RequestHead(parameters))).lane
  }

  /// Calls the handler with a request that libfcgi has not read yet.
  func answer(_ request: borrowing Request, on exchange: Exchange) {
    handler(request, Reply(exchange, isHead: request.head.isHead, drain: {}))
  }

  /// Reads the body of an exchange and calls the handler.
  ///
  /// - Returns: whether it was long, so that the memory for it may be worth giving back.
  func answer(_ exchange: Exchange) -> Bool {
    let parameters = exchange.request.pointee.envp!
    let head = RequestHead(parameters)
    let next = Self.input(of: exchange)
    let isStreamed = treatment(Self.request(parameters, head)).reading == .streamed
    let body: Request.Body =
      isStreamed
      ? .stream(BodyStream(length: head.contentLength, next))
      : BodyReader(maximumSize: maximumBodySize).read(head.contentLength, next)
    // On a connection that broke off nobody waits for an answer.
    guard FCGX_GetError(exchange.request.pointee.in) == 0 else {
      exchange.finish()
      return false
    }
    let drain = { if isStreamed { BodyReader.drain(next) } }
    handler(
      Request(
        environment: parameters, head: head, body: body, connection: exchange.descriptor),
      Reply(exchange, isHead: head.isHead, drain: drain))
    return head.contentLength ?? 0 > Self.longBody
  }

  /// Bodies of more bytes than this are long.
  private static let longBody = 1 << 18

  /// Passes over the body of an exchange and says that there is no room for it.
  func refuse(_ exchange: Exchange) {
    BodyReader.drain(Self.input(of: exchange))
    guard FCGX_GetError(exchange.request.pointee.in) == 0 else {
      exchange.finish()
      return
    }
    let parameters = exchange.request.pointee.envp!
    let request = Self.request(parameters, RequestHead(parameters))
    exchange.send(refusal(request), isHead: request.head.isHead)
  }

  /// A request without its body.
  private static func request(_ parameters: FCGX_ParamArray, _ head: RequestHead) -> Request {
    Request(environment: parameters, head: head, body: .whole([]))
  }

  /// Fills a buffer with what comes of a body.
  private static func input(
    of exchange: Exchange
  ) -> (UnsafeMutableRawBufferPointer) -> Int {
    { buffer in
      Int(FCGX_GetStr(buffer.baseAddress, Int32(buffer.count), exchange.request.pointee.in))
    }
  }
}
