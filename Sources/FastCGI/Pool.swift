import POSIX

/// Threads that work on exchanges in the order in which they come.
final class Pool: @unchecked Sendable {
  // `@unchecked Sendable` because `waiting` and `isStopping` are protected by `lock`, and `threads`
  // belongs to whoever starts and joins them.

  private let lane: Lane
  private let work: @Sendable (Exchange) -> Void
  private let lock = Lock()
  private let arrival: Condition
  private var waiting: [Exchange] = []
  private var isStopping = false
  private var threads: [Thread] = []
  /// Enough for what libfcgi and the handlers nest.
  private static let stackSize = 512 * 1024

  init(_ lane: Lane, _ work: @escaping @Sendable (Exchange) -> Void) {
    self.lane = lane
    self.work = work
    arrival = Condition(lock)
  }

  var hasEnded: Bool { threads.allSatisfy(\.hasEnded) }

  /// - Throws: `SystemError` when the system refuses a thread; those started go on.
  func start() throws(SystemError) {
    for _ in 0..<lane.threadCount {
      threads.append(try Thread(stackSize: Self.stackSize) { [self] in run() })
    }
  }

  /// Takes over an exchange, which has been taken out of the event loop's hands.
  ///
  /// - Returns: whether there was room for it.
  func take(_ exchange: Exchange) -> Bool {
    let hasRoom = lock.whileHeld {
      guard waiting.count < lane.capacity else { return false }
      waiting.append(exchange)
      return true
    }
    if hasRoom { arrival.signal() }
    return hasRoom
  }

  /// Lets the threads end when nothing waits.
  func stop() {
    lock.whileHeld { isStopping = true }
    arrival.broadcast()
  }

  func join() {
    for thread in threads { thread.join() }
    threads = []
  }

  private func run() {
    while let exchange = next() { work(exchange) }
  }

  private func next() -> Exchange? {
    lock.whileHeld {
      while waiting.isEmpty {
        if isStopping { return nil }
        arrival.wait()
      }
      return waiting.removeFirst()
    }
  }
}
