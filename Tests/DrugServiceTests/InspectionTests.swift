import FastCGI
import FoundationEssentials
import Models
import POSIX
import Records
import TestSupport
import Testing

@testable import DrugService

@Suite struct InspectionTests {
  private struct Tree: Decodable {
    struct Node: Decodable {
      let field: String?, test: String?, left: Int?, threshold: Double?, value: String?
      let shares: [Double]?
    }
    let tree: Int, trees: Int, drugs: [String], nodes: [Node], samples: [Double]
  }

  @Test func aTreeIsToldInTheWordsOfTheFields() throws {
    try withAdministeredService { service, folder in
      let version = try #require(ModelRegistry(root: "\(folder)/models").currentVersion)
      let tree: Tree = try service.answer("GET", "/models/\(version)/trees/9").decoded()
      #expect(tree.tree == 9 && tree.trees == 10 && tree.drugs.count == 5)
      #expect(tree.nodes.count == tree.samples.count)
      for node in tree.nodes {
        #expect((node.shares == nil) == (node.left != nil))
        if let shares = node.shares { #expect(abs(shares.reduce(0, +) - 1) < 1e-9) }
      }
      #expect(tree.nodes.contains { $0.field == "Na_to_K" && $0.threshold != nil })
      for path in ["trees/10", "trees/-1", "trees/x", "trees/99999999999999999999"] {
        let problem: ProblemBody = try service.answer("GET", "/models/\(version)/\(path)").decoded()
        #expect(problem.type == "urn:drug-classifier:problem:unknown-tree", "\(path)")
      }
      for path in ["/models/0123456789ab/trees/0", "/models/../trees/0"] {
        #expect(service.answer("GET", path).status == 404)
      }
    }
  }

  @Test func aDamagedVersionIsToldAsOneAndOneThatIsNotSignedIsLookedAt() throws {
    var models = ""
    try withAdministeredService({ settings in
      models = settings.models
      settings.trusted = TrustedKeys.none
    }) { service, _ throws in
      let version = try saveModel(in: models, treeCount: 2)
      let paths = ["trees/0", "misses"].map { "/models/\(version)/\($0)" }
      for path in paths { #expect(service.administer("GET", path).status == 200) }
      #expect(service.infer(InferenceBody.documented, version: version).status == 503)
      let card = "\(ModelRegistry(root: models).folder(of: version))/card.json"
      try DurableFile.write(Array("{}".utf8), to: card)
      for path in paths {
        let response = service.administer("GET", path)
        #expect(response.status == 500)
        #expect(try response.decoded(as: ProblemBody.self).name == "damaged-model")
      }
      #expect(service.infer(InferenceBody.documented, version: version).status == 503)
    }
  }

  @Test func thePatientsItIsWrongAboutAreForPeopleWithANameAndAudited() throws {
    struct Misses: Decodable {
      struct Miss: Decodable { let actual: String, recommended: String }
      let samples: Int, count: Int, misses: [Miss]
    }
    try withAdministeredService { service, folder in
      let version = try #require(ModelRegistry(root: "\(folder)/models").currentVersion)
      let path = "/models/\(version)/misses"
      #expect(service.answer("GET", path).status == 401)
      let found: Misses = try service.administer("GET", path).decoded()
      #expect(found.samples == 60 && found.count == found.misses.count)
      #expect(found.misses.allSatisfy { $0.actual != $0.recommended })
      let act = try #require(try service.acts().last { $0.action == "misses" })
      #expect(act.subject == version && act.detail.contains("patient"))
      #expect(service.administer("GET", "/models/0123456789ab/misses").status == 404)
    }
  }

  @Test func withoutItsTableNobodyKnowsWhomItIsWrongAbout() throws {
    try withTemporaryFolder { folder in
      let other = try write(
        Array("Age,Sex,BP,Cholesterol,Na_to_K,Drug\n45,M,HIGH,NORMAL,15.5,DrugY\n".utf8),
        to: "\(folder)/other.csv")
      try withAdministeredService({
        $0.retraining = RetrainingSettings(command: ["/bin/false"], data: other)
      }) { service, folder in
        let version = try #require(ModelRegistry(root: "\(folder)/models").currentVersion)
        let problem: ProblemBody = try service.administer("GET", "/models/\(version)/misses")
          .decoded()
        #expect(
          problem.type == "urn:drug-classifier:problem:unknown-table" && problem.status == 404)
      }
    }
  }
}
