@testable import Models
import Foundation
import TestSupport
import Testing

@Suite struct ShadowTests {
  @Test func aVersionIsTheShadowUntilItIsEnded() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let versions = try (1...3).map { seed in
        let model = try smallModel(seed: UInt64(seed))
        _ = try registry.save(model)
        return model.card.modelVersion
      }
      try registry.activate(versions[0])
      #expect(registry.shadow == nil)
      #expect(try registry.beginShadow(versions[1], user: "ann") == nil)
      let shadow = try #require(registry.shadow)
      #expect(shadow.version == versions[1] && shadow.user == "ann")
      #expect(abs(Double(shadow.beginning) / 1e6 - Date.now.timeIntervalSince1970) < 60)
      // Once more it is the same one.
      #expect(try registry.beginShadow(versions[1], user: "eve") == shadow)
      #expect(registry.shadow == shadow)
      let prunable = try registry.prunable(keeping: 1).map(\.version)
      #expect(!prunable.contains(versions[1]))
      #expect(try registry.beginShadow(versions[2])?.version == versions[1])
      #expect(try registry.endShadow()?.version == versions[2])
      #expect(try registry.shadow == nil && registry.endShadow() == nil)
    }
  }

  @Test func theServedADamagedAndAnUnknownVersionAreNone() throws {
    try withTemporaryFolder { root in
      let registry = ModelRegistry(root: root)
      let versions = try (1...2).map { seed in
        let model = try smallModel(seed: UInt64(seed))
        _ = try registry.save(model)
        return model.card.modelVersion
      }
      try registry.activate(versions[0])
      func code(_ version: String) -> RegistryError.Code? {
        #expect(throws: RegistryError.self) { try registry.beginShadow(version) }?.code
      }
      #expect(code(versions[0]) == .other)
      #expect(code("0123456789ab") == .unknownVersion && code("../x") == .unknownVersion)
      _ = try write([1, 2, 3], to: "\(registry.folder(of: versions[1]))/forest.rf")
      #expect(code(versions[1]) == .damaged)
      #expect(registry.shadow == nil)
    }
  }
}
