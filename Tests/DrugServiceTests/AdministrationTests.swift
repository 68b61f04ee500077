import FastCGI
import FoundationEssentials
import Models
import POSIX
import Records
import TestSupport
import Testing
@testable import DrugService

/// Those who may sign in, and with what: a hash that takes little time.
let people = ["admin", "eve", "other", "ann", "ann \"b\""]
let passwordHash = "$1$tests$CvIKzvfabbu7yjEzvHy7b/"

/// Writes their file.
func writePeople(in folder: String) throws -> String {
  try write(
    Array(people.map { "\($0):\(passwordHash)\n" }.joined().utf8), to: "\(folder)/htpasswd")
}

/// The header by which somebody signs in.
func credentials(_ user: String, _ password: String = "secret") -> String {
  "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
}

/// Signs in as an administrator.
func signedIn(_ parameters: [String: String] = [:], as user: String = "admin") -> [String: String] {
  parameters.merging(["HTTP_AUTHORIZATION": credentials(user)]) { given, _ in given }
}

/// A service with a log of predictions, an audit log and a model, and the folder of these.
func withAdministeredService<Result>(
  _ change: (inout ServiceSettings) -> Void = { _ in },
  _ body: (_ service: Service, _ folder: String) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder throws in
    _ = try saveModel(in: "\(folder)/models")
    var settings = ServiceSettings(models: "\(folder)/models")
    settings.log = .init(path: "\(folder)/predictions.sqlite")
    settings.auditLog = "\(folder)/audit.sqlite"
    settings.temporaryFolder = folder
    settings.passwords = try writePeople(in: folder)
    settings.retraining = RetrainingSettings(
      command: ["/bin/false"], data: "\(repositoryRoot)/data/drug200.csv")
    change(&settings)
    return try body(Service(settings, logger: silent), folder)
  }
}

extension Service {
  /// Sends JSON as an administrator.
  func administer(
    _ method: String, _ path: String, _ json: String? = nil, parameters: [String: String] = [:],
    as user: String = "admin"
  ) -> Response {
    answer(
      method, path, contentType: json == nil ? nil : "application/json",
      body: Array((json ?? "").utf8), parameters: signedIn(parameters, as: user))
  }

  /// The acts of the audit log, the oldest first.
  func acts() throws -> [AuditAct] {
    let trail: AuditTrail = try administer("GET", "/audit").decoded()
    #expect(trail.intact)
    return trail.entries.reversed().map {
      AuditAct(
        user: $0.user, action: $0.action, subject: $0.subject, outcome: $0.outcome,
        detail: $0.detail, address: $0.address)
    }
  }
}

struct AuditTrail: Decodable {
  struct Entry: Decodable {
    let number: Int
    let time: String
    let user: String, address: String, action: String, subject: String, outcome: String
    let detail: String
    let hash: String, previous_hash: String
  }
  let entries: [Entry]
  let intact: Bool
  let first_broken: Int?
  let finding: String?
}

@Suite struct AdministrationTests {
  static let addresses = [
    ("GET", "/me"), ("GET", "/audit"), ("GET", "/predictions"), ("GET", "/retrain/jobs"),
    ("GET", "/runs"), ("GET", "/runs/1"), ("PUT", "/runs/1/remark"),
    ("GET", "/models/0123456789ab/changes"),
    ("GET", "/retrain/jobs/x"), ("DELETE", "/retrain/jobs/x"), ("POST", "/retrain"),
    ("POST", "/models/0123456789ab/activate"), ("POST", "/predictions/x/outcome"),
    ("PUT", "/datasets/x"), ("GET", "/predictions/x"), ("DELETE", "/predictions/x"),
    ("GET", "/models/0123456789ab/misses"), ("PUT", "/models/0123456789ab/labels"),
    ("PUT", "/models/0123456789ab/aliases/x"), ("DELETE", "/models/0123456789ab/aliases/x"),
    ("GET", "/models/0123456789ab/misses"), ("GET", "/models/0123456789ab/shadow"),
    ("POST", "/models/0123456789ab/shadow"), ("DELETE", "/models/0123456789ab/shadow"),
    ("GET", "/models/0123456789ab/shadow/disagreements"),
  ]

  @Test("An administrators' address wants a name", arguments: addresses)
  func unauthorized(_ method: String, _ path: String) throws {
    try withAdministeredService { service, _ throws in
      for parameters in [
        [:], ["HTTP_AUTHORIZATION": ""], ["REMOTE_USER": "admin"],
        ["HTTP_AUTHORIZATION": "Bearer secret"],
      ] {
        let response = service.answer(
          method, path, contentType: "application/json", body: Array("{}".utf8),
          parameters: parameters)
        #expect(response.status == 401)
        #expect(response.header("WWW-Authenticate")?.hasPrefix("Basic realm=") == true)
        #expect(try response.decoded(as: ProblemBody.self).name == "unauthorized")
      }
      #expect(try service.acts().isEmpty)
    }
  }

