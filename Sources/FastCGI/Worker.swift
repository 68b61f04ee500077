import CFastCGI
import Glibc
import Synchronization

/// What tells the threads of a server to end.
final class StopFlag: Sendable {
  let isSet = Atomic(false)
}

/// One thread that accepts, answers and begins again.
final class Worker: @unchecked Sendable {
  // `@unchecked Sendable` because the exchanges belong to the thread, but for the descriptor that
  // `wake` reads, and `thread` is written before anybody can wake or join it.
  static let wakeSignal = SIGUSR2
  private static let stackSize = 512 * 1024

  private enum State: UInt8, AtomicRepresentable {
    case waiting
    case answering
    case ended
  }

  private let maximumBodySize: Int
  private let streams: StreamChoice
  private let handler: ReplyingHandler
  private let stop: StopFlag
  /// The one that takes requests, and others that may still wait for their answers.
  private let exchanges: [Exchange]
  private let current = Atomic(0)
  private var thread: pthread_t?
  private let state = Atomic(State.ended)

  init(
    _ descriptor: Int32, maximumBodySize: Int, _ stop: StopFlag,
    streams: @escaping StreamChoice, _ handler: @escaping ReplyingHandler
  ) {
    self.maximumBodySize = maximumBodySize
    self.streams = streams
    self.handler = handler
    self.stop = stop
    exchanges = (0..<2).map { _ in Exchange(listening: descriptor) }
  }

  private var exchange: Exchange { exchanges[current.load(ordering: .acquiring)] }

  var hasEnded: Bool { state.load(ordering: .acquiring) == .ended }

  func start() throws(SystemFailure) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    state.store(.waiting, ordering: .releasing)
    let retained = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, &attributes,
      { context in
        Unmanaged<Worker>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, retained.toOpaque())
    guard failure == 0 else {
      retained.release()
      state.store(.ended, ordering: .releasing)
      errno = failure
      throw SystemFailure("pthread_create", "a server thread")
    }
    self.thread = thread
  }

  /// Gets the thread out of waiting for a connection or for a request on a kept connection. What has
  /// already arrived is still read and answered.
  func wake() {
    guard state.load(ordering: .acquiring) == .waiting, let thread else { return }
    let connection = exchange.request.pointee.ipcFd
    if connection >= 0 {
      shutdown(connection, Int32(SHUT_RD))
    } else {
      pthread_kill(thread, Self.wakeSignal)
    }
  }

  func join() {
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  private func run() {
    defer { state.store(.ended, ordering: .releasing) }
    // Whoever started this thread may have blocked the signal.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, Self.wakeSignal)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    while !stop.isSet.load(ordering: .acquiring) || hasRequestWaiting() {
      let result = FCGX_Accept_r(exchange.request)
      if result == 0 {
        state.store(.answering, ordering: .releasing)
        answer()
        state.store(.waiting, ordering: .releasing)
      } else if result != -EINTR {
        // Out of descriptors or memory: others give theirs back while this thread waits.
        usleep(20_000)
      }
    }
    for exchange in exchanges {
      // Answers that are still to come go out first.
      while exchange.isDetached { usleep(500) }
      FCGX_Free(exchange.request, 1)
    }
  }

  /// Whether the kept connection holds a request that has come before it could be told that no more
  /// are taken.
  private func hasRequestWaiting() -> Bool {
    let connection = exchange.request.pointee.ipcFd
    guard connection >= 0 else { return false }
    shutdown(connection, Int32(SHUT_RD))
    var byte: UInt8 = 0
    return recv(connection, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
  }

  private func answer() {
    let exchange = exchange
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
    handler(
      request,
      Reply(exchange, isHead: request.isHead, drain: { if isStreamed { BodyReader.drain(next) } }) {
        self.detach(exchange)
      })
  }

  /// Lets another exchange take the connection's next request.
  private func detach(_ exchange: Exchange) -> Bool {
    let index = (current.load(ordering: .relaxed) + 1) % exchanges.count
    // Its answer has been sent, or this connection would have had no further request; what is left
    // of that is a moment's work.
    while exchanges[index].isDetached { sched_yield() }
    guard exchange.detach(to: exchanges[index]) else { return false }
    current.store(index, ordering: .releasing)
    return true
  }
}
