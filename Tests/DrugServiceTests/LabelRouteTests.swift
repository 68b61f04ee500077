import FastCGI
import FoundationEssentials
import Models
import POSIX
import Records
import TestSupport
import Testing

@testable import DrugService

@Suite struct LabelRouteTests {
  private struct Labels: Decodable, Equatable {
    let version: String
    let aliases: [String]
    let tags: [String: String]
    let note: String?
  }
  private struct List: Decodable { let models: [Labels] }

  /// A service of two models, of which the second is served.
  private func withTwoModels(
    _ body: (Service, _ versions: [String], ModelRegistry) throws -> Void
  ) throws {
    var models = ""
    try withAdministeredService({ settings in
      models = settings.models
      _ = try? saveModel(in: models, treeCount: 2)
    }) { service, _ throws in
      let registry = ModelRegistry(root: models)
      let served = try #require(registry.currentVersion)
      let other = try #require(registry.versions.first { $0 != served })
      try body(service, [other, served], registry)
    }
  }

  @Test func labelsAreGivenToldTakenAwayAndStandInTheAuditLog() throws {
    try withTwoModels { service, versions, _ in
      let old = versions[0]
      let kept: Labels = try service.administer(
        "PUT", "/models/\(old)/labels", #"{"tags":{"ward":"3"},"note":"of May"}"#
      ).decoded()
      #expect(kept == Labels(version: old, aliases: [], tags: ["ward": "3"], note: "of May"))
      let named: Labels = try service.administer("PUT", "/models/\(old)/aliases/ward-3").decoded()
      #expect(
        named == Labels(version: old, aliases: ["ward-3"], tags: ["ward": "3"], note: "of May"))
      #expect(try service.answer("GET", "/models/\(old)").decoded() == named)
      let list: List = try service.answer("GET", "/models").decoded()
      #expect(list.models.first { $0.version == old } == named)
      #expect(list.models.first { $0.version == versions[1] }?.aliases == ["champion"])

      let moved: Labels = try service.administer("PUT", "/models/champion/aliases/ward-3").decoded()
      #expect(moved.version == versions[1] && moved.aliases == ["champion", "ward-3"])
      #expect(service.administer("DELETE", "/models/\(old)/aliases/ward-3").status == 404)
      let without: Labels = try service.administer("DELETE", "/models/ward-3/aliases/ward-3")
        .decoded()
      #expect(without.version == versions[1] && without.aliases == ["champion"])
      let emptied: Labels = try service.administer("PUT", "/models/\(old)/labels", "{}").decoded()
      #expect(emptied == Labels(version: old, aliases: [], tags: [:], note: nil))
      let acts = try service.acts()
      #expect(acts.map(\.action) == ["labels", "alias", "alias", "alias", "alias", "labels"])
      #expect(
        acts.map(\.subject) == [old, old, versions[1], old, versions[1], old])
      #expect(
        acts.map(\.detail) == [
          "ward=3, of May", "ward-3", "ward-3, instead of \(old)", "unknown-alias",
          "without ward-3", "",
        ])
    }
  }

  @Test func everyAddressOfAVersionTakesAnAlias() throws {
    try withTwoModels { service, versions, registry in
      try registry.setAlias("ward-3", to: versions[0])
      for (name, version) in [("ward-3", versions[0]), ("champion", versions[1])] {
        struct Details: Decodable { let version: String, is_current: Bool }
        let details: Details = try service.answer("GET", "/models/\(name)").decoded()
        #expect(details.version == version && details.is_current == (name == "champion"))
        #expect(service.answer("GET", "/models/\(name)/trees/0").status == 200)
        for path in ["misses", "changes"] {
          #expect(service.administer("GET", "/models/\(name)/\(path)").status == 200)
        }
        for path in ["report", "plots/importance.svg"] {
          let answer = service.answer("GET", "/models/\(name)/\(path)")
          #expect(answer.header("Content-Disposition")?.contains("model-\(version)") == true)
        }
        let file = service.answer("GET", "/models/\(name)/card.json")
        #expect(file.status == 307 && file.header("Location") == "/models/\(version)/card.json")
        #expect(file.header("Cache-Control") == "no-store")
        let address = "\(inferenceModel)/versions/\(name)"
        #expect(service.answer("GET", address).status == 200)
        #expect(service.answer("GET", "\(address)/ready").status == 200)
        let reply: InferenceReply = try service.infer(InferenceBody.documented, version: name)
          .decoded()
        #expect(reply.model_version == version)
      }
      #expect(service.answer("GET", "/models/\(versions[0])/card.json").status == 404)
      #expect(service.administer("POST", "/models/ward-3/activate", "{}").status == 200)
      #expect(registry.currentVersion == versions[0])
      let reply: InferenceReply = try service.infer(InferenceBody.documented, version: "champion")
        .decoded()
      #expect(reply.model_version == versions[0])
      #expect(try service.acts().last?.subject == versions[0])
      for path in ["/models/nobody", "/models/nobody/trees/0", "\(inferenceModel)/versions/nobody"]
      {
        #expect(service.answer("GET", path).status == 404)
      }
    }
  }

  @Test func whatCannotBeKeptIsRefusedWithTheReason() throws {
    try withTwoModels { service, versions, registry in
      func refused(
        _ method: String, _ path: String, _ body: String? = nil
      ) throws -> (status: Int, name: String, detail: String) {
        let response = service.administer(method, "/models/\(versions[0])/\(path)", body)
        let problem: ProblemBody = try response.decoded()
        return (response.status, problem.name, problem.detail)
      }
      #expect(
        try refused("PUT", "aliases/champion")
          == (422, "invalid-label", "Nothing was kept: the name champion is reserved."))
      #expect(try refused("PUT", "aliases/Ward").name == "invalid-label")
      #expect(try refused("DELETE", "aliases/nobody").name == "unknown-alias")
      for (body, name) in [
        (#"{"tags":{"a b":"c"}}"#, "invalid-label"), (#"{"note":"a\nb"}"#, "invalid-label"),
        (#"{"tags":{"a":7}}"#, "invalid-parameters"), (#"{"tags":[]}"#, "invalid-parameters"),
        (#"{"note":7}"#, "invalid-parameters"), (#"{"x":1}"#, "invalid-parameters"),
      ] {
        let found = try refused("PUT", "labels", body)
        #expect(found.status == 422 && found.name == name)
      }
      #expect(!FileStatus.exists("\(registry.root)/labels.json"))
      try DurableFile.write(Array("{".utf8), to: "\(registry.root)/labels.json")
      #expect(try refused("PUT", "aliases/ward").name == "labels-not-readable")
      #expect(service.answer("GET", "/models/ward").status == 503)
      for path in ["/models", "/models/champion", "/models/\(versions[0])"] {
        #expect(service.answer("GET", path).status == 200)
      }
    }
  }

  @Test func theInterfaceNamesTheReservedNames() throws {
    let path = "\(repositoryRoot)/www/openapi.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let schema = try #require(text.split(separator: "\"Alias\": {").last?.prefix(1000))
    let list = try #require(schema.firstMatch(of: /"enum": \[(.*?)\]/)).1
    let names = list.split(separator: ", ").map { $0.trimmingPrefix("\"").dropLast() }.map(
      String.init)
    #expect(Set(names) == AliasName.reserved)
  }

  /// Else an alias would stand where an address has a word of its own, some day.
  @Test func noPartOfAnAddressIsAnAlias() throws {
    try withTwoModels { _, versions, registry in
      for path in Service.routeNames where path.contains("{version}") || path.contains("/versions")
      {
        for part in path.split(separator: "/").dropFirst()
        where part != Substring(InferenceRoutes.modelName) && part != "models" {
          #expect(throws: RegistryError.self, "\(part)") {
            try registry.setAlias(String(part), to: versions[0])
          }
        }
      }
    }
  }
}
