import CFastCGI
import Glibc
import Synchronization

/// A request on its way to its answer: libfcgi's state of it.
final class Exchange: @unchecked Sendable {
  // `@unchecked Sendable` because it belongs to its worker's thread until it is detached, then to
  // whoever sends its answer, and to the worker again once `isDetached` says so.

  /// Allocated once and never moved: libfcgi's streams keep its address.
  let request: UnsafeMutablePointer<FCGX_Request>
  /// Whether an answer is still to come from another thread.
  private let detached = Atomic(false)

  init(listening descriptor: Int32) {
    request = .allocate(capacity: 1)
    FCGX_InitRequest(request, descriptor, FCGI_FAIL_ACCEPT_ON_INTR)
  }

  deinit { request.deallocate() }

  var isDetached: Bool { detached.load(ordering: .acquiring) }

  /// Lets the answer come later and from any thread, while `next` takes over the connection.
  ///
  /// - Returns: false when the system has no descriptor left; the answer must then come now.
  func detach(to next: Exchange) -> Bool {
    next.request.pointee.keepConnection = request.pointee.keepConnection
    if request.pointee.keepConnection != 0 {
      // A descriptor of its own: the connection may be closed, and its number given to another,
      // before this answer is sent.
      let own = fcntl(request.pointee.ipcFd, F_DUPFD_CLOEXEC, 0)
      guard own >= 0 else { return false }
      next.request.pointee.ipcFd = request.pointee.ipcFd
      request.pointee.ipcFd = own
    }
    detached.store(true, ordering: .releasing)
    return true
  }

  /// Sends the answer and ends the request.
  func send(_ response: Response, isHead: Bool) {
    response.send(isHead: isHead) { bytes in
      // A client that has gone away is nobody's fault; nothing else can be told to it.
      FCGX_PutStr(bytes.baseAddress, Int32(bytes.count), request.pointee.out) == bytes.count
    }
    finish()
  }

  /// Ends the request.
  func finish() {
    FCGX_Finish_r(request)
    guard detached.load(ordering: .relaxed) else { return }
    if request.pointee.ipcFd >= 0 { close(request.pointee.ipcFd) }
    request.pointee.ipcFd = -1
    detached.store(false, ordering: .releasing)
  }
}

/// Where the answer to a request goes; it is sent once.
public struct Reply: ~Copyable {
  private let exchange: Exchange
  private let isHead: Bool
  private let drain: () -> Void
  private let detach: () -> Bool

  init(
    _ exchange: Exchange, isHead: Bool, drain: @escaping () -> Void,
    detach: @escaping () -> Bool
  ) {
    self.exchange = exchange
    self.isHead = isHead
    self.drain = drain
    self.detach = detach
  }

  /// Sends the answer, once what is left of a streamed body has been read.
  public consuming func send(_ response: Response) {
    drain()
    exchange.send(response, isHead: isHead)
  }

  /// Lets the answer be sent later, from any thread, while this one takes the next request of the
  /// connection.
  ///
  /// - Returns: what sends it, to be called once; nil when that is impossible at the moment, and the
  ///   answer is to be sent by `send`.
  /// - Precondition: the body is not a stream.
  public func deferred() -> (@Sendable (Response) -> Void)? {
    guard detach() else { return nil }
    let (exchange, isHead) = (exchange, isHead)
    return { exchange.send($0, isHead: isHead) }
  }
}

/// Answers requests; called from many threads at once.
public typealias ReplyingHandler = @Sendable (borrowing Request, consuming Reply) -> Void
