import ArgumentParser
import Glibc
import Testing

@testable import drug_responder

@Suite struct DrugResponderTests {
  @Test func theDefaultsFitEachOther() throws {
    let responder = try DrugResponder.parse([])
    #expect(responder.models == "models")
    #expect(responder.socket == nil)
    #expect(responder.threads >= responder.keptConnections + DrugResponder.headroom)
  }

  @Test("Too few threads for the kept connections are refused", arguments: [(39, 32), (8, 1)])
  func tooFewThreads(_ threads: Int, _ keptConnections: Int) throws {
    let message = refusal(["--threads", "\(threads)", "--kept-connections", "\(keptConnections)"])
    #expect(message.contains("too few for \(keptConnections) kept connections"))
    #expect(message.contains("--threads \(keptConnections + DrugResponder.headroom)"))
  }

  @Test("As many threads as are needed are accepted", arguments: [(40, 32), (8, 0), (4096, 4088)])
  func enoughThreads(_ threads: Int, _ keptConnections: Int) throws {
    let responder = try DrugResponder.parse([
      "--threads", "\(threads)", "--kept-connections", "\(keptConnections)",
    ])
    #expect(responder.threads == threads)
    #expect(responder.keptConnections == keptConnections)
  }

  @Test(
    "Numbers that mean nothing are refused",
    arguments: [
      ["--threads", "0"], ["--threads=-1"], ["--threads", "4097"], ["--threads", "many"],
      ["--kept-connections=-1"], ["--threads", "9223372036854775808"],
      ["--kept-connections", "9223372036854775807"],
    ])
  func meaninglessNumbers(_ arguments: [String]) {
    #expect(!refusal(arguments).isEmpty)
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1])
  func eachSignalThatEndsAProcessIsWaitedFor(_ signal: Int32) {
    let signals = TerminationSignals()
    pthread_kill(pthread_self(), signal)
    #expect(signals.wait(milliseconds: 10_000) == signal)
    #expect(signals.wait(milliseconds: 1) == nil)
  }

  /// Why the arguments are refused, empty when they are not.
  private func refusal(_ arguments: [String]) -> String {
    do {
      _ = try DrugResponder.parse(arguments)
      return ""
    } catch {
      return DrugResponder.message(for: error)
    }
  }
}
