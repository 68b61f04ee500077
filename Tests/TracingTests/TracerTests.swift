import POSIX
import TestSupport
import Testing
@testable import Tracing

@Suite struct TracerTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

  @Test func withoutACollectorClientsTracesAreHandedOnAndNoneBegun() throws {
    let tracer = Tracer()
    #expect(tracer.begin(nil, "a=1") == nil)
    for flags in ["00", "01"] {
      let span = try #require(tracer.begin("00-\(Self.trace)-00f067aa0ba902b7-\(flags)", nil))
      #expect(span.trace == Self.trace && !span.isRecorded)
      #expect(span.id.count == 16 && span.id != "00f067aa0ba902b7")
      #expect(span.header == "00-\(Self.trace)-\(span.id)-\(flags)")
    }
    let begun = try #require(tracer.begin("00-wrong", nil))
    #expect(begun.trace.count == 32 && begun.trace != Self.trace && !begun.isRecorded)
    #expect(TraceParent(begun.header) != nil)
  }

  private func withTracer(
    _ sampler: String, _ share: String? = nil, _ body: (Tracer) throws -> Void
  ) throws {
    let variables = [
      "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_SAMPLER": sampler,
      "OTEL_TRACES_SAMPLER_ARG": share,
    ]
    let settings = try #require(try TracingSettings { variables[$0] ?? nil })
    let tracer = try Tracer(settings) { _ in }
    defer { tracer.stop(within: 100) }
    try body(tracer)
  }

  @Test(arguments: [
    ("parentbased_always_on", true, false, true), ("parentbased_always_off", true, false, false),
    ("always_on", true, true, true), ("always_off", false, false, false),
  ])
  func theSamplerDecides(
    _ sampler: String, ofSampled: Bool, ofUnsampled: Bool, ofNone: Bool
  ) throws {
    try withTracer(sampler) { tracer in
      for (flags, isTaken) in [("01", ofSampled), ("00", ofUnsampled)] {
        let span = try #require(tracer.begin("00-\(Self.trace)-00f067aa0ba902b7-\(flags)", "a=1"))
        #expect(span.isRecorded == isTaken && span.header.hasSuffix(isTaken ? "-01" : "-00"))
        #expect(span.parent == 0x00f0_67aa_0ba9_02b7 && span.state == (isTaken ? "a=1" : ""))
      }
      let begun = tracer.begin(nil, "a=1")
      #expect((begun != nil) == ofNone && begun?.parent ?? 0 == 0 && begun?.state ?? "" == "")
    }
  }

  @Test func spansThatFindNoRoomOrNobodyAreCounted() throws {
    let variables = [
      "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_BSP_MAX_QUEUE_SIZE": "8",
      "OTEL_BSP_SCHEDULE_DELAY": "60000",
    ]
    let counts = Counts()
    let tracer = try Tracer(
      try #require(try TracingSettings { variables[$0] }), report: counts.note)
    for _ in 0..<100 {
      let span = try #require(tracer.begin(nil, nil))
      span.add("commit", since: .now)
      tracer.finish(
        span,
        .init(method: "POST", route: "/predict", status: 200, problem: nil, modelVersion: nil))
    }
    let start = ContinuousClock.now
    tracer.stop(within: 200)
    #expect(.now - start < .seconds(2))
    #expect(counts.all.noRoom + counts.all.notTaken == 200 && counts.all.noRoom > 0)
    #expect(counts.all.sent == 0 && counts.all.notTaken >= 16)
  }

  private final class Counts: @unchecked Sendable {
    // `@unchecked Sendable` because `all` is protected by `lock`.
    private let lock = Lock()
    private(set) var all = (sent: 0, noRoom: 0, notTaken: 0)

    func note(_ event: Tracer.Event) {
      lock.whileHeld {
        switch event {
        case .sent(let count): all.sent += count
        case .noRoom(let count): all.noRoom += count
        case .notTaken(let count): all.notTaken += count
        case .failing, .recovered: break
        }
      }
    }
  }

  @Test func everySpanOfManyThreadsIsTakenOnceAndInTheOrderOfItsThread() throws {
    let queue = SpanQueue(capacity: 64)
    let threads = (0..<4).map { number in
      Background {
        for turn in 0..<5000 {
          let span = RequestSpan(
            trace: "\(number)", parent: UInt64(turn), isRecorded: true, isSampled: true)
          while queue.put(span) == nil { sched_yield() }
        }
      }
    }
    var next = [UInt64](repeating: 0, count: 4)
    var left = 20_000
    while left > 0 {
      guard let span = queue.take() else {
        sched_yield()
        continue
      }
      let number = try #require(Int(span.trace))
      #expect(span.parent == next[number])
      next[number] += 1
      left -= 1
    }
    for thread in threads { try thread.value() }
    #expect(queue.take() == nil)
  }

  @Test func aFullQueueTakesNoMoreUntilOneIsTaken() {
    let queue = SpanQueue(capacity: 2)
    func span(_ trace: String) -> RequestSpan {
      RequestSpan(trace: trace, isRecorded: true, isSampled: true)
    }
    #expect(queue.put(span("a")) == 1 && queue.put(span("b")) == 2 && queue.put(span("c")) == nil)
    #expect(queue.take()?.trace == "a" && queue.put(span("d")) == 3)
    #expect(queue.take()?.trace == "b" && queue.take()?.trace == "d" && queue.take() == nil)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n\r\n", Collector.Answer.taken),
    ("HTTP/1.0 204 No Content\r\nServer: x\r\n\r\n", .taken),
    ("HTTP/1.1 400 Bad\r\n\r\n", .refused("status 400")),
    (
      "HTTP/1.1 503 Busy\r\nretry-After:  7\r\n\r\nRetry-After: 9",
      .unavailable("status 503", after: 7)
    ),
    (
      "HTTP/1.1 429 Slow\r\nRetry-After: tomorrow\r\n\r\n",
      .unavailable("status 429", after: nil)
    ),
    ("", .unavailable("no answer of HTTP", after: nil)),
    ("SSH-2.0-x\r\n", .unavailable("no answer of HTTP", after: nil)),
  ])
  func theCollectorsAnswerIsRead(_ text: String, _ answer: Collector.Answer) {
    #expect(Collector.answer(Array(text.utf8)) == answer)
  }
}
