import ArgumentParser
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
