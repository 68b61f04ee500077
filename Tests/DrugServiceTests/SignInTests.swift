import Accounts
import FastCGI
import FoundationEssentials
import Models
import POSIX
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct SignInTests {
  private func withPeople<Result>(
    _ text: String = "admin:\(passwordHash)\nann:\(passwordHash):clinician\n",
    _ body: (_ signIn: SignIn, _ path: String) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder throws in
      let path = try write(Array(text.utf8), to: "\(folder)/htpasswd")
      return try body(SignIn(path, logger: silent), path)
    }
  }

  @Test func aNameAndItsPasswordGoTogether() throws {
    try withPeople { signIn, _ throws in
      #expect(try signIn.person("ann", "secret", from: "a").roles == [.clinician])
      #expect(try signIn.person("admin", "secret", from: "a").roles == Set(Role.allCases))
      for (name, password) in [
        ("ann", "Secret"), ("ann", ""), ("", "secret"), ("eve", "secret"), ("annsecret", ""),
        ("ann", String(repeating: "x", count: 5000)),
      ] {
        #expect(throws: SignIn.Refusal.wrong) { try signIn.person(name, password, from: "a") }
      }
    }
  }

  @Test func withoutAFileNobodySignsIn() throws {
    for path in [nil, "/nowhere/htpasswd"] {
      let signIn = SignIn(path, logger: silent)
      #expect(throws: SignIn.Refusal.wrong) { try signIn.person("admin", "", from: "a") }
    }
  }

  @Test func whileTheFileCannotBeReadNobodyIsToldThatTheirPasswordIsWrong() throws {
    try withTemporaryFolder { folder throws in
      let unreadable = SignIn(folder, logger: silent)
      #expect(throws: SignIn.Refusal.unreadable) {
        try unreadable.person("admin", "secret", from: "a")
      }
      try withAdministeredService({ $0.passwords = folder }) { service, _ in
        let response = service.administer("GET", "/me")
        #expect(response.status == 503 && response.header("Retry-After") == "5")
      }
    }
  }

  @Test func whoHasSignedInIsKnownWithoutAHash() throws {
    try withPeople { signIn, path throws in
      #expect(signIn.known("ann", "secret") == nil)
      _ = try signIn.person("ann", "secret", from: "a")
      #expect(signIn.known("ann", "secret")?.roles == [.clinician])
      #expect(signIn.known("ann", "Secret") == nil && signIn.known("admin", "secret") == nil)
      try DurableFile.write(Array("ann:\(passwordHash):auditor\n".utf8), to: path)
      #expect(signIn.known("ann", "secret") == nil)
    }
  }

  @Test func afterTooManyFailuresAnAddressWaitsAndWhoIsSignedInDoesNot() throws {
    try withPeople { signIn, _ throws in
      let start = ContinuousClock.now
      _ = try signIn.person("admin", "secret", from: "10.0.0.1", at: start)
      for _ in 0..<FailureLimits.perAddress.burst {
        #expect(throws: SignIn.Refusal.wrong) {
          try signIn.person("admin", "guess", from: "10.0.0.1", at: start)
        }
      }
      // Neither a guess nor the right password of somebody new is looked at.
      for (name, password) in [("admin", "guess"), ("ann", "secret")] {
        #expect(throws: SignIn.Refusal.tooManyFailures(seconds: 12)) {
          try signIn.person(name, password, from: "10.0.0.1", at: start)
        }
      }
      _ = try signIn.person("admin", "secret", from: "10.0.0.1", at: start)
      _ = try signIn.person("ann", "secret", from: "10.0.0.2", at: start)
      _ = try signIn.person("ann", "secret", from: "10.0.0.1", at: start + .seconds(13))
    }
  }

  @Test func manyAddressesShareALimitFromWhichOneThatIsKnownIsFree() throws {
    try withPeople { signIn, _ throws in
      let start = ContinuousClock.now
      _ = try signIn.person("admin", "secret", from: "10.0.0.1", at: start)
      for number in 0..<FailureLimits.overall.burst {
        #expect(throws: SignIn.Refusal.wrong) {
          try signIn.person("admin", "guess", from: "10.1.0.\(number)", at: start)
        }
      }
      #expect(throws: SignIn.Refusal.tooManyFailures(seconds: 1)) {
        try signIn.person("ann", "secret", from: "10.2.0.1", at: start)
      }
      _ = try signIn.person("ann", "secret", from: "10.0.0.1", at: start)
    }
  }

  @Test func theFirstRequestsOfAProgramMayComeTogether() throws {
    try withPeople { signIn, _ throws in
      let threads = (0..<40).map { number in
        Background { try signIn.person("ann", "secret", from: "10.0.0.\(number)") }
      }
      for thread in threads { #expect(try thread.value().name == "ann") }
    }
  }

  @Test func failuresThatComeTogetherAreCountedEach() throws {
    try withPeople { signIn, _ throws in
      let start = ContinuousClock.now
      let threads = (0..<FailureLimits.perAddress.burst).map { _ in
        Background { try? signIn.person("ann", "guess", from: "10.0.0.1", at: start) }
      }
      for thread in threads { #expect(try thread.value() == nil) }
      #expect(throws: SignIn.Refusal.tooManyFailures(seconds: 12)) {
        try signIn.person("ann", "secret", from: "10.0.0.1", at: start)
      }
    }
  }

  @Test func aChangedFileForgetsWhoIsSignedIn() throws {
    try withPeople { signIn, path throws in
      _ = try signIn.person("ann", "secret", from: "a")
      try DurableFile.write(Array("admin:\(passwordHash)\n".utf8), to: path)
      #expect(throws: SignIn.Refusal.wrong) { try signIn.person("ann", "secret", from: "a") }
    }
  }

  @Test func whoIsSignedInIsForgottenAfterAWhile() {
    let now = ContinuousClock.now
    var known = KnownPairs()
    let digest = known.digest(of: "ann", "secret")
    #expect(digest != KnownPairs().digest(of: "ann", "secret"))
    #expect(known.digest(of: "an", "nsecret") != digest)
    #expect(known.person(digest, edition: 1, at: now) == nil)
    known.insert(digest, Person(name: "ann"), edition: 1, at: now)
    let later = now + KnownPairs.lifetime - .seconds(1)
    #expect(known.person(digest, edition: 1, at: later) != nil)
    #expect(known.person(digest, edition: 1, at: later + .seconds(600)) != nil)
    #expect(known.person(digest, edition: 1, at: later + .seconds(3600)) == nil)
    known.insert(digest, Person(name: "ann"), edition: 0, at: later)
    #expect(known.person(digest, edition: 2, at: later) == nil)
  }

  @Test(
    "Addresses of one network are one",
    arguments: [
      ("10.0.0.1", "::ffff:10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false),
      ("2001:db8::1", "2001:db8::ffff:0:0:1", true), ("2001:db8::1", "2001:db8:0:1::1", false),
    ])
  func networks(_ one: String, _ other: String, _ isSame: Bool) {
    #expect((FailureLimits.network(of: one) == FailureLimits.network(of: other)) == isSame)
  }

  @Test func aMillionAddressesTakeBoundedMemory() {
    let now = ContinuousClock.now
    var limits = FailureLimits(at: now)
    for number in 0..<FailureLimits.addressCount + 40 {
      limits.failed("2001:db8:\(String(number, radix: 16))::1", at: now)
    }
    // Those who found no place have failed together.
    #expect(limits.wait(for: "2001:db9::1", at: now) != nil)
    let later = now + .seconds(3600)
    limits.failed("2001:db9::1", at: later)
    #expect(limits.wait(for: "2001:db9::1", at: later) == nil)
  }

  @Test(
    "Credentials that are not understood are refused with 400",
    arguments: [
      "Basic", "Basic !", "Basic \(Data("no colon".utf8).base64EncodedString())",
      credentials("a\nb"), credentials("a\u{1b}[31m"), credentials("ann\0"),
      credentials("ann", "sec\0ret"), credentials("a\u{7f}"), credentials("a\u{85}"),
      "Basic \(Data([0xff, 0x3a, 0x78]).base64EncodedString())",
    ])
  func malformed(_ header: String) throws {
    try withAdministeredService { service, _ throws in
      let response = service.answer("GET", "/me", parameters: ["HTTP_AUTHORIZATION": header])
      #expect(response.status == 400)
      #expect(try response.decoded(as: ProblemBody.self).name == "malformed-credentials")
      #expect(try service.acts().isEmpty)
    }
  }

  @Test("The scheme's letters may be of any size", arguments: ["basic", "BASIC", "bAsIc"])
  func schemes(_ scheme: String) throws {
    try withAdministeredService { service, _ throws in
      let header = credentials("admin").replacing("Basic", with: scheme)
      #expect(
        service.answer("GET", "/me", parameters: ["HTTP_AUTHORIZATION": header]).status == 200)
    }
  }

  @Test func failuresStandInTheAuditOnceAMinuteWithTheirNumber() throws {
    let start = ContinuousClock.now
    var ledger = FailureLedger(at: start)
    func note(_ count: Int, at time: ContinuousClock.Instant) {
      for _ in 0..<count { ledger.note(address: "10.0.0.1", name: "eve", at: time) }
    }
    note(1, at: start)
    #expect(ledger.due(at: start).map(\.detail) == ["once"])
    note(7, at: start + .seconds(30))
    #expect(ledger.due(at: start + .seconds(59)).isEmpty)
    let acts = ledger.due(at: start + .seconds(60))
    #expect(acts.map(\.detail) == ["7 times"])
    #expect(acts.map(\.user) == ["eve"] && acts.map(\.action) == ["sign-in"])
    #expect(acts.map(\.address) == ["10.0.0.1"])
    #expect(ledger.due(at: start + .seconds(120)).isEmpty)
  }

  /// How many failures a row tells of.
  private func failureCount(_ act: AuditAct) -> Int {
    act.detail == "once" ? 1 : Int(act.detail.prefix { $0 != " " }) ?? 0
  }

  @Test func aFloodOfNamesFillsNeitherTheAuditNorTheMemory() {
    let start = ContinuousClock.now
    var ledger = FailureLedger(at: start)
    var acts: [AuditAct] = []
    for number in 0..<10_000 {
      ledger.note(address: "10.0.0.1", name: "\(number)", at: start)
      acts += ledger.due(at: start)
    }
    #expect(acts.count == FailureLedger.rowsPerMinute)
    for minute in 1...60 {
      let now = start + .seconds(60 * minute)
      acts += ledger.due(at: now)
      for number in 0..<100 {
        ledger.note(address: "10.0.0.\(minute)", name: "\(number)", at: now)
      }
    }
    acts += ledger.due(at: start + .seconds(3660))
    #expect(acts.count <= 62 * FailureLedger.rowsPerMinute)
    // None is lost: the rest stand in a row of their own.
    #expect(acts.map(failureCount).reduce(0, +) == 16_000)
    #expect(acts.filter { $0.user == "several" }.allSatisfy { $0.detail.hasSuffix(" more") })
  }

  @Test func recordsThatCannotBeKeptWaitAndAreCounted() throws {
    try withPeople { signIn, _ throws in
      let start = ContinuousClock.now
      for number in 0..<2000 { signIn.note("\(number % 1500)", from: "10.0.0.1", at: start) }
      var tries = 0
      func handOut(at time: ContinuousClock.Instant, _ delay: Duration?) -> [AuditAct] {
        var kept: [AuditAct] = []
        signIn.handOutRecords(at: time) { act in
          tries += 1
          if delay == nil { kept.append(act) }
          return delay
        }
        return kept
      }
      #expect(handOut(at: start, .zero).isEmpty)
      #expect(handOut(at: start, .seconds(60)).isEmpty)
      #expect(handOut(at: start + .seconds(59), nil).isEmpty && tries == 2)
      signIn.note("late", from: "10.0.0.2", at: start)
      let kept = handOut(at: start + .seconds(60), nil)
      #expect(kept.count == FailureLedger.rowsPerMinute)
      let rest = handOut(at: start + .seconds(60), nil) + handOut(at: start + .seconds(120), nil)
      #expect(rest.contains { $0.user == "late" })
      #expect((kept + rest).map(failureCount).reduce(0, +) == 2001)
    }
  }

  @Test func aFailureWaitsForNobodyWhoIsAtTheAudit() throws {
    try withAdministeredService { service, folder throws in
      let lock = try FileLock("\(folder)/audit.sqlite.lock")
      try lock.take()
      let wrong = service.answer(
        "GET", "/me", parameters: ["HTTP_AUTHORIZATION": credentials("eve", "x")])
      #expect(wrong.status == 401)
      service.maintain()
      #expect(!FileStatus.exists("\(folder)/audit.heads"))
      lock.release()
      service.maintain()
      let act = try #require(try AuditLog(path: "\(folder)/audit.sqlite").newest(2).first)
      #expect(act.number == 1 && act.act.user == "eve" && act.act.detail == "once")
    }
  }

  @Test func aFailureIsARowAndAFigure() throws {
    try withAdministeredService { service, _ throws in
      let wrong = service.answer(
        "GET", "/me",
        parameters: [
          "HTTP_AUTHORIZATION": credentials("eve\u{202e}", "x"), "REMOTE_ADDR": "10.0.0.7",
        ])
      #expect(wrong.status == 401)
      let act = try #require(try service.acts().first)
      #expect(act.user == "eve\u{fffd}" && act.action == "sign-in" && act.outcome == "refused")
      #expect(act.detail == "once" && act.address == "10.0.0.7")
      let text = service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": "127.0.0.1"]).text
      #expect(text.contains("drug_classifier_sign_in_failures_total{reason=\"wrong\"} 1\n"))
      #expect(text.contains("drug_classifier_sign_in_failures_total{reason=\"busy\"} 0\n"))
    }
  }

  @Test func tooManyFailuresAreToldWithTheTimeToWait() throws {
    try withAdministeredService { service, _ throws in
      var response = service.answer("GET", "/me")
      for _ in 0...FailureLimits.perAddress.burst {
        response = service.answer(
          "GET", "/me", parameters: ["HTTP_AUTHORIZATION": credentials("admin", "x")])
      }
      #expect(response.status == 429)
      #expect(try response.decoded(as: ProblemBody.self).name == "too-many-requests")
      #expect(Int(response.header("Retry-After") ?? "") ?? 0 >= 1)
    }
  }
}
