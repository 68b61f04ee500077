import CFastCGI
import Glibc

/// Answers FastCGI requests from a listening socket: what takes a moment on one thread, everything
/// else on a fixed number of others.
public final class Server: @unchecked Sendable {
  // `@unchecked Sendable` because `loopThread` is written by `start` before anybody can stop it.

  let listener: Listener
  private let threadCount: Int
  private let pool: Pool
  private let loop: EventLoop
  private var loopThread: ServerThread?

  /// Prepares the threads.
  ///
  /// - Parameters:
  ///   - threadCount: how many requests are answered at once, beside the brief ones.
  ///   - maximumBodySize: bodies longer than this many bytes are read and dropped.
  ///   - streams: which requests have handlers that read the body themselves, piece by piece; the
  ///     server reads what they leave.
  ///   - handler: called on many threads at once.
  /// - Throws: `SystemFailure` when the process has no descriptor left.
  public convenience init(
    _ listener: Listener, threadCount: Int, maximumBodySize: Int,
    streams: @escaping StreamChoice = { _ in false }, handler: @escaping Handler
  ) throws(SystemFailure) {
    try self.init(
      listener, threadCount: threadCount, maximumBodySize: maximumBodySize, streams: streams,
      replyingHandler: { request, reply in reply.send(handler(request)) })
  }

  /// Prepares the threads for a handler that may let answers come later.
  ///
  /// - Parameters:
  ///   - isBrief: which requests are answered in far less than a millisecond and never wait: they
  ///     are all answered by one thread.
  ///   - settle: called after the handlers of requests that came together have returned, to do for
  ///     all of them what is left, for example to send what was deferred.
  /// - Throws: `SystemFailure` when the process has no descriptor left.
  public init(
    _ listener: Listener, threadCount: Int, maximumBodySize: Int,
    streams: @escaping StreamChoice = { _ in false },
    isBrief: @escaping StreamChoice = { _ in false }, replyingHandler: @escaping ReplyingHandler,
    settle: @escaping @Sendable () -> Void = {}
  ) throws(SystemFailure) {
    precondition(threadCount > 0, "a server needs a thread")
    Self.initializeLibrary
    self.listener = listener
    self.threadCount = threadCount
    let answerer = Answerer(
      maximumBodySize: maximumBodySize, streams: streams, isBrief: isBrief,
      handler: replyingHandler, settle: settle)
    pool = Pool(answerer)
    loop = try EventLoop(listener, answerer, pool)
  }

  /// Starts the threads.
  ///
  /// - Throws: `SystemFailure` when the system refuses one; those started go on.
  public func start() throws(SystemFailure) {
    try pool.start(threadCount)
    loopThread = try ServerThread { [loop] in loop.run() }
  }

  /// Stops accepting, lets the requests in flight be answered and ends the threads.
  ///
  /// The listening socket is left as it is: under a supervisor other processes share it, and shutting
  /// it down would end their service too. For the same reason libfcgi's `FCGX_ShutdownPending` is not
  /// used: it works for the whole process, and wakes nobody.
  ///
  /// - Returns: whether all threads ended within the time.
  public func stop(within limit: Duration) -> Bool {
    let deadline = ContinuousClock.now + limit
    loop.stop()
    while loopThread?.hasEnded == false {
      if ContinuousClock.now > deadline { return false }
      usleep(1000)
    }
    loopThread?.join()
    loopThread = nil
    pool.stop()
    while !pool.hasEnded {
      if ContinuousClock.now > deadline { return false }
      usleep(1000)
    }
    pool.join()
    return true
  }

  /// libfcgi's own initialisation, once a process.
  private static let initializeLibrary: Void = {
    // A client that does not close would otherwise hold a thread for two seconds.
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0)
    FCGX_Init()
  }()
}
