import CFastCGI
import Glibc
import Synchronization

/// Answers FastCGI requests from a listening socket on a fixed number of threads.
///
/// A connection that the web server keeps open holds one thread, idle or not, so there must be more
/// threads than kept connections.
public final class Server: Sendable {
  let listener: Listener
  private let workers: [Worker]
  private let stop = StopFlag()

  /// Prepares the threads.
  ///
  /// - Parameters:
  ///   - maximumBodySize: bodies longer than this many bytes are read and dropped.
  ///   - streams: which requests have handlers that read the body themselves, piece by piece; the
  ///     server reads what they leave.
  ///   - handler: called on many threads at once.
  public convenience init(
    _ listener: Listener, threadCount: Int, maximumBodySize: Int,
    streams: @escaping StreamChoice = { _ in false }, handler: @escaping Handler
  ) {
    self.init(
      listener, threadCount: threadCount, maximumBodySize: maximumBodySize, streams: streams,
      replyingHandler: { request, reply in reply.send(handler(request)) })
  }

  /// Prepares the threads for a handler that may let answers come later.
  public init(
    _ listener: Listener, threadCount: Int, maximumBodySize: Int,
    streams: @escaping StreamChoice = { _ in false }, replyingHandler: @escaping ReplyingHandler
  ) {
    precondition(threadCount > 0, "a server needs a thread")
    Self.initializeLibrary
    self.listener = listener
    let stop = stop
    workers = (0..<threadCount).map { _ in
      Worker(
        listener.descriptor, maximumBodySize: maximumBodySize, stop, streams: streams,
        replyingHandler)
    }
  }

  /// Starts the threads.
  ///
  /// - Throws: `SystemFailure` when the system refuses one; those started go on.
  public func start() throws(SystemFailure) {
    for worker in workers { try worker.start() }
  }

  /// Stops accepting, lets the requests in flight be answered and ends the threads.
  ///
  /// The listening socket is left as it is: under a supervisor other processes share it, and shutting
  /// it down would end their service too. For the same reason libfcgi's `FCGX_ShutdownPending` is not
  /// used: it works for the whole process, and wakes nobody.
  ///
  /// - Returns: whether all threads ended within the time.
  public func stop(within limit: Duration) -> Bool {
    stop.isSet.store(true, ordering: .releasing)
    let deadline = ContinuousClock.now + limit
    while workers.contains(where: { !$0.hasEnded }) {
      if ContinuousClock.now > deadline { return false }
      // Again and again, because a thread may have been on its way into the call that blocks.
      for worker in workers { worker.wake() }
      usleep(2000)
    }
    for worker in workers { worker.join() }
    return true
  }

  /// libfcgi's own initialisation, once a process.
  private static let initializeLibrary: Void = {
    // A client that does not close would otherwise hold a thread for two seconds.
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0)
    FCGX_Init()
    // The signal that wakes a thread out of `accept` does nothing else.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(Worker.wakeSignal, &action, nil)
  }()
}
