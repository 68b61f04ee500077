import Linux
import POSIX
import Synchronization

/// The threads that read and answer the requests that may take their time, each kind by itself.
final class Lanes: Sendable {
  /// For requests that only libfcgi may read, and may wait for: they hold up one another alone.
  private static let reading = Lane(threadCount: 2, capacity: 1024)
  /// For those that find no room; it takes no longer than reading what they have sent.
  private static let refusing = Lane(threadCount: 1, capacity: 1024)

  private let answerer: Answerer
  private let pools: [Pool]
  private let refusals: Pool
  private let readers: Pool

  init(_ lanes: [Lane], _ answerer: Answerer) {
    self.answerer = answerer
    let pools = lanes.map { lane in
      Pool(lane) { exchange in
        let wasLong = answerer.answer(exchange)
        answerer.settle()
        if wasLong { Memory.giveBack() }
      }
    }
    let refusals = Pool(Self.refusing) { answerer.refuse($0) }
    self.pools = pools
    self.refusals = refusals
    readers = Pool(Self.reading) { exchange in
      let isRequest = exchange.accept()
      exchange.isReading.store(false, ordering: .releasing)
      if isRequest {
        Self.hand(exchange, to: pools[answerer.lane(of: exchange)], or: refusals)
      } else {
        exchange.finish()
      }
    }
  }

  private var all: [Pool] { pools + [refusals, readers] }

  var hasEnded: Bool { all.allSatisfy(\.hasEnded) }

  /// - Throws: `SystemError` when the system refuses a thread; those started go on.
  func start() throws(SystemError) {
    for pool in all { try pool.start() }
  }

  /// Answers an exchange, which has been taken and whose parameters have been read.
  func answer(_ exchange: Exchange) {
    Self.hand(exchange, to: pools[answerer.lane(of: exchange)], or: refusals)
  }

  /// Reads an exchange, which has been taken, and answers it.
  func read(_ exchange: Exchange) {
    exchange.isReading.store(true, ordering: .releasing)
    if !readers.take(exchange) { exchange.drop() }
  }

  private static func hand(_ exchange: Exchange, to pool: Pool, or refusals: Pool) {
    if !pool.take(exchange), !refusals.take(exchange) { exchange.drop() }
  }

  /// Lets the threads end when nothing waits.
  func stop() {
    for pool in all { pool.stop() }
  }

  func join() {
    for pool in all { pool.join() }
  }
}
