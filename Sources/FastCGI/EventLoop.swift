import Linux
import POSIX
import Synchronization

/// Waits for what comes on all connections at once and answers what takes a moment; what may take
/// longer, or has a body that has not arrived whole, goes to its lane.
///
/// One thread that answers what has come together spends less on waking others than on answering,
/// and a kept connection costs no thread while it is idle.
final class EventLoop: @unchecked Sendable {
  // `@unchecked Sendable` because everything but `isStopping` belongs to the thread that runs it.

  /// How long a process without descriptors or memory waits before it accepts again, in ms.
  private static let accepterRest: Int32 = 20
  /// The most connections accepted at a time; what is beyond is left to other processes.
  private static let acceptCount = 16

  private let listener: Listener
  private let answerer: Answerer
  private let lanes: Lanes
  private let epoll: Epoll
  /// Ends the waiting.
  private let alarm: Alarm
  private let pending = PendingInput()
  private var exchanges: [Int32: Exchange] = [:]
  private var isAccepting = false
  private let isStopping = Atomic(false)

  /// How long a thread waits for more of what has begun, or for its answer to be taken, in seconds.
  private let patience: Int

  init(
    _ listener: Listener, _ answerer: Answerer, _ lanes: Lanes, patience: Int
  ) throws(SystemError) {
    self.listener = listener
    self.answerer = answerer
    self.lanes = lanes
    self.patience = patience
    epoll = try Epoll()
    alarm = try Alarm()
    epoll.watch(alarm.number)
  }

  /// Lets `run` return when what has arrived is answered.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    alarm.ring()
  }

  func run() {
    accept(true)
    while true {
      let isStopping = isStopping.load(ordering: .acquiring)
      if isStopping, endIdleConnections() { break }
      let limit = isStopping ? 2 : isAccepting ? -1 : Self.accepterRest
      // What makes accepting rest in this turn must not begin it again.
      let hasRested = !isAccepting
      let hasCome = epoll.wait(limit: limit) { handle($0, isStopping) }
      if hasRested, !isStopping { accept(true) }
      // For all of them, so that they share what it costs.
      if hasCome { answerer.settle() }
    }
  }

  private func handle(_ descriptor: Int32, _ isStopping: Bool) {
    if descriptor == listener.descriptor {
      for _ in 0..<Self.acceptCount where !isStopping {
        guard acceptConnection() else { break }
      }
    } else if descriptor == alarm.number {
      epoll.unwatch(descriptor)
    } else if let exchange = exchanges[descriptor] {
      serve(exchange)
    }
  }

  /// Accepts a connection.
  ///
  /// - Returns: whether there was one.
  private func acceptConnection() -> Bool {
    let connection = POSIX.accept(listener.descriptor, nil, nil)
    guard connection >= 0 else {
      // Another process may have taken it. Without descriptors or memory others must give theirs
      // back first.
      if errno != EAGAIN, errno != EINTR, errno != ECONNABORTED { accept(false) }
      return false
    }
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    let exchange = Exchange(connection, patience: patience)
    exchanges[connection] = exchange
    guard epoll.watch(connection) else {
      close(exchange)
      return true
    }
    // Its first request is mostly there already.
    serve(exchange)
    return true
  }

  private func serve(_ exchange: Exchange) {
    // Between its answer and the end of its request, or while another thread commits it; the event
    // comes again.
    guard !exchange.isTaken else {
      sched_yield()
      return
    }
    if exchange.isClosed {
      exchanges[exchange.descriptor] = nil
      return
    }
    switch pending.look(at: exchange.descriptor) {
    case .none: break
    case .end: close(exchange)
    case .part: waitForMore(exchange)
    case .other: handOver(exchange) { lanes.read(exchange) }
    case .request:
      if exchange.isPartial {
        exchange.isPartial = false
        epoll.watch(exchange.descriptor, onlyChanges: false)
      }
      if let request = pending.shortRequest(maximumBodySize: answerer.maximumBodySize),
        answerer.treatment(request).reading == .brief
      {
        exchange.take()
        answerer.answer(request, on: exchange)
      } else if exchange.accept() {
        handOver(exchange) { lanes.answer(exchange) }
      } else {
        exchanges[exchange.descriptor] = nil
      }
    }
  }

  /// Half a head costs no thread, and is looked at again when there is more of it.
  private func waitForMore(_ exchange: Exchange) {
    if Peer.sendsNoMore(exchange.descriptor) {
      close(exchange)
    } else if !exchange.isPartial {
      exchange.isPartial = true
      epoll.watch(exchange.descriptor, onlyChanges: true)
    }
  }

  private func handOver(_ exchange: Exchange, to lane: () -> Void) {
    epoll.unwatch(exchange.descriptor)
    // It is watched anew when it comes back, and told of for as long as there is anything.
    exchange.isPartial = false
    exchange.take { [self, unowned exchange] in
      if !exchange.isClosed { epoll.watch(exchange.descriptor) }
    }
    lane()
  }

  private func close(_ exchange: Exchange) {
    exchanges[exchange.descriptor] = nil
    exchange.close()
  }

  /// Takes no further requests, but those that have come before that could be told.
  ///
  /// - Returns: whether all have been answered.
  private func endIdleConnections() -> Bool {
    if isAccepting { accept(false) }
    for exchange in exchanges.values {
      if exchange.isTaken {
        if exchange.isReading.load(ordering: .acquiring) { exchange.stopReading() }
      } else if exchange.isClosed {
        exchanges[exchange.descriptor] = nil
      } else {
        exchange.stopReading()
      }
    }
    return exchanges.isEmpty
  }

  private func accept(_ accepts: Bool) {
    guard accepts != isAccepting else { return }
    isAccepting = accepts
    if accepts {
      // Of several processes on the socket one is woken.
      epoll.watch(listener.descriptor, isExclusive: true)
    } else {
      epoll.unwatch(listener.descriptor)
    }
  }
}
