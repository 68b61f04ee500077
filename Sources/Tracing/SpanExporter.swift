import Linux
import POSIX
import Synchronization

/// Sends spans to the collector, in batches and from a thread of its own.
final class SpanExporter: @unchecked Sendable {
  // `@unchecked Sendable` because `pause` and `isFailing` belong to the thread, and `thread` to whoever makes and
  // stops this.

  /// How often a batch is tried.
  private static let tries = 3
  /// How long is waited before the next try, in milliseconds; doubled each time it fails.
  private static let (shortestPause, longestPause) = (1000, 30_000)

  private let settings: TracingSettings
  private let report: @Sendable (Tracer.Event) -> Void
  private let queue: SpanQueue
  private let alarm: Alarm
  private let isStopping = Atomic(false)
  /// When the thread has to be done, in milliseconds of the clock.
  private let deadline = Atomic(Int.max)
  private var thread: Thread?
  private var pause = shortestPause
  private var isFailing = false

  /// - Throws: `SystemError` when the system refuses the thread.
  init(
    _ settings: TracingSettings, _ report: @escaping @Sendable (Tracer.Event) -> Void
  ) throws(SystemError) {
    self.settings = settings
    self.report = report
    queue = SpanQueue(capacity: settings.queueSize)
    alarm = try Alarm()
    thread = try Thread { [self] in run() }
  }

  /// Takes a span; when there is no room, it is counted and gone.
  func take(_ span: RequestSpan) {
    guard let count = queue.put(span) else {
      report(.noRoom(span.count))
      return
    }
    if count % settings.batchSize == 0 { alarm.ring() }
  }

  /// Sends what waits, as far as there is time, and ends the thread.
  func stop(within milliseconds: Int) {
    deadline.store(Self.now + milliseconds, ordering: .relaxed)
    isStopping.store(true, ordering: .releasing)
    alarm.ring()
    // A look for the collector's address cannot be broken off; the process ends without it.
    while thread?.hasEnded == false, timeLeft > -Self.grace { usleep(1000) }
    thread = nil
  }

  /// How much longer than its time the thread is waited for, to count what it could not send.
  private static let grace = 100

  private func run() {
    while true {
      let isLast = isStopping.load(ordering: .acquiring)
      while let batch = nextBatch() { send(batch) }
      if isLast { return }
      alarm.wait(milliseconds: settings.delay)
    }
  }

  private func nextBatch() -> [RequestSpan]? {
    var batch: [RequestSpan] = []
    while batch.count < settings.batchSize, let span = queue.take() { batch.append(span) }
    return batch.isEmpty ? nil : batch
  }

  private func send(_ batch: [RequestSpan]) {
    let count = batch.reduce(0) { $0 + $1.count }
    let bytes = ProtobufWriter(batch, of: settings.resource).bytes
    for number in 1...Self.tries {
      let end = Self.now + settings.timeout
      switch settings.collector.send(bytes, time: { min(end - Self.now, timeLeft) }) {
      case .taken:
        pause = Self.shortestPause
        if isFailing { report(.recovered) }
        isFailing = false
        report(.sent(count))
        return
      case .refused(let reason):
        tell(reason)
        report(.notTaken(count))
        return
      case .unavailable(let reason, let seconds):
        tell(reason)
        guard number < Self.tries, timeLeft > 0 else { break }
        rest(seconds.map { min($0, Self.longestPause / 1000) * 1000 } ?? pause)
        pause = min(2 * pause, Self.longestPause)
      }
    }
    report(.notTaken(count))
  }

  private func tell(_ reason: String) {
    if !isFailing { report(.failing(reason)) }
    isFailing = true
  }

  /// Waits, but not when there is no time to.
  private func rest(_ milliseconds: Int) {
    let end = Self.now + milliseconds
    while Self.now < end, !isStopping.load(ordering: .acquiring) { usleep(20_000) }
  }

  private var timeLeft: Int { deadline.load(ordering: .relaxed) - Self.now }

  /// Milliseconds of a clock that cannot be set.
  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
