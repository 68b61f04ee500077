import POSIX
import Synchronization

/// Threads that read and answer the requests that may take their time.
final class Pool: @unchecked Sendable {
  // `@unchecked Sendable` because `waiting` and `isStopping` are protected by `lock`, and `threads`
  // belongs to whoever starts and joins them.

  private let answerer: Answerer
  private let lock = Lock()
  private let arrival: Condition
  private var waiting: [(exchange: Exchange, isAccepted: Bool)] = []
  private var isStopping = false
  private var threads: [Thread] = []
  /// Enough for what libfcgi and the handlers nest.
  private static let stackSize = 512 * 1024

  init(_ answerer: Answerer) {
    self.answerer = answerer
    arrival = Condition(lock)
  }

  var hasEnded: Bool { threads.allSatisfy(\.hasEnded) }

  /// - Throws: `SystemError` when the system refuses a thread; those started go on.
  func start(_ count: Int) throws(SystemError) {
    for _ in 0..<count {
      threads.append(try Thread(stackSize: Self.stackSize) { [self] in run() })
    }
  }

  /// Hands an exchange over, which has been taken.
  ///
  /// - Parameter isAccepted: whether its parameters have been read.
  func answer(_ exchange: Exchange, isAccepted: Bool) {
    if !isAccepted { exchange.isReading.store(true, ordering: .releasing) }
    lock.whileHeld { waiting.append((exchange, isAccepted)) }
    arrival.signal()
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
    while let (exchange, isAccepted) = next() {
      if !isAccepted {
        let isRequest = exchange.accept()
        exchange.isReading.store(false, ordering: .releasing)
        guard isRequest else {
          exchange.finish()
          continue
        }
      }
      answerer.answer(exchange)
      answerer.settle()
    }
  }

  private func next() -> (exchange: Exchange, isAccepted: Bool)? {
    lock.whileHeld {
      while waiting.isEmpty {
        if isStopping { return nil }
        arrival.wait()
      }
      return waiting.removeFirst()
    }
  }
}
