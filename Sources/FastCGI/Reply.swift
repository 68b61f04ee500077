/// Where the answer to a request goes; it is sent once.
public struct Reply: ~Copyable {
  private let exchange: Exchange
  private let isHead: Bool
  private let drain: () -> Void

  init(_ exchange: Exchange, isHead: Bool, drain: @escaping () -> Void) {
    self.exchange = exchange
    self.isHead = isHead
    self.drain = drain
  }

  /// Sends the answer, once what is left of a streamed body has been read.
  public consuming func send(_ response: Response) {
    drain()
    exchange.send(response, isHead: isHead)
  }

  /// Lets the answer be sent later, from any thread.
  ///
  /// - Returns: what sends it, to be called once.
  /// - Precondition: the body is not a stream.
  public consuming func deferred() -> @Sendable (Response) -> Void {
    let (exchange, isHead) = (exchange, isHead)
    return { exchange.send($0, isHead: isHead) }
  }
}

/// Answers requests; called from many threads at once.
public typealias ReplyingHandler = @Sendable (borrowing Request, consuming Reply) -> Void
