import FastCGI
import FoundationEssentials
import Models
import POSIX
import TestSupport
import Testing

@testable import DrugService

@Suite struct ModelListTests {
  private struct Listed: Decodable {
    struct Model: Decodable {
      let version: String
      let is_current: Bool
      let differences: Differences?
    }
    struct Differences: Decodable {
      struct Field: Decodable { let name: String, change: String, after: Allowed? }
      struct Drug: Decodable { let name: String, patients: Int? }
      struct Allowed: Decodable { let allowed: String }
      let comparable: Bool, fields: [Field], drugs: [Drug]
    }

    let current: String?
    let models: [Model]
    let total: Int
    let next: String?
  }

  private func list(_ service: Service, _ query: String = "") throws -> Listed {
    try service.answer("GET", "/models", parameters: ["QUERY_STRING": query]).decoded()
  }

  @Test func theModelsAreListedPageByPageTheNewestFirst() throws {
    try withTemporaryFolder { folder in
      let versions = try (1...5).map { try saveModel(in: folder, treeCount: $0) }
      let service = Service(ServiceSettings(models: folder), logger: silent)
      let all = try list(service)
      #expect(Set(all.models.map(\.version)) == Set(versions))
      #expect(all.total == 5 && all.next == nil && all.current == versions.last)
      #expect(all.models.filter(\.is_current).map(\.version) == [versions.last])
      let summaries = ModelRegistry(root: folder).summaries.map(\.version)
      #expect(all.models.map(\.version) == summaries)
      var seen: [String] = []
      var query: String? = "limit=2"
      while let next = query {
        let page = try list(service, next)
        #expect(page.total == 5 && page.current == versions.last && page.models.count <= 2)
        seen += page.models.map(\.version)
        query = page.next.map { String($0.drop { $0 != "?" }.dropFirst()) }
      }
      #expect(seen == summaries)
      let beyond = try list(service, "from=9")
      #expect(beyond.models.isEmpty && beyond.next == nil && beyond.total == 5)
    }
  }

  @Test func whatIsOtherThanInTheServedModelIsTold() throws {
    try withTemporaryFolder { folder in
      let own = try saveModel(in: folder)
      let twin = try saveModel(in: folder, treeCount: 2)
      let other = try train(in: folder) { training in
        training.source.schema = withoutCholesterol
        training.options.treeCount = 3
      }.version
      let service = Service(ServiceSettings(models: folder), logger: silent)
      func differences() throws -> [String: Listed.Differences] {
        Dictionary(
          uniqueKeysWithValues: try list(service).models.compactMap { model in
            model.differences.map { (model.version, $0) }
          })
      }
      var found = try differences()
      #expect(Set(found.keys) == [own, twin])
      #expect(found[own]?.comparable == false)
      #expect(found[own]?.fields.map(\.name) == ["Cholesterol"])
      #expect(found[own]?.fields.map(\.change) == ["added"])
      #expect(found[own]?.fields[0].after == nil)
      // One version tells of the values, too.
      struct Details: Decodable { let differences: Listed.Differences? }
      func details(_ version: String) throws -> Details {
        try service.answer("GET", "/models/\(version)").decoded()
      }
      #expect(try details(own).differences?.fields[0].after?.allowed == "HIGH, NORMAL")
      #expect(try details(other).differences == nil)
      // Another is served: all that was known is of the one before.
      try ModelRegistry(root: folder).activate(twin)
      found = try differences()
      #expect(Set(found.keys) == [other] && found[other]?.fields.map(\.change) == ["removed"])
      #expect(try details(own).differences == nil)
    }
  }

  @Test(arguments: ["limit=0", "limit=1001", "from=-1", "x=1", "limit=a"])
  func anotherQueryIsRefused(_ query: String) {
    let response = service.answer("GET", "/models", parameters: ["QUERY_STRING": query])
    #expect(response.status == 400)
  }

  @Test func whatHasComeGoneOrChangedIsSeen() throws {
    try withTemporaryFolder { folder in
      let first = try saveModel(in: folder, treeCount: 1)
      let service = Service(ServiceSettings(models: folder), logger: silent)
      let before = try list(service)
      #expect(before.models.map(\.version) == [first])
      let second = try saveModel(in: folder, treeCount: 2)
      let both = try list(service)
      #expect(Set(both.models.map(\.version)) == [first, second])
      let registry = ModelRegistry(root: folder)
      try registry.activate(first)
      let current = try list(service).models.first { $0.is_current }
      #expect(current?.version == first)
      // A card that cannot be read is no model of the list, and is one again when it can.
      let card = "\(registry.folder(of: second))/card.json"
      #expect(rename(card, "\(card).away") == 0)
      let without = try list(service)
      #expect(without.models.map(\.version) == [first])
      #expect(rename("\(card).away", card) == 0)
      let again = try list(service)
      #expect(again.total == 2)
    }
  }

  @Test func whatWasReadBadlyOnceIsReadAgain() throws {
    try withTemporaryFolder { folder in
      let version = try saveModel(in: folder, treeCount: 1)
      let service = Service(ServiceSettings(models: folder), logger: silent)
      let files = ModelRegistry(root: folder).folder(of: version)
      // As with a mistake in the list that is mended in place, or a lack of descriptors.
      let list = "\(files)/SHA256SUMS"
      let right = try #require(FileManager.default.contents(atPath: list))
      try Data("nothing".utf8).write(to: URL(filePath: list))
      let without = try self.list(service)
      #expect(without.models.isEmpty)
      try right.write(to: URL(filePath: list))
      let again = try self.list(service)
      #expect(again.models.map(\.version) == [version])
      // And what changes afterwards is seen.
      try Data("nothing".utf8).write(to: URL(filePath: list))
      let spoilt = try self.list(service)
      #expect(spoilt.models.isEmpty)
    }
  }
}
