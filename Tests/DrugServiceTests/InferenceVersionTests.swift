import FastCGI
import FoundationEssentials
import Models
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct InferenceVersionTests {
  private struct Model: Decodable { let versions: [String] }

  private func version(_ response: Response) throws -> String {
    try response.decoded(as: InferenceReply.self).model_version
  }

  @Test func everyVersionOfTheRegistryAnswersAndIsNamedInTheLog() throws {
    try withTemporaryFolder { folder in
      let models = "\(folder)/models"
      let versions = try (1...VersionStore.capacity + 2).map { count in
        try saveModel(in: models, treeCount: count)
      }
      var settings = ServiceSettings(models: models)
      settings.log = .init(path: "\(folder)/predictions.sqlite")
      let service = Service(settings, logger: silent)
      let model: Model = try service.answer("GET", inferenceModel).decoded()
      #expect(model.versions == versions.sorted())
      // More of them than are kept, and each more than once.
      for version in versions + versions.reversed() {
        let address = "\(inferenceModel)/versions/\(version)"
        #expect(service.answer("GET", address).status == 200)
        #expect(service.answer("GET", "\(address)/ready").status == 200)
        let response = service.infer(InferenceBody.documented, version: version)
        #expect(try self.version(response) == version)
      }
      let kept = try PredictionLog.newest(100, in: "\(folder)/predictions.sqlite")
      #expect(Set(kept.map(\.modelVersion)) == Set(versions))
      #expect(try version(service.infer(InferenceBody.documented)) == versions.last)
      let other = InferenceBody.documented.with(#","model_version":"\#(versions[0])""#)
      #expect(service.infer(other, version: versions[0]).status == 200)
      #expect(service.infer(other).status == 400)
    }
  }

  @Test func aVersionThatIsRemovedOrDamagedAnswersNoMore() throws {
    try withTemporaryFolder { models in
      let old = try saveModel(in: models, treeCount: 2)
      _ = try saveModel(in: models, treeCount: 3)
      let service = Service(ServiceSettings(models: models), logger: silent)
      #expect(service.infer(InferenceBody.documented, version: old).status == 200)
      let folder = "\(models)/registry/\(old)"
      let forest = try Data(contentsOf: URL(filePath: "\(folder)/forest.rf"))
      // Never in place: a mapped file that grows shorter ends the process.
      try FileManager.default.removeItem(atPath: "\(folder)/forest.rf")
      try forest.dropLast(8).write(to: URL(filePath: "\(folder)/forest.rf"))
      for _ in 0..<2 {
        let response = service.infer(InferenceBody.documented, version: old)
        #expect(response.status == 503 && response.header("Retry-After") == "5")
        #expect(
          try response.decoded(as: InferenceFault.self).error
            == "This version's files cannot be served.")
      }
      try FileManager.default.removeItem(atPath: "\(folder)/forest.rf")
      try forest.write(to: URL(filePath: "\(folder)/forest.rf"))
      #expect(service.infer(InferenceBody.documented, version: old).status == 200)
      try FileManager.default.removeItem(atPath: folder)
      #expect(service.infer(InferenceBody.documented, version: old).status == 404)
      #expect(service.infer(InferenceBody.documented).status == 200)
    }
  }

  @Test func threadsThatAskForVersionsAtOnceEachGetTheirOwn() throws {
    try withTemporaryFolder { models in
      let versions = try (1...3).map { try saveModel(in: models, treeCount: $0) }
      let service = Service(ServiceSettings(models: models), logger: silent)
      let threads = (0..<4).map { thread in
        Background {
          for turn in 0..<20 {
            let version = versions[(thread + turn) % versions.count]
            let response = service.infer(InferenceBody.documented, version: version)
            let answered = try self.version(response)
            #expect(answered == version)
          }
        }
      }
      for thread in threads { try thread.value() }
    }
  }
}
