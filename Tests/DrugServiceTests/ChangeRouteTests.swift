import FastCGI
import Models
import POSIX
import TestSupport
import Testing
@testable import DrugService

@Suite struct ChangeRouteTests {
  private struct Changes: Decodable {
    struct Changed: Decodable {
      struct Row: Decodable { let row: Int, actual: String, before: String, after: String }
      let rows: [Row], row_count: Int, become_right: Int, become_wrong: Int
    }
    let version: String, champion: String, dataset: String?
    let changed: Changed?
  }

  @Test func whatWouldChangeIsToldOfTheTableOfTheTraining() throws {
    var folder = ""
    try withAdministeredService({ folder = $0.models }) { service, _ throws in
      let served = try #require(ModelRegistry(root: folder).currentVersion)
      func changes(_ version: String) throws -> Changes {
        try service.administer("GET", "/models/\(version)/changes").decoded()
      }
      let same = try changes(served)
      #expect(same.champion == served && same.dataset == "drug200")
      #expect(same.changed?.row_count == 0 && same.changed?.rows.isEmpty == true)
      // Another model that is kept and not served.
      let other = try saveModel(in: folder, treeCount: 1, seed: 7)
      try ModelRegistry(root: folder).activate(served)
      let found = try #require(try changes(other).changed)
      #expect(found.row_count == found.rows.count && found.row_count > 0)
      #expect(found.become_right == found.rows.count { $0.after == $0.actual })
      #expect(found.become_wrong == found.rows.count { $0.before == $0.actual })
      #expect(service.administer("GET", "/models/0123456789ab/changes").status == 404)
      #expect(service.administer("GET", "/models/x/changes").status == 404)
    }
  }

  @Test func aVersionIsReadOnceAndADamagedOneIsToldAsOne() throws {
    var folder = ""
    try withAdministeredService({ folder = $0.models }) { service, _ throws in
      let registry = ModelRegistry(root: folder)
      let served = try #require(registry.currentVersion)
      let other = try saveModel(in: folder, treeCount: 1, seed: 7)
      try registry.activate(served)
      let path = "/models/\(other)/changes"
      #expect(service.administer("GET", path).status == 200)
      // What a look does not tell of by date and size is what was read before.
      let picture = "\(registry.folder(of: other))/confusion_matrix.png"
      try DurableFile.write(Array("x".utf8), to: picture)
      #expect(service.administer("GET", path).status == 200)
      try DurableFile.write(Array("{}".utf8), to: "\(registry.folder(of: other))/card.json")
      let response = service.administer("GET", path)
      #expect(response.status == 500)
      #expect(try response.decoded(as: ProblemBody.self).name == "damaged-model")
    }
  }

  @Test func ofAModelOfNoKnownTableNobodyCanTell() throws {
    var folder = ""
    try withAdministeredService({
      folder = $0.models
      $0.retraining?.data = "/nowhere.csv"
    }) { service, _ throws in
      let served = try #require(ModelRegistry(root: folder).currentVersion)
      let told: Changes = try service.administer("GET", "/models/\(served)/changes").decoded()
      #expect(told.dataset == nil && told.changed == nil)
    }
  }
}
