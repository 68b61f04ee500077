import FoundationEssentials
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import FastCGI

/// Starts a server with an echoing handler, passes its socket's path to `body` and stops it.
private func withServer<Result>(
  threadCount: Int = 2, treatment: @escaping TreatmentChoice = { _ in .whole },
  handler: @escaping Handler = echo,
  _ body: (_ path: String, _ server: Server) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    let listener = try Listener(path: "\(folder)/socket")
    let server = try Server(
      listener, threadCount: threadCount, maximumBodySize: maximumBodySize, treatment: treatment,
      handler: handler)
    try server.start()
    defer { #expect(server.stop(within: patience)) }
    return try body("\(folder)/socket", server)
  }
}

let maximumBodySize = 65_536
/// Long beside any stop, short beside a hang.
private let patience = Duration.seconds(20)

/// Gives a body back; what is not whole gets a status of its own.
let echo: Handler = { request in
  switch request.body {
  case .whole(let bytes): Response(status: 200, body: bytes)
  case .tooLarge: Response(status: 413)
  case .broken: Response(status: 400)
  case .stream(let stream): Response(status: 200, body: whole(stream))
  }
}

/// Reads a stream in pieces of an odd size.
private func whole(_ stream: BodyStream) -> [UInt8] {
  var bytes: [UInt8] = []
  withUnsafeTemporaryAllocation(byteCount: 1009, alignment: 1) { piece in
    while case let count = stream.read(into: piece), count > 0 { bytes += piece[..<count] }
  }
  return bytes
}

@Suite(.serialized) struct ServerTests {
  @Test func requestsOnOneConnectionAreAnsweredInTurn() throws {
    try withServer { path, _ in
      let client = try FastCGIClient(path)
      for number in 0..<50 {
        let body = Array("request \(number)".utf8)
        let answer = try client.ask(body: body)
        #expect(answer.status == "Status: 200 OK")
        #expect(answer.body == body)
      }
    }
  }

  @Test(arguments: [0, 1, 8191, 8192, 8193, 65_535, 65_536])
  func aBodyUpToTheLimitArrivesWhole(_ size: Int) throws {
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try withServer { path, _ in
      let answer = try FastCGIClient(path).ask(body: body)
      #expect(answer.body == body)
    }
  }

  @Test(arguments: [65_537, 70_000, 1_000_000])
  func aBodyBeyondTheLimitIsRefusedAndDrained(_ size: Int) throws {
    try withServer { path, _ in
      let client = try FastCGIClient(path)
      let answer = try client.ask(body: [UInt8](repeating: 1, count: size))
      #expect(answer.status == "Status: 413 Content Too Large")
      #expect(try client.ask(body: [7]).body == [7])
    }
  }

  @Test func aBodyThatTheHandlerIgnoresIsNotTakenForTheNextRequest() throws {
    try withServer(handler: { _ in Response(status: 404) }) { path, _ in
      let client = try FastCGIClient(path)
      for size in [100, 9000, 200_000] {
        let answer = try client.ask(body: [UInt8](repeating: 1, count: size))
        #expect(answer.status == "Status: 404 Not Found")
      }
    }
  }

  @Test(
    "A stated length that the body does not have is noticed",
    arguments: [
      ("5", "Status: 400 Bad Request"), ("x", "Status: 400 Bad Request"),
      ("-1", "Status: 400 Bad Request"), ("+4", "Status: 400 Bad Request"),
      ("4 ", "Status: 400 Bad Request"), ("65537", "Status: 413 Content Too Large"),
      ("99999999999999999999", "Status: 413 Content Too Large"), ("", "Status: 200 OK"),
      ("0", "Status: 200 OK"), ("4", "Status: 200 OK"), ("3", "Status: 200 OK"),
    ])
  func statedLength(_ length: String, _ status: String) throws {
    try withServer { path, _ in
      let client = try FastCGIClient(path)
      let answer = try client.ask(body: [1, 2, 3, 4], statedLength: length)
      #expect(answer.status == status)
      if answer.status == "Status: 200 OK" {
        #expect(answer.body == Array([1, 2, 3, 4].prefix(Int(length) ?? 0)))
      }
      #expect(try client.ask(body: [7]).body == [7])
    }
  }

