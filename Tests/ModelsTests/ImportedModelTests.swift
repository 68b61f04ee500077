import FoundationEssentials
import POSIX
import RandomForest
import TestSupport
import Testing
@testable import Models

/// Models that were not trained here, in the registry.
@Suite struct ImportedModelTests {
  private func withModel(_ body: (_ registry: ModelRegistry, _ version: String) throws -> Void)
    throws
  {
    try withTemporaryFolder { root in
      let version = try saveImportedModel(in: root)
      try body(ModelRegistry(root: root), version)
    }
  }

  @Test func itIsListedLoadedAndServedLikeAnyOther() throws {
    try withModel { registry, version in
      #expect(registry.currentVersion == version)
      let summary = try #require(registry.summaries.first)
      #expect(summary.version == version && summary.isCurrent && summary.importedFrom == "ONNX")
      #expect(summary.nEstimators == 5 && summary.maxLeafNodes == nil)
      #expect(summary.testAccuracy == nil && summary.dataSha256 == nil && summary.cvMacroF1 == nil)
      let model = try registry.load(nil)
      #expect(model.passesSelfTest() && model.evaluation == nil && model.trainingRanges.isEmpty)
      // The same forest from the same file has the same name.
      #expect(try saveImportedModel(in: registry.root) == version)
      #expect(registry.summaries.count == 1)
    }
  }

  @Test func itsPageTellsOfAFileAndOfNoTraining() throws {
    try withModel { registry, version in
      let page = ModelPage(try registry.details(of: version)).text
      for words in [
        "# Model \(version)\n", "from a file in ONNX that another 1.0 wrote: 5 trees, on the",
        "It was not trained here.", "## What it is not for", "Not known: the model was not trained",
        "| the file in ONNX | `0000", "The same file gives the same forest",
      ] {
        #expect(page.contains(words), "\(words)")
      }
      for words in ["held out", "Cross-validated", "seed"] {
        #expect(!page.contains(words), "\(words)")
      }
    }
  }

  @Test func whatAFileCallsItselfIsShownLetterByLetter() throws {
    try withModel { registry, version in
      let folder = registry.folder(of: version)
      let card = try String(
        decoding: Data(contentsOf: URL(filePath: "\(folder)/card.json")), as: UTF8.self)
      let name = "<img src=x onerror=alert(1)> | [a](b) `c` *d* \\\\ & #"
      _ = try write(card.replacing("another 1.0", with: name).utf8, to: "\(folder)/card.json")
      let page = ModelPage(try registry.details(of: reseal(folder))).text
      #expect(
        page.contains(
          ##"that \<img src=x onerror=alert(1)\> \| \[a\](b) \`c\` \*d\* \\ \& \# wrote"##))
    }
  }

  @Test func aRetrainingIsComparedWithItAsItIs() throws {
    try withModel { registry, version in
      var options = TrainingOptions()
      options.treeCount = 3
      options.featureSets = [.continuous]
      let judgement = try Training(
        drug200Source, options: options, promotion: .unlessWorse, registry: registry
      ).run().judgement
      #expect(judgement.championProblem == nil && judgement.comparison?.sameData == false)
      #expect(judgement.comparison?.champion?.version == version)
    }
  }

  @Test func aFileIsReadWholeWithItsDigest() throws {
    try withTemporaryFolder { folder in
      let path = try write(Array("abc".utf8), to: "\(folder)/file")
      let file = try ImportedFile(path: path, limit: 10)
      #expect(file.bytes == Array("abc".utf8))
      #expect(file.sha256.hasPrefix("ba7816bf8f01cfea414140de5dae2223"))
      #expect(try ImportedFile(path: path, limit: 1).bytes.count == 2)
      #expect(throws: SystemError.self) { try ImportedFile(path: folder, limit: 10) }
      #expect(throws: SystemError.self) { try ImportedFile(path: "\(folder)/none", limit: 10) }
    }
  }
}
