@testable import Models
import Foundation
import Testing
import TestSupport

@Suite struct RollbackTests {
  @Test func eachRollbackGoesOneServedModelFurtherBack() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 3)
      #expect(registry.versionBefore == versions[1])
      let first = try registry.rollBack(reason: "wrong for the old")
      #expect(first.version == versions[1] && first.previous == versions[2])
      #expect(try registry.rollBack().version == versions[0])
      let error = #expect(throws: RegistryError.self) { try registry.rollBack() }
      #expect(error?.code == .nothingBefore)
      #expect(registry.currentVersion == versions[0])
      #expect(try registry.load(nil).card.modelVersion == versions[0])
      let history = registry.activations
      #expect(history.map(\.version) == versions + [versions[1], versions[0]])
      #expect(history.map(\.previous) == [nil, versions[0], versions[1], versions[2], versions[1]])
      #expect(history[3].cause == .rollback && history[3].reason == "wrong for the old")
      // Forward again, then back again.
      #expect(try registry.activate(versions[2]) == versions[0])
      #expect(try registry.rollBack().version == versions[0])
    }
  }

  @Test func aModelThatIsGoneIsPassedOver() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 3)
      try FileManager.default.removeItem(atPath: registry.folder(of: versions[1]))
      #expect(try registry.rollBack().version == versions[0])
    }
  }

  /// As `scp -r` and many an archive leave it.
  @Test(arguments: [true, false])
  func aCurrentThatWasCopiedAsAFolderIsALinkAgain(_ hasVersion: Bool) throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 2)
      let files = FileManager.default
      func copy() throws {
        try files.removeItem(atPath: registry.currentPath)
        try files.copyItem(atPath: registry.folder(of: versions[1]), toPath: registry.currentPath)
        if !hasVersion { try files.removeItem(atPath: registry.folder(of: versions[1])) }
      }
      try copy()
      #expect(try registry.relinkCopiedCurrent() == versions[1])
      #expect(registry.currentVersion == versions[1])
      #expect(try registry.load(nil).card.modelVersion == versions[1])
      try copy()
      #expect(throws: RegistryError.self) { try registry.remove(versions[1]) }
      #expect(try registry.load(nil).card.modelVersion == versions[1])
      #expect(try registry.relinkCopiedCurrent() == nil)
      // What is no version is nobody's to move.
      try copy()
      try files.removeItem(atPath: "\(registry.currentPath)/card.json")
      #expect(throws: (any Error).self) { try registry.load(nil) }
      #expect(files.fileExists(atPath: "\(registry.currentPath)/forest.rf"))
    }
  }

  @Test func aHistoryThatIsTornOrGoneCostsNoModel() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 2)
      let path = registry.historyPath
      let content = try String(contentsOfFile: path, encoding: .utf8)
      try Data((content + "{\"version\":\"half").utf8).write(to: URL(filePath: path))
      #expect(registry.versionBefore == versions[0])
      try registry.activate(versions[0])
      #expect(registry.activations.map(\.version) == [versions[0], versions[1], versions[0]])
      try FileManager.default.removeItem(atPath: path)
      #expect(registry.versionBefore == nil && registry.currentVersion == versions[0])
      try registry.activate(versions[1])
      #expect(try registry.rollBack().version == versions[0])
    }
  }

  @Test func aDamagedVersionIsNotServed() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 2)
      _ = try write([1, 2, 3], to: "\(registry.folder(of: versions[0]))/forest.rf")
      let error = #expect(throws: RegistryError.self) { try registry.activate(versions[0]) }
      #expect(error?.code == .damaged)
      #expect(registry.currentVersion == versions[1])
      for name in ["../registry/\(versions[1])", "", "."] {
        let unknown = #expect(throws: RegistryError.self) { try registry.activate(name) }
        #expect(unknown?.code == .unknownVersion)
      }
    }
  }

  @Test func pruningKeepsTheNewestTheServedAndTheOneBefore() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 4)
      try registry.activate(versions[0])
      // Served: the first; before it: the fourth.
      let old = try registry.prunable(keeping: 1).map(\.version)
      let newest = registry.summaries[0].version
      #expect(Set(old) == Set(versions[1...2]).subtracting([newest]))
      #expect(try registry.prunable(keeping: 4).isEmpty)
      for version in [versions[0], versions[3], "000000000000", "../.."] {
        #expect(throws: RegistryError.self) { try registry.remove(version) }
      }
      let mapped = try registry.load(versions[1])
      try registry.remove(versions[1])
      #expect(registry.summaries.count == 3)
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root)/registry").count == 3)
      // Who has it mapped goes on.
      #expect(mapped.passesSelfTest())
    }
  }

  @Test func theListTellsWhatTheCardsTell() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 2)
      let summaries = registry.summaries
      #expect(Set(summaries.map(\.version)) == Set(versions))
      let served = try #require(summaries.first { $0.isCurrent })
      #expect(served.version == versions[1] && served.nEstimators == 5)
      #expect(served.cvMacroF1 == nil && served.sizeBytes > 1000)
      let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(served))
      let members = try #require(json as? [String: Any])
      #expect(
        Set(members.keys) == [
          "version", "trained_at", "features", "data_sha256", "n_estimators", "max_leaf_nodes",
          "test_accuracy", "cv_macro_f1", "is_current", "size_bytes", "imported_from",
          "differences", "aliases", "tags", "note",
        ])
      #expect(members["cv_macro_f1"] is NSNull)
      _ = try write([1], to: "\(registry.folder(of: versions[0]))/card.json")
      #expect(registry.summaries.map(\.version) == [versions[1]])
    }
  }
}
