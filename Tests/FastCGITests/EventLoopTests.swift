import POSIX
import Synchronization
import TestSupport
import Testing

@testable import FastCGI

/// A server whose requests to /brief are brief, and whose answers to them wait until they settle.
private final class SettlingServer: Sendable {
  let gate = Gate()
  private let waiting = Mutex<[@Sendable () -> Void]>([])
  /// How many answers each settling sent, for those that sent any.
  let settled = Mutex<[Int]>([])
  /// How many settlings have begun, and whether the next one waits until a test lets it go on.
  let settlings = Atomic(0)
  let isHeld = Atomic(false)

  func run<Result>(
    threadCount: Int, _ body: (_ path: String, _ server: Server) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let server = try Server(
        try Listener(path: "\(folder)/socket"), lanes: [Lane(threadCount: threadCount)],
        maximumBodySize: maximumBodySize,
        treatment: { $0.head.path == "/brief" ? .brief : .whole },
        replyingHandler: { request, reply in
          let response = self.gate.handler(request)
          guard request.parameter("PATH_INFO") == "/brief" else {
            reply.send(response)
            return
          }
          let send = reply.deferred()
          self.waiting.withLock { $0.append { send(response) } }
        },
        settle: {
          self.settlings.add(1, ordering: .releasing)
          while self.isHeld.load(ordering: .acquiring) { usleep(1000) }
          let answers = self.waiting.withLock { answers in
            defer { answers = [] }
            return answers
          }
          for answer in answers { answer() }
          if !answers.isEmpty { self.settled.withLock { $0.append(answers.count) } }
        })
      try server.start()
      defer { #expect(server.stop(within: .seconds(20))) }
      return try body("\(folder)/socket", server)
    }
  }
}

@Suite(.serialized) struct EventLoopTests {
  @Test func briefRequestsAreAnsweredWhileEveryThreadIsBusy() throws {
    let settling = SettlingServer()
    try settling.run(threadCount: 2) { path, _ in
      let busy = (0..<2).map { number in
        Background { try FastCGIClient(path).ask("POST", "/slow", body: [number]).body }
      }
      settling.gate.waitUntilEntered(by: 2)
      let client = try FastCGIClient(path)
      for number in 0..<50 {
        #expect(try client.ask("POST", "/brief", body: [UInt8(number)]).body == [UInt8(number)])
      }
      settling.gate.isOpen.store(true, ordering: .releasing)
      let answers = try busy.map { try $0.value() }
      #expect(answers == [[0], [1]])
    }
  }

