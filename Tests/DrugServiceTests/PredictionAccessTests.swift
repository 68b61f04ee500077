import Accounts
import FastCGI
import POSIX
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct PredictionAccessTests {
  private static let table = "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n"

  private func withClosedService<Result>(
    perMinute: Int = 1000,
    _ body: (_ service: Service, _ log: String, _ key: String, _ keys: String) throws -> Result
  ) throws -> Result {
    let (key, kept) = AccessKey.make("ward-3", perMinute: perMinute)
    return try withTemporaryFolder { folder throws in
      let keys = try write(Array("\(kept.line)\n".utf8), to: "\(folder)/keys")
      return try withAdministeredService({
        $0.predictionsNeedAccess = true
        $0.keys = keys
      }) { service, folder throws in
        try body(service, "\(folder)/predictions.sqlite", key, keys)
      }
    }
  }

  private func bearer(_ key: String) -> [String: String] { ["HTTP_AUTHORIZATION": "Bearer \(key)"] }

  /// Sends a prediction to each address that there is for it.
  private func predictEverywhere(_ service: Service, _ parameters: [String: String]) -> [Response] {
    [
      service.predict(documentedPatients[0], parameters: parameters),
      service.predictBatch(
        "{\"patients\":[\(documentedPatients[0])]}", parameters: parameters),
      service.predictBatch(Self.table, as: "text/csv", parameters: parameters),
      service.infer(InferenceBody.documented, parameters: parameters),
    ]
  }

  @Test func whoHasNeitherNameNorKeyPredictsNothing() throws {
    try withClosedService { service, log, key, _ throws in
      for parameters in [
        [:], bearer(""), bearer("x"), bearer(key + "x"), ["REMOTE_USER": "admin"],
        ["HTTP_AUTHORIZATION": credentials("admin", "wrong")],
      ] {
        for response in predictEverywhere(service, parameters) {
          #expect(response.status == 401)
          #expect(response.text.contains("Predictions are for those who have a name or a key"))
        }
      }
      #expect(try PredictionLog.newest(10, in: log).isEmpty)
      let whatIf = service.answer(
        "POST", "/predict/what-if", contentType: "application/json",
        body: Array(documentedPatients[0].utf8))
      #expect(whatIf.status == 401)
      for path in ["/model/info", "/health", "/v2", "/v2/health/ready", "/models"] {
        #expect(service.answer("GET", path).status == 200)
      }
    }
  }

  @Test func whoAskedStandsInTheLog() throws {
    try withClosedService { service, log, key, _ throws in
      for response in predictEverywhere(service, bearer(key)) { #expect(response.status == 200) }
      #expect(
        try PredictionLog.newest(10, in: log).map(\.requestedBy)
          == Array(repeating: "key:ward-3", count: 5))
      #expect(service.predict(documentedPatients[0], parameters: signedIn(as: "ann")).status == 200)
      #expect(try PredictionLog.newest(1, in: log)[0].requestedBy == "ann")
      let list = service.administer("GET", "/predictions").text
      #expect(list.contains("\"requested_by\":\"ann\""))
      #expect(list.contains("\"requested_by\":\"key:ward-3\""))
    }
  }

  @Test func aKeyThatIsRevokedIsGoodForNothingAtOnce() throws {
    try withClosedService { service, _, key, keys throws in
      #expect(service.predict(documentedPatients[0], parameters: bearer(key)).status == 200)
      _ = try write([], to: keys)
      #expect(service.predict(documentedPatients[0], parameters: bearer(key)).status == 401)
    }
  }

  @Test func aKeyHasAQuotaOfItsOwn() throws {
    try withClosedService(perMinute: 2) { service, _, key, _ throws in
      let statuses = (0..<3).map { _ in
        service.predict(documentedPatients[0], parameters: bearer(key)).status
      }
      #expect(statuses == [200, 200, 429])
      let refused = service.predict(documentedPatients[0], parameters: bearer(key))
      #expect(refused.header("Retry-After") == "30")
      #expect(service.predict(documentedPatients[0], parameters: signedIn()).status == 200)
    }
  }

  @Test func aKeyOpensNothingButPredictions() throws {
    try withClosedService { service, _, key, _ throws in
      for (method, path) in AdministrationTests.addresses {
        #expect(service.answer(method, path, parameters: bearer(key)).status == 401)
      }
    }
  }

  /// How a request would be answered.
  private func treatment(
    _ service: Service, _ method: String, _ path: String, _ parameters: [String: String] = [:]
  ) -> Treatment {
    let own = ["REQUEST_METHOD": method, "PATH_INFO": path]
    return service.treatment(of: Request(parameters: parameters.merging(own) { $1 }))
  }

  @Test func onlyWhoIsKnownIsAnsweredOnTheEventLoop() throws {
    #expect(treatment(service, "POST", "/predict") == .brief)
    let hashing = Treatment(.whole, lane: ServiceLane.signIn.rawValue)
    try withClosedService { service, _, key, keys throws in
      let ways = [
        ("POST", "/predict", [:]), ("GET", "/sign-in", ["SIGN_IN_FOR": "prediction"]),
        ("GET", "/sign-in", ["SIGN_IN_FOR": "engineer"]),
      ]
      for (method, path, purpose) in ways {
        func find(_ parameters: [String: String]) -> Treatment {
          treatment(service, method, path, parameters.merging(purpose) { $1 })
        }
        let isForRole = purpose["SIGN_IN_FOR"] == "engineer"
        for parameters in [
          bearer(key + "x"), signedIn(as: "eve"), ["HTTP_AUTHORIZATION": "Basic !"],
          ["HTTP_AUTHORIZATION": credentials("admin", "wrong")],
        ] {
          #expect(find(parameters) == hashing)
        }
        #expect(find([:]) == .brief && find(["HTTP_AUTHORIZATION": ""]) == .brief)
        #expect(find(bearer(key)) == (isForRole ? hashing : .brief))
        #expect(service.answer("GET", "/me", parameters: signedIn()).status == 200)
        #expect(find(signedIn()) == .brief)
      }
      // With a query it may be an explanation.
      let query = bearer(key).merging(["QUERY_STRING": "explain=true"]) { $1 }
      #expect(
        treatment(service, "POST", "/predict", query).lane
          == ServiceLane.explanations.rawValue)
      _ = try write([], to: keys)
      #expect(treatment(service, "POST", "/predict", bearer(key)) == hashing)
    }
  }

  @Test func whoLacksTheRoleIsToldOfBesideTheEventLoop() throws {
    try withAdministeredService { service, folder throws in
      _ = try write(Array("doc:\(passwordHash):clinician\n".utf8), to: "\(folder)/htpasswd")
      let parameters = signedIn(["SIGN_IN_FOR": "engineer"], as: "doc")
      #expect(service.answer("GET", "/me", parameters: parameters).status == 200)
      #expect(treatment(service, "GET", "/sign-in", parameters) != .brief)
    }
  }

  @Test func keysThatCannotBeReadAreNotCalledWrong() throws {
    try withClosedService { service, _, key, keys throws in
      unlink(keys)
      #expect(service.predict(documentedPatients[0], parameters: bearer(key)).status == 401)
      mkdir(keys, 0o700)
      // What was read last, nothing, stays in force.
      #expect(service.predict(documentedPatients[0], parameters: bearer(key)).status == 401)
    }
    try withTemporaryFolder { folder throws in
      try withAdministeredService({
        $0.predictionsNeedAccess = true
        $0.keys = folder
      }) { service, _ in
        let response = service.predict(documentedPatients[0], parameters: bearer("dk_x"))
        #expect(response.status == 503 && response.header("Retry-After") == "5")
      }
    }
  }

  @Test func theWebServerAsksBeforeALongTableComesWithoutChargingTheKey() throws {
    try withClosedService(perMinute: 1) { service, _, key, _ throws in
      func ask(_ parameters: [String: String]) -> Int {
        let purpose = ["SIGN_IN_FOR": "prediction"]
        return service.answer(
          "GET", "/sign-in", parameters: parameters.merging(purpose) { $1 }
        ).status
      }
      #expect(ask([:]) == 401)
      for _ in 0..<3 { #expect(ask(bearer(key)) == 204) }
      #expect(service.predict(documentedPatients[0], parameters: bearer(key)).status == 200)
    }
  }
}
