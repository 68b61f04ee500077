import Accounts
import Foundation
import Models
import Patients
import Records
import TestSupport
import Testing
@testable import DrugService

/// www/openapi.json against the router; that every answer is as it says is for the running service
/// to show.
@Suite struct OpenAPITests {
  private struct Document: Decodable {
    struct Components: Decodable {
      let responses: [String: Response]
      let schemas: [String: Schema]
    }
    struct Response: Decodable { let content: [String: Media] }
    struct Media: Decodable { let schema: Schema }
    final class Schema: Decodable {
      let properties: [String: Schema]?
      let required: [String]?
      let `enum`: [String?]?
      let minimum: Double?
      let exclusiveMinimum: Double?
      let maximum: Double?
      let additionalProperties: Others?
    }
    /// What is said of members without a name: a schema, or that there are none.
    struct Others: Decodable {
      let areRefused: Bool

      init(from decoder: any Decoder) throws {
        areRefused = (try? Bool(from: decoder)) == false
      }
    }
    struct Info: Decodable { let version: String }
    struct Operation: Decodable { let operationId: String }

    let info: Info
    let paths: [String: [String: Operation]]
    let components: Components
  }

  private static func document() throws -> Document {
    let path = "\(repositoryRoot)/www/openapi.json"
    return try JSONDecoder().decode(Document.self, from: Data(contentsOf: URL(filePath: path)))
  }

  @Test func itHasTheRoutesAndMethodsOfTheRouter() throws {
    let documented = try Self.document().paths.mapValues { Set($0.keys.map { $0.uppercased() }) }
    func routes<Group: RouteGroup>(_ group: Group.Type) -> [(path: String, method: String)] {
      Group.routes.map { ($0.path, $0.method) }
    }
    // But for its own.
    let all = Service.groups.flatMap { routes($0) }.filter { $0.path != "/openapi.json" }
    let routes = Dictionary(grouping: all, by: \.path)
    #expect(documented == routes.mapValues { Set($0.map(\.method)) })
  }

  @Test func aPatientsFieldsAreThoseOfTheDomain() throws {
    let patient = try #require(try Self.document().components.schemas["Patient"])
    let fields = try #require(patient.properties)
    #expect(patient.additionalProperties?.areRefused == true)
    #expect(patient.required == PatientSchema.drug200.fields.map(\.name))
    #expect(Set(fields.keys) == Set(PatientSchema.drug200.fields.map(\.name)))
    for field in PatientSchema.drug200.fields {
      let schema = try #require(fields[field.name])
      switch field.domain {
      case .category(let names): #expect(schema.enum == names.map(Optional.some))
      case .number(let limits):
        #expect(schema.minimum == (limits.excludesMinimum ? nil : limits.minimum))
        #expect(schema.exclusiveMinimum == (limits.excludesMinimum ? limits.minimum : nil))
        #expect(schema.maximum == limits.maximum)
      }
    }
  }

  @Test func aPatientByPartsHasTheNumbersOfTheRatioInItsPlace() throws {
    let schemas = try Self.document().components.schemas
    let fields = try #require(schemas["Patient"]?.properties)
    let byParts = try #require(schemas["PatientByParts"])
    let properties = try #require(byParts.properties)
    let names = PatientSchema.drug200.fields.flatMap { $0.ratio?.parts ?? [$0] }.map(\.name)
    #expect(names == ["Age", "Sex", "BP", "Cholesterol", "Na", "K"])
    #expect(byParts.required == names && Set(properties.keys) == Set(names))
    #expect(byParts.additionalProperties?.areRefused == true)
    for name in names.prefix(4) {
      #expect("\(String(describing: properties[name]))" == "\(String(describing: fields[name]))")
    }
    for name in names.suffix(2) { #expect(properties[name]?.exclusiveMinimum == 0) }
  }

  @Test func itNamesEveryProblemUnderItsStatus() throws {
    let failure = RetrainingJob.Failure(code: "invalid_data", detail: "")
    let table = TableError(message: "")
    let malformed = JSONError(code: .malformed, pointer: "", detail: "")
    let problems =
      ([
        .notFound, .methodNotAllowed(allowed: []), .unsupportedMediaType(.json), .packedBody,
        .bodyTooLarge(limit: 1), .brokenBody, .malformed(malformed), .invalidPatient([]),
        .invalidQuery(allowed: ""), .invalidTable(table), .tooManyPatients(limit: 1),
        .logNotWritable(.full), .cannotSpool, .busy, .noModel, .damagedModel,
      ] as [ServiceError]).map(Problem.init)
      + ([
        .unauthorized, .malformedCredentials, .forbidden(needed: [.engineer]),
        .tooManyFailures(seconds: 1), .signInBusy, .accountsNotReadable, .keyRequired,
        .quotaExceeded(seconds: 1), .foreignSite, .auditNotWritable(.full),
      ] as [AccessError]).map(Problem.init)
      + ([
        .invalidParameters([]), .invalidDataset(table), .logNotReadable(.full), .unknown(.job),
        .unknown(.model), .unknown(.prediction), .unknown(.run), .modelRefused(reason: ""),
        .outcomeExists,
        .cannotStore, .shadowRefused(reason: ""), .unknown(.shadow), .unknown(.tree), .unknownTable,
        .treeTooLarge, .unknown(.alias), .labelRefused(reason: ""), .labelsNotReadable,
      ] as [AdministrationError]).map(Problem.init)
      + ([
        .unavailable, .inProgress(job: nil), .failed(.interrupted, job: ""),
        .failed(failure, job: ""), .cancelled(job: ""), .jobIsOver(.failed, job: ""),
      ] as [RetrainingError]).map(Problem.init)
    var documented: Set<String> = []
    for response in try Self.document().components.responses.values {
      for type in response.content.values
        .flatMap({ $0.schema.properties?["type"]?.enum ?? [] }).compactMap({ $0 })
      {
        documented.insert(String(type.split(separator: ":").last!))
      }
    }
    // What nginx refuses by itself; three of it have nothing to do with any route.
    let configuration = try String(
      contentsOfFile: "\(repositoryRoot)/nginx/problems.conf", encoding: .utf8)
    let refused = configuration.matches(of: /problem:([a-z-]+)/).map { String($0.1) }
    let elsewhere = ["precondition-failed", "not-implemented", "version-not-supported"]
    #expect(refused.count > 10 && Set(elsewhere).isSubset(of: refused))
    #expect(
      documented == Set(problems.map(\.name) + refused).subtracting(elsewhere))
  }

  @Test func itHasTheProgramsVersion() throws {
    #expect(try Self.document().info.version == programVersion)
  }
}
