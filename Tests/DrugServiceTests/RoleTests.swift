import Accounts
import FastCGI
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct RoleTests {
  /// Each address that needs a name, and who may do what is done there.
  static let addresses: [(method: String, path: String, roles: Set<Role>)] = [
    ("GET", "/me", Set(Role.allCases)), ("GET", "/audit", [.auditor]),
    ("GET", "/predictions", [.auditor]), ("GET", "/predictions/x", [.clinician, .auditor]),
    ("GET", "/retrain/jobs", [.engineer, .auditor]), ("GET", "/runs", [.engineer, .auditor]),
    ("GET", "/runs/1", [.engineer, .auditor]), ("PUT", "/runs/1/remark", [.engineer]),
    ("GET", "/retrain/jobs/x", [.engineer, .auditor]), ("DELETE", "/retrain/jobs/x", [.engineer]),
    ("POST", "/retrain", [.engineer]), ("POST", "/models/0123456789ab/activate", [.engineer]),
    ("POST", "/predictions/x/outcome", [.clinician]), ("PUT", "/datasets/x", [.engineer]),
    ("DELETE", "/predictions/x", [.auditor]),
    ("GET", "/models/0123456789ab/misses", [.engineer, .auditor]),
    ("GET", "/models/0123456789ab/changes", [.engineer]),
    ("PUT", "/models/0123456789ab/labels", [.engineer]),
    ("PUT", "/models/0123456789ab/aliases/x", [.engineer]),
    ("DELETE", "/models/0123456789ab/aliases/x", [.engineer]),
    ("GET", "/models/0123456789ab/shadow", Set(Role.allCases)),
    ("POST", "/models/0123456789ab/shadow", [.engineer]),
    ("DELETE", "/models/0123456789ab/shadow", [.engineer]),
    ("GET", "/models/0123456789ab/shadow/disagreements", [.engineer, .auditor]),
  ]

  private func withRoles<Result>(_ body: (Service) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder throws in
      let lines = Role.allCases.map { "\($0.rawValue):\(passwordHash):\($0.rawValue)\n" }
      let path = try write(
        Array((lines.joined() + "admin:\(passwordHash)\n").utf8), to: "\(folder)/people")
      return try withAdministeredService({ $0.passwords = path }) { service, _ throws in
        try body(service)
      }
    }
  }

  @Test("Who lacks the role is told which it is", arguments: addresses.indices)
  func forbidden(_ index: Int) throws {
    let (method, path, roles) = Self.addresses[index]
    try withRoles { service throws in
      for role in Role.allCases {
        let response = service.administer(method, path, "{}", as: role.rawValue)
        #expect((response.status == 403) == !roles.contains(role), "\(role)")
        guard response.status == 403 else { continue }
        let problem: ProblemBody = try response.decoded()
        #expect(problem.name == "forbidden")
        let needed = Role.allCases.filter(roles.contains).map(\.rawValue).joined(separator: " or ")
        #expect(problem.detail == "This needs the role \(needed).")
        let act = try #require(try service.acts().last)
        #expect(act.user == role.rawValue && act.outcome == "refused" && act.detail == "forbidden")
      }
    }
  }

  @Test func allAddressesThatNeedANameAreThere() {
    #expect(
      Set(Self.addresses.map { "\($0.method) \($0.path)" })
        == Set(AdministrationTests.addresses.map { "\($0.0) \($0.1)" }))
  }

  @Test func theRolesOfWhoIsSignedInAreTold() throws {
    struct Me: Decodable { let roles: [String] }
    try withRoles { service throws in
      #expect(
        try service.administer("GET", "/me", as: "auditor").decoded(as: Me.self).roles == [
          "auditor"
        ])
    }
  }

  @Test func theWebServerAsksWhetherALongBodyMayCome() throws {
    try withRoles { service throws in
      func ask(_ user: String, _ role: String = "engineer", password: String = "secret") -> (
        Int, String?
      ) {
        let response = service.answer(
          "GET", "/sign-in",
          parameters: [
            "HTTP_AUTHORIZATION": credentials(user, password), "SIGN_IN_FOR": role,
            "SIGN_IN_SUBJECT": "/datasets/x",
          ])
        return (response.status, response.header("X-Refusal"))
      }
      #expect(ask("engineer") == (204, nil))
      #expect(ask("auditor") == (401, "403"))
      #expect(try service.acts().last?.subject == "/datasets/x")
      #expect(ask("engineer", password: "x") == (401, "401"))
      #expect(ask("engi\nneer") == (401, "400"))
      #expect(ask("engineer", "").0 == 404)
    }
  }
}