  @Test("A page of another site changes nothing", arguments: ["cross-site", "same-site", "x"])
  func foreignSite(_ site: String) throws {
    try withAdministeredService { service, _ throws in
      for (method, path) in Self.addresses where method != "GET" {
        let response = service.administer(
          method, path, "{}", parameters: ["HTTP_SEC_FETCH_SITE": site], as: "eve")
        #expect(response.status == 403)
        #expect(try response.decoded(as: ProblemBody.self).name == "foreign-site")
      }
      let acts = try service.acts()
      #expect(acts.count == 12)
      #expect(
        acts.allSatisfy {
          $0.user == "eve" && $0.outcome == "refused" && $0.detail == "foreign-site"
        })
      #expect(
        Set(acts.map(\.action)) == [
          "activate", "alias", "cancel", "dataset", "end shadow", "forget", "labels", "outcome",
          "remark", "retrain", "shadow",
        ])
    }
  }

  @Test("JSON is sent as JSON", arguments: addresses.filter { $0.0 == "POST" })
  func contentType(_ method: String, _ path: String) throws {
    try withAdministeredService { service, _ throws in
      for type in ["text/plain", "application/x-www-form-urlencoded", nil] {
        let response = service.answer(
          method, path, contentType: type, body: Array("{}".utf8),
          parameters: signedIn(["HTTP_SEC_FETCH_SITE": "same-origin"]))
        #expect(response.status == 415)
      }
      #expect(
        try service.acts().map(\.detail) == Array(repeating: "unsupported-media-type", count: 3))
    }
  }

  @Test func whoSignsInIsTold() throws {
    struct Me: Decodable {
      let user: String
      let roles: [String]
    }
    try withAdministeredService { service, _ throws in
      let response = service.answer("GET", "/me", parameters: signedIn(as: "ann \"b\""))
      #expect(response.status == 200)
      let me: Me = try response.decoded()
      #expect(me.user == "ann \"b\"" && me.roles == ["clinician", "engineer", "auditor"])
    }
  }

  @Test func withoutAnAuditLogThatCanBeWrittenNothingIsChanged() throws {
    try withAdministeredService({ $0.auditLog = "/proc/nowhere/audit.sqlite" }) {
      service, folder throws in
      let version = try saveModel(in: "\(folder)/models", seed: 1)
      let registry = ModelRegistry(root: "\(folder)/models")
      let before = try #require(registry.currentVersion)
      try registry.activate(version)
      for (method, path) in [
        ("POST", "/models/\(before)/activate"), ("POST", "/retrain"), ("PUT", "/datasets/x"),
      ] {
        let response = service.administer(method, path, "{}")
        #expect(response.status == 503)
        #expect(try response.decoded(as: ProblemBody.self).name == "audit-not-writable")
        #expect(!response.text.contains("nowhere"))
      }
      #expect(registry.currentVersion == before)
    }
  }

  @Test func whoeverReadsPatientsIsRecordedWithTheAddress() throws {
    try withAdministeredService { service, _ throws in
      for number in 0..<3 {
        _ = service.predict(documentedPatients[0], parameters: ["REQUEST_ID": "r\(number)"])
      }
      for query in ["", "limit=1", "limit=x"] {
        _ = service.administer(
          "GET", "/predictions",
          parameters: ["QUERY_STRING": query, "REMOTE_ADDR": "192.0.2.7"], as: "ann")
      }
      let acts = try service.acts()
      #expect(acts.allSatisfy { $0.user == "ann" && $0.address == "192.0.2.7" })
      #expect(acts.allSatisfy { $0.action == "read" && $0.subject == "predictions" })
      #expect(acts.map(\.outcome) == ["done", "done", "refused"])
      #expect(acts.map(\.detail) == ["3 rows", "1 row", "invalid-query"])
    }
  }

  @Test func withoutAnAuditLogThatCanBeWrittenNoPatientIsTold() throws {
    try withAdministeredService({ $0.auditHeads = "/proc/nowhere/audit.heads" }) {
      service, _ throws in
      _ = service.predict(documentedPatients[0])
      let response = service.administer("GET", "/predictions")
      #expect(response.status == 503)
      #expect(try response.decoded(as: ProblemBody.self).name == "audit-not-writable")
      #expect(!response.text.contains("Na_to_K"))
    }
  }

  @Test func whatIsMissingFromTheAuditLogIsTold() throws {
    try withAdministeredService { service, folder throws in
      for _ in 0..<2 { _ = service.administer("GET", "/predictions") }
      #expect(try service.acts().count == 2)
      unlink("\(folder)/audit.sqlite")
      let trail: AuditTrail = try service.administer("GET", "/audit").decoded()
      #expect(!trail.intact && trail.first_broken == 1 && trail.entries.isEmpty)
      #expect(trail.finding?.contains("missing") == true)
    }
  }

  @Test("A query is understood or refused", arguments: ["/predictions", "/audit"])
  func queries(_ path: String) throws {
    try withAdministeredService { service, _ throws in
      for query in [
        "limit=0", "limit=1001", "limit=x", "limit=-1", "limit", "order=up", "limit=+1",
      ] {
        let response = service.administer("GET", path, parameters: ["QUERY_STRING": query])
        #expect(response.status == 400)
        let problem: ProblemBody = try response.decoded()
        #expect(problem.name == "invalid-query" && problem.detail.contains("limit=NUMBER"))
      }
      for query in ["", "limit=1", "limit=1000"] {
        let response = service.administer("GET", path, parameters: ["QUERY_STRING": query])
        #expect(response.status == 200)
      }
    }
  }

  @Test func anActOnWhatIsNotThereIsRecorded() throws {
    try withAdministeredService { service, folder throws in
      _ = service.administer("POST", "/models/0123456789ab/activate", "{}")
      #expect(try service.acts().map(\.detail) == ["unknown-model"])
      #expect(try service.acts().map(\.subject) == ["0123456789ab"])
    }
  }
}