  @Test(arguments: [0, 1, 65_537, 1_000_000])
  func aStreamedBodyOfAnySizeArrivesWhole(_ size: Int) throws {
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try withServer(treatment: { _ in .streamed }) { path, _ in
      let client = try FastCGIClient(path)
      for _ in 0..<3 { #expect(try client.ask(body: body).body == body) }
    }
  }

  @Test func aStreamThatTheHandlerLeavesIsNotTakenForTheNextRequest() throws {
    try withServer(
      treatment: { $0.head.method == "POST" ? .streamed : .whole },
      handler: { request in
        guard case .stream(let stream) = request.body else { return Response(status: 204) }
        withUnsafeTemporaryAllocation(byteCount: 100, alignment: 1) { _ = stream.read(into: $0) }
        return Response(status: 404)
      }
    ) { path, _ in
      let client = try FastCGIClient(path)
      for size in [0, 100, 9000, 200_000] {
        let answer = try client.ask(body: [UInt8](repeating: 1, count: size))
        #expect(answer.status == "Status: 404 Not Found")
        #expect(try client.ask("GET", body: []).status.hasPrefix("Status: 204"))
      }
    }
  }

  @Test(
    "A stream that is shorter than was stated is broken",
    arguments: [("5", true), ("x", true), ("4", false), ("3", false), ("", false)])
  func brokenStream(_ length: String, _ isBroken: Bool) throws {
    try withServer(
      treatment: { _ in .streamed },
      handler: { request in
        guard case .stream(let stream) = request.body else { return Response(status: 500) }
        _ = whole(stream)
        return Response(status: stream.isBroken ? 400 : 200)
      }
    ) { path, _ in
      let answer = try FastCGIClient(path).ask(body: [1, 2, 3, 4], statedLength: length)
      #expect(answer.status == (isBroken ? "Status: 400 Bad Request" : "Status: 200 OK"))
    }
  }

  @Test(arguments: [0, 1, 65_536, 300_000])
  func aSpooledFileFollowsTheBody(_ size: Int) throws {
    let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try withTemporaryFolder { folder in
      try withServer(handler: { _ in
        guard let file = try? SpoolFile(in: folder) else { return Response(status: 500) }
        for start in stride(from: 0, to: size, by: 7001) {
          try? file.write(content[start..<min(start + 7001, size)])
        }
        return Response(status: 200, body: [9], file: file)
      }) { path, _ in
        let client = try FastCGIClient(path)
        let answer = try client.ask(body: [])
        #expect(answer.headers.hasSuffix("Content-Length: \(size + 1)"))
        #expect(answer.body == [9] + content)
        let head = try client.ask("HEAD", body: [])
        #expect(head.headers == answer.headers && head.body.isEmpty)
      }
      // It never had a name that others could open.
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func aSpoolFileInAFolderThatIsMissingIsRefused() {
    #expect(throws: SystemError.self) { try SpoolFile(in: "/nowhere") }
  }

  @Test func theAnswerToHEADHasNoBody() throws {
    try withServer { path, _ in
      let client = try FastCGIClient(path)
      let answer = try client.ask("HEAD", body: [1, 2, 3])
      #expect(answer.headers.hasSuffix("Content-Length: 3"))
      #expect(answer.body.isEmpty)
      #expect(try client.ask(body: [7]).body == [7])
    }
  }

  @Test func aRequestThatBreaksOffReachesNoHandlerAndCostsNoThread() throws {
    let calls = Atomic(0)
    try withServer(
      threadCount: 1,
      handler: { request in
        calls.add(1, ordering: .relaxed)
        return echo(request)
      }
    ) { path, _ in
      let whole = FastCGIClient.request(body: [UInt8](repeating: 1, count: 1000))
      for length in [1, 8, 20, 60, whole.count - 500, whole.count - 1] {
        try FastCGIClient(path).send(Array(whole[..<length]))
        #expect(try FastCGIClient(path).ask(body: [7], keep: false).body == [7])
      }
    }
    #expect(calls.load(ordering: .relaxed) == 6)
  }

  @Test func bytesOfAnotherProtocolCostNoThread() throws {
    try withServer(threadCount: 1) { path, _ in
      for text in ["GET / HTTP/1.1\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "x"] {
        try FastCGIClient(path).send(Array(text.utf8))
        #expect(try FastCGIClient(path).ask(body: [7], keep: false).body == [7])
      }
    }
  }

  @Test func aClientThatGoesAwayBeforeItsAnswerCostsNoThread() throws {
    let gate = Gate()
    try withServer(threadCount: 1, handler: gate.handler) { path, _ in
      var client: FastCGIClient? = try FastCGIClient(path)
      try client?.send(FastCGIClient.request("POST", "/slow", body: [1]))
      gate.waitUntilEntered(by: 1)
      client = nil
      gate.isOpen.store(true, ordering: .releasing)
      #expect(try FastCGIClient(path).ask(body: [7]).body == [7])
    }
  }

  @Test func asManyRequestsAreAnsweredAtOnceAsThereAreThreads() throws {
    let gate = Gate()
    try withServer(threadCount: 5, handler: gate.handler) { path, _ in
      let clients = (0..<5).map { number in
        Background { try FastCGIClient(path).ask("POST", "/slow", body: [number]).body }
      }
      gate.waitUntilEntered(by: 5)
      gate.isOpen.store(true, ordering: .releasing)
      let answers = try clients.map { try $0.value() }
      #expect(answers == [[0], [1], [2], [3], [4]])
    }
  }

  @Test func stoppingAnswersTheRequestsInFlight() throws {
    let gate = Gate()
    try withServer(threadCount: 4, handler: gate.handler) { path, server in
      let clients = (0..<3).map { number in
        Background { try FastCGIClient(path).ask("POST", "/slow", body: [number]).body }
      }
      gate.waitUntilEntered(by: 3)
      #expect(!server.stop(within: .milliseconds(50)))
      gate.isOpen.store(true, ordering: .releasing)
      #expect(server.stop(within: patience))
      let answers = try clients.map { try $0.value() }
      #expect(answers == [[0], [1], [2]])
    }
  }

  @Test func stoppingEndsThreadsThatWaitForConnectionsOrRequests() throws {
    try withServer(threadCount: 8) { path, server in
      let kept = try (0..<4).map { _ in try FastCGIClient(path) }
      for client in kept { _ = try client.ask(body: [1]) }
      #expect(server.stop(within: patience))
    }
  }

  @Test func stoppingEndsThreadsWhoseClientsSendNothingOrHalfARequest() throws {
    try withServer(threadCount: 2) { path, server in
      let silent = try FastCGIClient(path)
      let half = try FastCGIClient(path)
      try half.send(Array(FastCGIClient.request(body: [1, 2, 3]).prefix(30)))
      // Both threads have taken a connection by now, or take it while they are being stopped.
      usleep(50_000)
      #expect(server.stop(within: patience))
      withExtendedLifetime((silent, half)) {}
    }
  }

  @Test func stoppingEndsAServerThatIsNeverIdle() throws {
    // A second server on the same socket, so that the clients can go on all the time.
    try withServer(threadCount: 4) { path, first in
      let done = Atomic(false)
      let clients = (0..<6).map { number in
        Background {
          var answers = 0
          while !done.load(ordering: .acquiring) {
            // Every other client keeps its connection, as web servers do.
            guard let client = try? FastCGIClient(path) else { continue }
            for _ in 0..<(number.isMultiple(of: 2) ? 1 : 100) {
              guard (try? client.ask(body: [1])) != nil else { break }
              answers += 1
            }
          }
          return answers
        }
      }
      usleep(50_000)
      #expect(first.stop(within: patience))
      // Clients that wait for a server that is gone hear of it when the socket closes.
      done.store(true, ordering: .releasing)
      let relief = try Server(
        first.listener, threadCount: 6, maximumBodySize: maximumBodySize, handler: echo)
      try relief.start()
      #expect(try clients.map { try $0.value() }.reduce(0, +) > 0)
      #expect(relief.stop(within: patience))
    }
  }

  @Test func stoppingOneServerLeavesTheSocketToTheOthers() throws {
    try withServer(threadCount: 2) { path, first in
      let second = try Server(
        first.listener, threadCount: 2, maximumBodySize: maximumBodySize, handler: echo)
      try second.start()
      #expect(first.stop(within: patience))
      for _ in 0..<10 { #expect(try FastCGIClient(path).ask(body: [7]).body == [7]) }
      #expect(second.stop(within: patience))
    }
  }
}
