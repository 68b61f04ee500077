import CFastCGI
public import POSIX

/// Answers FastCGI requests from a listening socket: what takes a moment on one thread, everything
/// else on a fixed number of others, each kind in a lane of its own.
public final class Server: @unchecked Sendable {
  // `@unchecked Sendable` because `loopThread` is written by `start` before anybody can stop it.

  let listener: Listener
  private let lanes: Lanes
  private let loop: EventLoop
  private var loopThread: Thread?

  /// Prepares the threads.
  ///
  /// - Parameters:
  ///   - threadCount: how many requests are answered at once, beside the brief ones; any number waits.
  ///   - maximumBodySize: bodies longer than this many bytes are read and dropped.
  ///   - patience: for so many seconds a thread waits for more of a request, or for any of its answer
  ///     to be taken.
  ///   - treatment: how each request is to be answered; the server reads what a handler leaves of a
  ///     streamed body.
  ///   - handler: called on many threads at once.
  /// - Throws: `SystemError` when the process has no descriptor left.
  public convenience init(
    _ listener: Listener, threadCount: Int, maximumBodySize: Int,
    patience: Int = 30, treatment: @escaping TreatmentChoice = { _ in .whole },
    handler: @escaping Handler
  ) throws(SystemError) {
    try self.init(
      listener, lanes: [Lane(threadCount: threadCount)], maximumBodySize: maximumBodySize,
      patience: patience, treatment: treatment,
      replyingHandler: { request, reply in reply.send(handler(request)) })
  }

  /// Prepares the threads for a handler that may let answers come later.
  ///
  /// - Parameters:
  ///   - lanes: for the requests that are not brief, by the numbers that `treatment` gives.
  ///   - refusal: answers a request that finds no room in its lane; its body has been dropped.
  ///   - settle: called after the handlers of requests that came together have returned, to do for
  ///     all of them what is left, for example to send what was deferred.
  /// - Throws: `SystemError` when the process has no descriptor left.
  public init(
    _ listener: Listener, lanes: [Lane], maximumBodySize: Int, patience: Int = 30,
    treatment: @escaping TreatmentChoice = { _ in .whole },
    replyingHandler: @escaping ReplyingHandler,
    refusal: @escaping Handler = { _ in Response(status: 503) },
    settle: @escaping @Sendable () -> Void = {}
  ) throws(SystemError) {
    Self.initializeLibrary
    self.listener = listener
    let answerer = Answerer(
      maximumBodySize: maximumBodySize, treatment: treatment, handler: replyingHandler,
      refusal: refusal, settle: settle)
    self.lanes = Lanes(lanes, answerer)
    loop = try EventLoop(listener, answerer, self.lanes, patience: patience)
  }

  /// Starts the threads.
  ///
  /// - Throws: `SystemError` when the system refuses one; those started go on.
  public func start() throws(SystemError) {
    try lanes.start()
    loopThread = try Thread { [loop] in loop.run() }
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
    lanes.stop()
    while !lanes.hasEnded {
      if ContinuousClock.now > deadline { return false }
      usleep(1000)
    }
    lanes.join()
    return true
  }

  /// libfcgi's own initialisation, once a process.
  private static let initializeLibrary: Void = {
    // A client that does not close would otherwise hold a thread for two seconds.
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0)
    FCGX_Init()
  }()
}
