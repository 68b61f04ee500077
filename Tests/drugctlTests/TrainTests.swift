import Models
import Foundation
import Testing
import TestSupport

@Test func pipelineRunsEveryStageAndServesTheBetterModel() throws {
  try withTemporaryFolder { folder in
    let run = try DrugCtlRun("pipeline", "--cv-repeats", "1", "--models", folder)
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    #expect(
      run.stages == [
        "1/7 Load", "2/7 Explore", "3/7 Prepare", "4/7 Cross-validate", "5/7 Train", "6/7 Evaluate",
        "7/7 Save",
      ])
    #expect(run.timedStageCount == 7)
    #expect(run.lines.last?.wholeMatch(of: /Done in [0-9.]+ m?s\./) != nil)

    let served = try ServedFolder(folder)
    for line in [
      "served: continuous, for its cross-validated macro-F1",
      "the best of 2 scores is optimistic; the held-out patients took no part in the choice",
      "continuous on the 60 held-out patients",
      "actual ╲ recommended DrugY drugA drugB drugC drugX",
      "model \(served.version) saved in \(folder)/registry/\(served.version)",
      "\(folder)/current → registry/\(served.version)",
      "plot: \(folder)/registry/\(served.version)/confusion_matrix.png",
    ] {
      #expect(run.lines.contains(line), "\(line)")
    }
    #expect(run.lines.contains { $0.wholeMatch(of: /continuous 0\.9\d+ ± – .*10 × 1/) != nil })
    #expect(
      run.lines.contains {
        $0.wholeMatch(of: /weighted mean 0\.\d+ .* 60|weighted mean 1.* 60/) != nil
      })

    let card = served.card
    #expect(card.modelVersion == served.version)
    #expect(card.features == .continuous)
    let parameters = try #require(card.parameters)
    #expect(parameters.nEstimators == 100)
    #expect(parameters.maxLeafNodes == 30)
    #expect(parameters.maxFeatures == "all")
    #expect(parameters.applySmote == false)
    #expect(card.data?.classCounts["drugX"] == 54)
    #expect(card.data?.trainingSamples == 140)
    #expect(card.featureSets.keys.sorted() == ["binned", "continuous"])
    #expect(card.featureSets.values.allSatisfy { $0.crossValidation?.folds == 10 })
    #expect(abs(try #require(card.importances).values.reduce(0, +) - 1) < 1e-9)
    #expect(served.plot.prefix(8) == Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
  }
}

@Test func onePinnedFeatureSetIsServedAndTheCardSaysHowItWasTrained() throws {
  try withTemporaryFolder { folder in
    let run = try DrugCtlRun(
      "pipeline", "--features", "binned", "--no-cross-validation", "--models", folder)
    #expect(run.status == 0)
    #expect(run.stages.count == 6)
    #expect(!run.output.contains("served:"))
    let card = try ServedFolder(folder).card
    #expect(card.features == .binned)
    #expect(card.parameters?.applySmote == true)
    #expect(card.parameters?.maxFeatures == "sqrt")
    #expect(card.featureSets.keys.sorted() == ["binned"])
    #expect(card.featureSets["binned"]?.crossValidation == nil)
  }
}

@Test func oneSeedGivesOneForestAtAnyThreadCountAndTime() throws {
  try withTemporaryFolder { folder in
    func train(_ name: String, _ options: String...) throws -> ServedFolder {
      let run = try DrugCtlRun(["train", "--models", "\(folder)/\(name)"] + options)
      #expect(run.status == 0)
      #expect(run.stages == ["1/5 Load", "2/5 Prepare", "3/5 Train", "4/5 Evaluate", "5/5 Save"])
      return try ServedFolder("\(folder)/\(name)")
    }
    for features in ["binned", "continuous"] {
      let one = try train("\(features)1", "--features", features, "--threads", "1")
      let two = try train("\(features)2", "--features", features, "--threads", "2")
      #expect(one.forest == two.forest)
      #expect(one.version == two.version)
      let other = try train("\(features)3", "--features", features, "--seed", "1")
      #expect(one.forest != other.forest)
    }
    // Again into a folder that has the model already: nothing of it changes.
    let before = try ServedFolder("\(folder)/binned1")
    let again = try DrugCtlRun("train", "--features", "binned", "--models", "\(folder)/binned1")
    #expect(again.lines.contains("model \(before.version) exists already, byte for byte"))
    #expect(try ServedFolder("\(folder)/binned1").card == before.card)
  }
}

@Test func trainNamesAFolderThatItCannotWrite() throws {
  let run = try DrugCtlRun("train", "--trees", "2", "--models", "/dev/null/models")
  #expect(run.status == 1)
  #expect(run.errors == "Error: mkdir /dev/null/models/registry: Not a directory\n")
}

@Test func tooFewPatientsAreSaidToBeTooFew() throws {
  try withTemporaryFolder { folder in
    let few = try String(contentsOfFile: "\(repositoryRoot)/data/drug200.csv", encoding: .utf8)
      .split(separator: "\n").prefix(4).joined(separator: "\n")
    let path = try write(Array(few.utf8), to: "\(folder)/few.csv")
    let run = try DrugCtlRun("pipeline", "--data", path, "--models", folder)
    #expect(run.status == 1)
    #expect(run.errors == "Error: 3 samples are too few for 10 folds\n")
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/current"))
  }
}
