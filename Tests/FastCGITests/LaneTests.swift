import POSIX
import Synchronization
import TestSupport
import Testing

@testable import FastCGI

/// Starts a server with two lanes, of which requests to /slow take the second, and stops it.
private func withLanes<Result>(
  _ slow: Lane, treatment: Treatment.Reading = .whole, handler: @escaping Handler,
  _ body: (_ path: String) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    let server = try Server(
      try Listener(path: "\(folder)/socket"), lanes: [Lane(threadCount: 1), slow],
      maximumBodySize: maximumBodySize,
      treatment: { Treatment(treatment, lane: $0.head.path == "/slow" ? 1 : 0) },
      replyingHandler: { request, reply in reply.send(handler(request)) },
      refusal: { request in Response(status: 503, body: Array(request.head.path.utf8)) })
    try server.start()
    defer { #expect(server.stop(within: .seconds(20))) }
    return try body("\(folder)/socket")
  }
}

@Suite(.serialized) struct LaneTests {
  @Test(arguments: [1, 9000, 500_000], [Treatment.Reading.whole, .streamed])
  func aFullLaneRefusesAtOnceAndKeepsNoOtherWaiting(
    _ size: Int, _ reading: Treatment.Reading
  ) throws {
    let gate = Gate()
    try withLanes(
      Lane(threadCount: 1, capacity: 1), treatment: reading, handler: gate.handler
    ) { path in
      let busy = try FastCGIClient(path)
      try busy.send(FastCGIClient.request("POST", "/slow", body: [1]))
      gate.waitUntilEntered(by: 1)
      let waiting = try FastCGIClient(path)
      try waiting.send(FastCGIClient.request("POST", "/slow", body: [2]))
      let refused = try FastCGIClient(path)
      for _ in 0..<20 {
        let answer = try refused.ask("POST", "/slow", body: [UInt8](repeating: 3, count: size))
        #expect(answer.status.hasPrefix("Status: 503"))
        #expect(answer.body == Array("/slow".utf8))
        #expect(try FastCGIClient(path).ask("POST", "/other", body: [4]).body == [4])
      }
      gate.isOpen.store(true, ordering: .releasing)
      #expect(try busy.answer().body == [1])
      #expect(try waiting.answer().body == [2])
      // Its connection is as good as any.
      #expect(try refused.ask("POST", "/slow", body: [5]).body == [5])
    }
  }

  @Test func whoeverHasGoneWhileTheyWaitedIsKnownToHave() throws {
    let gate = Gate()
    let abandoned = Mutex<[Bool]>([])
    try withLanes(
      Lane(threadCount: 1),
      handler: { request in
        let isAbandoned = request.isAbandoned
        abandoned.withLock { $0.append(isAbandoned) }
        return gate.handler(request)
      }
    ) { path in
      let first = try FastCGIClient(path)
      try first.send(FastCGIClient.request("POST", "/slow", body: [1]))
      gate.waitUntilEntered(by: 1)
      var gone: FastCGIClient? = try FastCGIClient(path)
      try gone?.send(FastCGIClient.request("POST", "/slow", body: [2]))
      let quiet = try FastCGIClient(path)
      try quiet.send(FastCGIClient.request("POST", "/slow", body: [3]))
      // Whoever says no more may still listen.
      quiet.endSending()
      #expect(try FastCGIClient(path).ask(body: [4]).body == [4])
      gone = nil
      gate.isOpen.store(true, ordering: .releasing)
      #expect(try first.answer().body == [1])
      #expect(try quiet.answer().body == [3])
    }
    let seen = abandoned.withLock { $0 }
    #expect(seen == [false, false, true, false])
  }

  @Test func whoeverGoesWhileTheyAreAnsweredIsSeenToGo() throws {
    let hasBegun = Atomic(false)
    let hasSeen = Atomic(false)
    try withLanes(
      Lane(threadCount: 1),
      handler: { request in
        hasBegun.store(true, ordering: .releasing)
        for _ in 0..<20_000 where !request.isAbandoned { usleep(1000) }
        hasSeen.store(request.isAbandoned, ordering: .releasing)
        return Response(status: 200)
      }
    ) { path in
      var client: FastCGIClient? = try FastCGIClient(path)
      try client?.send(FastCGIClient.request("POST", "/slow"))
      while !hasBegun.load(ordering: .acquiring) { usleep(1000) }
      client = nil
    }
    let isSeen = hasSeen.load(ordering: .acquiring)
    #expect(isSeen)
  }

  @Test func halfAHeadCostsNoThread() throws {
    let whole = FastCGIClient.request("POST", "/slow", body: [1, 2, 3])
    let head = whole.count - 8 - 8 - 3
    try withLanes(Lane(threadCount: 1), handler: echo) { path in
      let halves = try (1...40).map { number in
        let client = try FastCGIClient(path)
        let length = number * head / 41
        try client.send(Array(whole[..<length]))
        return (client, length)
      }
      #expect(try FastCGIClient(path).ask("POST", "/slow", body: [7]).body == [7])
      #expect(try FastCGIClient(path).ask("POST", "/other", body: [8]).body == [8])
      for (client, length) in halves {
        // In pieces, so that it is looked at in between.
        for byte in whole[length...] { try client.send([byte]) }
        #expect(try client.answer().body == [1, 2, 3])
        #expect(try client.ask("POST", "/slow", body: [9]).body == [9])
      }
    }
  }
}
