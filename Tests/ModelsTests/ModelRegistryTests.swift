@testable import Models
import FoundationEssentials
import POSIX
import RandomForest
import Testing
import TestSupport

/// The names in a folder, but for that of the registry's lock.
private func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != ".lock" }.sorted()
}

@Test func aSavedModelIsAFolderThatLoadsAgain() throws {
  let model = try smallModel()
  try withTemporaryFolder { root in
    let registry = ModelRegistry(root: "\(root)/new/models")
    #expect(try registry.save(model) == .saved)
    let folder = registry.folder(of: model.card.modelVersion)
    #expect(
      try names(in: folder)
        == [
          "SHA256SUMS", "card.json", "confusion_matrix.png", "evaluation.json", "forest.rf",
          "inspection.json", "schema.json",
        ])
    #expect(try names(in: "\(root)/new/models/registry") == [model.card.modelVersion])
    let loaded = try DrugModel(folder: folder)
    #expect(loaded.card == model.card)
    #expect(loaded.forest.fileBytes == model.forest.fileBytes)
  }
}

@Test func theSameModelIsSavedOnce() throws {
  try withTemporaryFolder { root in
    let registry = ModelRegistry(root: root)
    let first = try smallModel()
    var later = try smallModel()
    later.card.trainedAt = "2100-01-01T00:00:00Z"
    #expect(try registry.save(first) == .saved)
    #expect(try registry.save(later) == .alreadyThere)
    #expect(try names(in: "\(root)/registry") == [first.card.modelVersion])
    #expect(try registry.load(first.card.modelVersion).card == first.card)
  }
}

@Test func whatIsToldOfAForestIsPartOfItsVersion() throws {
  let plain = try smallModel()
  let validated = try train(foldCount: 2) { options in
    options.featureSets = [.continuous]
    options.treeCount = 5
  }
  #expect(plain.forest.fileBytes == validated.forest.fileBytes)
  #expect(plain.card.modelVersion != validated.card.modelVersion)
  #expect(plain.card.modelVersion.wholeMatch(of: /[0-9a-f]{12}/) != nil)
}

@Test func aVersionIsServedByALinkThatIsSwapped() throws {
  try withTemporaryFolder { root in
    let registry = ModelRegistry(root: root)
    for seed in [1, 2, 1] as [UInt64] {
      let model = try smallModel(seed: seed)
      _ = try registry.save(model)
      try registry.activate(model.card.modelVersion)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: registry.currentPath)
          == "registry/\(model.card.modelVersion)")
      #expect(try registry.load(nil).card.modelVersion == model.card.modelVersion)
    }
    #expect(try names(in: root) == ["activations.jsonl", "current", "registry"])
    #expect(try names(in: "\(root)/registry").count == 2)
  }
}

@Test func aVersionThatIsNotThereIsNamed() throws {
  try withTemporaryFolder { root in
    let registry = ModelRegistry(root: root)
    let activation = #expect(throws: RegistryError.self) { try registry.activate("abc") }
    #expect(activation?.description == "there is no model abc in \(root)")
    let loading = #expect(throws: RegistryError.self) { try registry.load("abc") }
    #expect(loading?.description.hasPrefix("there is no model abc in \(root)") == true)
    let serving = #expect(throws: RegistryError.self) { try registry.load(nil) }
    #expect(serving?.description.hasPrefix("there is no model that is served in \(root)") == true)
    let left = try names(in: root)
    #expect(left.isEmpty)
  }
}

@Test func aDamagedVersionStaysAsItIsAndNothingIsSaved() throws {
  try withTemporaryFolder { root in
    let registry = ModelRegistry(root: root)
    let model = try smallModel()
    let version = model.card.modelVersion
    _ = try registry.save(model)
    let path = try write([1, 2, 3], to: "\(registry.folder(of: version))/forest.rf")
    let error = #expect(throws: RegistryError.self) { try registry.save(model) }
    #expect(error?.code == .damaged && error?.description.contains("move it away") == true)
    #expect(try Array(Data(contentsOf: URL(filePath: path))) == [1, 2, 3])
    #expect(try names(in: "\(root)/registry") == [version])
    try FileManager.default.moveItem(
      atPath: registry.folder(of: version), toPath: "\(root)/damaged")
    #expect(try registry.save(model) == .saved)
    #expect(try registry.load(version).forest.fileBytes == model.forest.fileBytes)
  }
}

@Test func anotherModelOfTheSameNameIsRefusedAndNothingIsMoved() throws {
  try withTemporaryFolder { root in
    let registry = ModelRegistry(root: root)
    let first = try smallModel()
    _ = try registry.save(first)
    // As if 48 bits of two digests agreed.
    var second = try smallModel(seed: 1)
    second.card.modelVersion = first.card.modelVersion
    let before = try names(in: registry.folder(of: first.card.modelVersion))
    let error = #expect(throws: RegistryError.self) { try registry.save(second) }
    #expect(error?.code == .clash)
    #expect(try names(in: "\(root)/registry") == [first.card.modelVersion])
    #expect(try names(in: registry.folder(of: first.card.modelVersion)) == before)
    #expect(
      try registry.load(first.card.modelVersion).forest.fileBytes == first.forest.fileBytes)
  }
}

@Test func aFolderThatCannotBeWrittenIsNamed() throws {
  let model = try smallModel()
  try withTemporaryFolder { root in
    let file = try write([], to: "\(root)/file")
    let error = #expect(throws: SystemError.self) {
      try ModelRegistry(root: "\(file)/models").save(model)
    }
    #expect(error?.description.hasPrefix("mkdir \(file)") == true)
    #expect(error?.description.hasSuffix("Not a directory") == true)
    let denied = #expect(throws: SystemError.self) {
      try withoutRights { try ModelRegistry(root: "\(root)/models").save(model) }
    }
    #expect(denied?.description.hasSuffix("Permission denied") == true)
    #expect(try names(in: root) == ["file"])
  }
}
