import Foundation
import POSIX
import TestSupport
import Testing

@testable import Models

@Suite struct LabelTests {
  @Test func aNameStandsForAVersionUntilItIsMovedOrTakenAway() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 2)
      #expect(try registry.setAlias("ward-3", to: versions[0]) == (versions[0], nil))
      #expect(try registry.version(named: "ward-3") == versions[0])
      // By an alias of the version, and read by others.
      #expect(try registry.setAlias("ward-3", to: "champion") == (versions[1], versions[0]))
      let other = ModelRegistry(root: root)
      #expect(try other.version(named: "ward-3") == versions[1])
      #expect(other.allLabels()[versions[1]].aliases == ["champion", "ward-3"])
      #expect(other.allLabels()[versions[0]].aliases.isEmpty)
      #expect(throws: RegistryError.self) { try registry.removeAlias("ward-3", of: versions[0]) }
      #expect(try registry.removeAlias("ward-3", of: "champion") == versions[1])
      for registry in [registry, other] {
        let error = #expect(throws: RegistryError.self) { try registry.version(named: "ward-3") }
        #expect(error?.code == .unknownVersion)
      }
    }
  }

  @Test func theChampionIsTheServedOneAndAVersionIsItsOwnName() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 2)
      #expect(try registry.version(named: "champion") == versions[1])
      try registry.activate(versions[0])
      #expect(try registry.version(named: "champion") == versions[0])
      #expect(try registry.version(named: "champion", served: versions[1]) == versions[1])
      #expect(try registry.version(named: "0123456789ab") == "0123456789ab")
      #expect(throws: RegistryError.self) {
        try ModelRegistry(root: "\(root)/none").version(named: "champion")
      }
    }
  }

  @Test(arguments: [
    "", "Ward", "ward_3", "3-ward", "-ward", "ward 3", "wärd", "champion", "shadow", "current",
    "aliases", "latest", "v12", "abcdef", "feedfacecafe", String(repeating: "w", count: 41),
    "../x", "nothing",
  ])
  func aNameThatCannotBeIsRefused(_ name: String) throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 1)
      let error = #expect(throws: RegistryError.self) {
        try registry.setAlias(name, to: versions[0])
      }
      #expect(error?.code == .label)
      #expect(!FileStatus.exists(registry.labelsPath))
    }
  }

  @Test func tagsAndANoteAreKeptAndTheFilesStay() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 1)
      let digest = try registry.details(of: versions[0]).digest
      try registry.remark(on: "champion") { tags, note in
        tags = ["ward_no": "3", "approvedBy": "ada = b"]
        note = "für Station 3"
      }
      try registry.remark(on: versions[0]) { tags, _ in tags["team.x/y"] = "lab" }
      let labels = ModelRegistry(root: root).allLabels()[versions[0]]
      #expect(labels.tags == ["ward_no": "3", "approvedBy": "ada = b", "team.x/y": "lab"])
      #expect(labels.note == "für Station 3")
      #expect(registry.summaries[0].labels == labels)
      guard case .sound(digest: digest, signature: nil) = registry.verify(versions[0]) else {
        Issue.record("not sound")
        return
      }
      try registry.remark(on: versions[0]) { tags, note in (tags, note) = ([:], nil) }
      #expect(ModelRegistry(root: root).allLabels()[versions[0]].tags.isEmpty)
    }
  }

  @Test(
    arguments: [
      (["": "x"], nil), (["a b": "x"], nil), (["3": "x"], nil), (["a": ""], nil),
      (["a": "b\nc"], nil),
      ([String(repeating: "k", count: 61): "x"], nil),
      (["a": String(repeating: "v", count: 201)], nil), ([:], ""), ([:], "a\u{202e}b"),
      ([:], String(repeating: "n", count: 501)),
      (Dictionary(uniqueKeysWithValues: (1...21).map { ("k\($0)", "v") }), nil),
    ] as [([String: String], String?)])
  func whatIsTooLongOrNoLineIsNotKept(_ tags: [String: String], _ note: String?) throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 1)
      let error = #expect(throws: RegistryError.self) {
        try registry.remark(on: versions[0]) {
          $0 = tags; $1 = note
        }
      }
      #expect(error?.code == .label)
      #expect(!FileStatus.exists(registry.labelsPath))
    }
  }

  @Test func aVersionThatIsNotThereGetsNoLabelAndThereAreNoMoreThanAHundredNames() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 1)
      for version in ["0123456789ab", "nobody"] {
        let errors = [
          #expect(throws: RegistryError.self) { try registry.setAlias("ward", to: version) },
          #expect(throws: RegistryError.self) {
            try registry.remark(on: version) {
              $0["a"] = "b"; $1 = nil
            }
          },
        ]
        #expect(errors.allSatisfy { $0?.code == .unknownVersion })
      }
      for number in 1...100 { try registry.setAlias("ward-\(number)", to: versions[0]) }
      let error = #expect(throws: RegistryError.self) {
        try registry.setAlias("more", to: versions[0])
      }
      #expect(error?.code == .label)
      #expect(try registry.setAlias("ward-7", to: versions[0]).previous == versions[0])
    }
  }

  @Test func aNamedVersionIsNotPrunedAndARemovedOneTakesItsRemarksAlong() throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 4)
      let newest = registry.summaries[0].version
      let old = try #require(versions[..<2].first { $0 != newest })
      try registry.setAlias("ward", to: old)
      try registry.remark(on: old) { tags, note in (tags, note) = (["a": "b"], "n") }
      #expect(try !registry.prunable(keeping: 1).map(\.version).contains(old))
      let error = #expect(throws: RegistryError.self) { try registry.remove(old) }
      #expect(error?.description.contains("alias ward") == true)
      try registry.removeAlias("ward")
      #expect(try registry.prunable(keeping: 1).map(\.version).contains(old))
      try registry.remove(old)
      #expect(try registry.labels() == .init())
    }
  }

  @Test(arguments: [
    "", "{", #"{"aliases":{"champion":"VERSION"},"versions":{}}"#,
    #"{"aliases":{"ward":"../../etc"},"versions":{}}"#,
    #"{"aliases":{},"versions":{"VERSION":{"tags":{"a":"b\n"}}}}"#,
  ])
  func labelsThatSomebodySpoiledAreToldAndNeitherHeededNorReplaced(_ text: String) throws {
    try withTemporaryFolder { root in
      let (registry, versions) = try registryOfModels(root, 4)
      try registry.setAlias("ward", to: versions[0])
      #expect(try registry.version(named: "ward") == versions[0])
      let bytes = Array(text.replacing("VERSION", with: versions[0]).utf8)
      try DurableFile.write(bytes, to: registry.labelsPath)
      #expect(throws: RegistryError.self) { try registry.version(named: "ward") }
      #expect(throws: RegistryError.self) { try registry.setAlias("ward", to: versions[1]) }
      #expect(throws: RegistryError.self) { try registry.prunable(keeping: 1) }
      #expect(throws: RegistryError.self) { try registry.remove(versions[0]) }
      #expect(FileStatus.exists(registry.folder(of: versions[0])))
      #expect(registry.allLabels()[versions[3]].aliases == ["champion"])
      #expect(try registry.version(named: "champion") == versions[3])
      #expect(try Array(Data(contentsOf: URL(filePath: registry.labelsPath))) == bytes)
    }
  }

  @Test func thoseWhoWriteAtOnceTakeTurnsAndReadersSeeAWholeFile() throws {
    try withTemporaryFolder { root in
      let (_, versions) = try registryOfModels(root, 2)
      let writers = (0..<4).map { writer in
        Background {
          let registry = ModelRegistry(root: root)
          for turn in 0..<10 {
            try registry.remark(on: versions[0]) { tags, _ in tags["w\(writer)"] = "\(turn)" }
            try registry.setAlias("a\(writer)-\(turn)", to: versions[turn % 2])
            _ = try registry.labels()
          }
        }
      }
      for writer in writers { try writer.value() }
      let labels = try ModelRegistry(root: root).labels()
      #expect(labels.aliases.count == 40)
      #expect(
        labels.versions[versions[0]]?.tags == ["w0": "9", "w1": "9", "w2": "9", "w3": "9"])
    }
  }
}
