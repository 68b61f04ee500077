import Glibc
import Synchronization

/// Threads that read and answer the requests that may take their time.
final class Pool: @unchecked Sendable {
  // `@unchecked Sendable` because `waiting` and `isStopping` are protected by `lock`, and `threads`
  // belongs to whoever starts and joins them.

  private let answerer: Answerer
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let arrival: UnsafeMutablePointer<pthread_cond_t>
  private var waiting: [(exchange: Exchange, isAccepted: Bool)] = []
  private var isStopping = false
  private var threads: [ServerThread] = []

  init(_ answerer: Answerer) {
    self.answerer = answerer
    lock = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    arrival = .allocate(capacity: 1)
    pthread_cond_init(arrival, nil)
  }

  deinit {
    pthread_cond_destroy(arrival)
    arrival.deallocate()
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  var hasEnded: Bool { threads.allSatisfy(\.hasEnded) }

  /// - Throws: `SystemFailure` when the system refuses a thread; those started go on.
  func start(_ count: Int) throws(SystemFailure) {
    for _ in 0..<count {
      threads.append(try ServerThread { [self] in run() })
    }
  }

  /// Hands an exchange over, which has been taken.
  ///
  /// - Parameter isAccepted: whether its parameters have been read.
  func answer(_ exchange: Exchange, isAccepted: Bool) {
    if !isAccepted { exchange.isReading.store(true, ordering: .releasing) }
    pthread_mutex_lock(lock)
    waiting.append((exchange, isAccepted))
    pthread_mutex_unlock(lock)
    pthread_cond_signal(arrival)
  }

  /// Lets the threads end when nothing waits.
  func stop() {
    pthread_mutex_lock(lock)
    isStopping = true
    pthread_mutex_unlock(lock)
    pthread_cond_broadcast(arrival)
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
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while waiting.isEmpty {
      if isStopping { return nil }
      pthread_cond_wait(arrival, lock)
    }
    return waiting.removeFirst()
  }
}