  @Test func requestsThatComeTogetherSettleTogether() throws {
    let settling = SettlingServer()
    try settling.run(threadCount: 1) { path, _ in
      let clients = try (0..<8).map { _ in try FastCGIClient(path) }
      for client in clients { _ = try client.ask("POST", "/brief", body: [0]) }
      for round in 0..<100 as Range<UInt8> {
        // The others come while the first one's answer waits to be settled.
        let begun = settling.settlings.load(ordering: .acquiring)
        settling.isHeld.store(true, ordering: .releasing)
        for (number, client) in clients.enumerated() {
          try client.send(FastCGIClient.request("POST", "/brief", body: [round]))
          while number == 0, settling.settlings.load(ordering: .acquiring) == begun {
            usleep(1000)
          }
        }
        settling.isHeld.store(false, ordering: .releasing)
        for client in clients { #expect(try client.answer().body == [round]) }
      }
      let settled = settling.settled.withLock { $0 }
      #expect(settled.reduce(0, +) == 808)
      #expect(settled.count <= 8 + 2 * 100)
    }
  }

  @Test func halfARequestHoldsNoOtherUp() throws {
    let settling = SettlingServer()
    try settling.run(threadCount: 1) { path, _ in
      let whole = FastCGIClient.request("POST", "/brief", body: [1, 2, 3])
      for length in [1, 8, 20, whole.count - 1] {
        let half = try FastCGIClient(path)
        try half.send(Array(whole[..<length]))
        #expect(try FastCGIClient(path).ask("POST", "/brief", body: [7]).body == [7])
        try half.send(Array(whole[length...]))
        #expect(try half.answer().body == [1, 2, 3])
        #expect(try half.ask("POST", "/brief", body: [9]).body == [9])
      }
    }
  }

  @Test func halfARequestAfterALongOneInPiecesIsLookedAtOnce() throws {
    let turns = Atomic(0)
    try withTemporaryFolder { folder in
      let server = try Server(
        try Listener(path: "\(folder)/socket"), lanes: [Lane(threadCount: 1)],
        maximumBodySize: maximumBodySize,
        replyingHandler: { request, reply in reply.send(echo(request)) },
        settle: { turns.add(1, ordering: .relaxed) })
      try server.start()
      defer { #expect(server.stop(within: .seconds(20))) }
      let client = try FastCGIClient("\(folder)/socket")
      let long = ["LONG", "MORE"].map { ($0, String(repeating: "x", count: 50_000)) }
      let request = FastCGIClient.request(body: [1], more: long)
      try client.send(Array(request[..<100]))
      usleep(100_000)
      try client.send(Array(request[100...]))
      #expect(try client.answer().body == [1])
      let next = FastCGIClient.request(body: [2])
      try client.send(Array(next[..<5]))
      usleep(100_000)
      let before = turns.load(ordering: .relaxed)
      usleep(200_000)
      #expect(turns.load(ordering: .relaxed) < before + 10)
      try client.send(Array(next[5...]))
      #expect(try client.answer().body == [2])
    }
  }

  @Test func whoTakesNothingOfAnAnswerKeepsNobodyWaitingForEver() throws {
    try withTemporaryFolder { folder in
      let server = try Server(
        try Listener(path: "\(folder)/socket"), threadCount: 1, maximumBodySize: maximumBodySize,
        patience: 1
      ) { request in
        let isLong = request.parameter("PATH_INFO") == "/long"
        return Response(status: 200, body: Array(repeating: 7, count: isLong ? 1 << 23 : 1))
      }
      try server.start()
      defer { #expect(server.stop(within: .seconds(20))) }
      let silent = try FastCGIClient("\(folder)/socket")
      try silent.send(FastCGIClient.request("POST", "/long"))
      let client = try FastCGIClient("\(folder)/socket")
      #expect(try client.ask().body == [7])
      #expect(throws: FastCGIClient.Failure.self) { try silent.answer() }
      // Who reads gets all of it.
      #expect(try client.ask("POST", "/long").body.count == 1 << 23)
    }
  }

  @Test func aRequestThatLibfcgiMisreadsHoldsNoOtherUp() throws {
    try SettlingServer().run(threadCount: 2) { path, _ in
      // As it stands, a padded begin; to libfcgi, the begin of long parameters.
      let cut = FastCGIClient.Cut(beginPadding: [1, 4, 0, 1, 255, 255, 0, 0])
      let odd = try FastCGIClient(path)
      try odd.send(FastCGIClient.request("POST", "/brief", body: [1, 2, 3], cut: cut))
      let client = try FastCGIClient(path)
      for number in 0..<20 as Range<UInt8> {
        #expect(try client.ask("POST", "/brief", body: [number]).body == [number])
      }
    }
  }

  @Test func aBriefRequestOfAnySizeIsAnswered() throws {
    try SettlingServer().run(threadCount: 1) { path, _ in
      let client = try FastCGIClient(path)
      for size in [0, 1, 3000, 4096, 9000, 65_536] {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try client.ask("POST", "/brief", body: body).body == body)
      }
    }
  }

  /// Requests that mean the same in other bytes, beside one as nginx sends it.
  static let cuts: [(String, FastCGIClient.Cut, [(String, String)])] = [
    ("as nginx sends it", .init(), []),
    ("padded", .init(padding: 7), []),
    ("parameters in many records", .init(parameterSize: 10), []),
    ("a body in many records", .init(inputSize: 2), []),
    ("all in many records", .init(parameterSize: 10, inputSize: 2, padding: 3), []),
    ("a long value", .init(), [("LONG", String(repeating: "x", count: 1000))]),
    ("an empty value", .init(), [("EMPTY", "")]),
    ("many parameters", .init(), (0..<60).map { ("P\($0)", "v") }),
    ("too many for the short way", .init(), (0..<200).map { ("P\($0)", "v") }),
    ("longer than a short one", .init(), [("LONG", String(repeating: "x", count: 5000))]),
    (
      "longer than what is looked at", .init(),
      ["LONG", "MORE"].map { ($0, String(repeating: "x", count: 50_000)) }
    ),
  ]

  @Test(arguments: cuts)
  func aRequestMeansTheSameHoweverItIsCutIntoRecords(
    _ name: String, _ cut: FastCGIClient.Cut, _ more: [(String, String)]
  ) throws {
    try withTemporaryFolder { folder in
      let server = try Server(
        try Listener(path: "\(folder)/socket"), lanes: [Lane(threadCount: 1)],
        maximumBodySize: maximumBodySize,
        treatment: { $0.head.path == "/brief" ? .brief : .whole },
        replyingHandler: { request, reply in
          guard case .whole(let body) = request.body else {
            reply.send(Response(status: 400))
            return
          }
          let length = request.parameter("LONG")?.count ?? 0
          let seen = "\(request.parameter("LAST") ?? "none") \(length) \(request.head.method) "
          reply.send(Response(status: 200, body: seen.utf8 + body))
        })
      try server.start()
      defer { #expect(server.stop(within: .seconds(20))) }
      let client = try FastCGIClient("\(folder)/socket")
      let plain = FastCGIClient.request("POST", "/brief", body: [9])
      let body = Array("a body".utf8)
      let other = FastCGIClient.request(
        "POST", "/brief", body: body, more: more + [("LAST", "value")], cut: cut)
      let length = more.first { $0.0 == "LONG" }?.1.count ?? 0
      for _ in 0..<3 {
        try client.send(plain)
        #expect(try client.answer().body == "none 0 POST ".utf8 + [9])
        try client.send(other)
        #expect(try client.answer().body == "value \(length) POST ".utf8 + body)
      }
    }
  }

  @Test(arguments: ["3", "x", "99999999999999999999"])
  func aBriefRequestWhoseBodyIsNotAsLongAsStatedIsBroken(_ stated: String) throws {
    try SettlingServer().run(threadCount: 1) { path, _ in
      let client = try FastCGIClient(path)
      let answer = try client.ask("POST", "/brief", body: [1, 2], statedLength: stated)
      #expect(answer.status != "Status: 200 OK")
      #expect(try client.ask("POST", "/brief", body: [9]).body == [9])
    }
  }

  @Test func aBriefRequestOnAConnectionThatIsNotKeptIsAnswered() throws {
    try SettlingServer().run(threadCount: 1) { path, _ in
      let client = try FastCGIClient(path)
      #expect(try client.ask("POST", "/brief", body: [3], keep: false).body == [3])
      #expect(throws: FastCGIClient.Failure.self) { try client.ask("POST", "/brief") }
    }
  }

  @Test func moreConnectionsThanThreadsAreKept() throws {
    try SettlingServer().run(threadCount: 1) { path, _ in
      let clients = try (0..<100).map { _ in try FastCGIClient(path) }
      for _ in 0..<3 {
        for client in clients { #expect(try client.ask(body: [7]).body == [7]) }
      }
    }
  }

  @Test func whatHasArrivedWhenTheServerStopsIsAnswered() throws {
    try SettlingServer().run(threadCount: 1) { path, server in
      let clients = try (0..<20).map { _ in try FastCGIClient(path) }
      for client in clients { _ = try client.ask("POST", "/brief", body: [0]) }
      for client in clients { try client.send(FastCGIClient.request("POST", "/brief", body: [5])) }
      #expect(server.stop(within: .seconds(20)))
      for client in clients { #expect(try client.answer().body == [5]) }
    }
  }
}
