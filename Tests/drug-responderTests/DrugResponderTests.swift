import ArgumentParser
import Glibc
import Testing

@testable import drug_responder

@Suite struct DrugResponderTests {
  @Test func theDefaultsAreComplete() throws {
    let responder = try DrugResponder.parse([])
    #expect(responder.models == "models")
    #expect(responder.socket == nil)
    #expect(responder.threads == 16)
  }

  @Test(
    "Numbers that mean nothing are refused",
    arguments: [
      ["--threads", "0"], ["--threads=-1"], ["--threads", "4097"], ["--threads", "many"],
      ["--threads", "9223372036854775808"],
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
