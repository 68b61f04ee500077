import Foundation
import Models
import Patients
import Records
import TestSupport
import Testing

@Suite struct ModelsTests {
  /// Trains small models of the seeds 1, 2, … and gives their versions.
  private func train(_ folder: String, count: Int) throws -> [String] {
    try (1...count).map { seed in
      let run = try DrugCtlRun(
        "train", "--trees", "3", "--features", "continuous", "--seed", "\(seed)", "--models", folder
      )
      #expect(run.status == 0)
      return try ServedFolder(folder).version
    }
  }

  @Test func modelsAreListedShownActivatedRolledBackAndPruned() throws {
    try withTemporaryFolder { folder in
      let versions = try train(folder, count: 3)
      let list = try DrugCtlRun("models", "list", "--models", folder)
      #expect(list.status == 0)
      #expect(list.lines.contains { $0.hasPrefix("\(versions[2]) served ") })
      #expect(list.lines.contains { $0.hasPrefix("\(versions[1]) before ") })

      let back = try DrugCtlRun("models", "rollback", "--models", folder)
      #expect(back.output == "Model \(versions[1]) is served again instead of \(versions[2]).\n")
      #expect(try ServedFolder(folder).version == versions[1])
      let activated = try DrugCtlRun("models", "activate", versions[2], "--models", folder)
      #expect(activated.output == "Model \(versions[2]) is served instead of \(versions[1]).\n")

      let shown = try DrugCtlRun("models", "show", versions[0], "--models", folder)
      #expect(shown.lines.contains("seed 1") && shown.lines.contains { $0.hasPrefix("Sex F: ") })
      let page = try DrugCtlRun("models", "show", "--markdown", "--models", folder)
      #expect(page.output.hasPrefix("# Model \(versions[2])\n"))

      // Nobody answers: nothing is removed.
      let asked = try DrugCtlRun("models", "prune", "--keep", "1", "--models", folder)
      #expect(asked.status == 0 && asked.output.hasSuffix("[y/N] Nothing was removed.\n"))
      #expect(asked.output.contains(versions[0]) && !asked.output.contains(versions[2]))
      let pruned = try DrugCtlRun("models", "prune", "--keep", "1", "--yes", "--models", folder)
      #expect(pruned.lines.last == "Removed 1 model.")
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/registry")
      #expect(Set(left) == Set(versions[1...]))
    }
  }

  @Test func whatIsNotThereIsSaid() throws {
    try withTemporaryFolder { folder in
      #expect(try DrugCtlRun("models", "--models", folder).output.hasPrefix("There are no models"))
      _ = try train(folder, count: 1)
      let back = try DrugCtlRun("models", "rollback", "--models", folder)
      #expect(back.status == 1)
      #expect(back.errors == "Error: no model was served in \(folder) before the present one\n")
      let unknown = try DrugCtlRun("models", "activate", "000000000000", "--models", folder)
      #expect(unknown.status == 1)
      #expect(unknown.errors == "Error: there is no model 000000000000 in \(folder)\n")
      #expect(try DrugCtlRun("models", "prune", "--keep", "0", "--models", folder).status == 64)
      #expect(try DrugCtlRun("models", "show", "x", "--models", folder).status == 1)
    }
  }

  @Test func aPredictionIsReplayedByTheVersionThatGaveIt() throws {
    try withTemporaryFolder { folder in
      let version = try train(folder, count: 1)[0]
      let model = try ModelRegistry(root: folder).load(version)
      _ = try train(folder, count: 2)
      let found = try model.recommend(for: DocumentedPatient.second)
      let path = "\(folder)/predictions.sqlite"
      func record(_ id: String, probability: Double, version: String) -> PredictionRecord {
        PredictionRecord(
          id: id, time: 1, patient: DocumentedPatient.second, drug: found.drug,
          probability: probability, predictionSet: found.predictionSet, modelVersion: version)
      }
      let probability = found.probabilities.max()!
      try PredictionLog(PredictionLog.Settings(path: path)).append([
        record("same", probability: probability, version: version),
        record("other", probability: probability.nextDown, version: version),
        record("gone", probability: probability, version: "000000000000"),
      ])
      func replay(_ id: String) throws -> DrugCtlRun {
        try DrugCtlRun("replay", id, "--log", path, "--models", folder)
      }
      let same = try replay("same")
      #expect(same.status == 0 && same.lines.last == "The same answer.")
      #expect(same.lines.contains { $0.hasPrefix("kept \(found.drug) ") })
      #expect(same.lines.contains { $0.hasPrefix("again \(found.drug) ") })
      let other = try replay("other")
      #expect(other.status == 1 && other.lines.last == "The answers differ.")
      let gone = try replay("gone")
      #expect(gone.status == 1 && gone.errors.contains("there is no model 000000000000"))
      #expect(try replay("x").errors == "Error: the log holds no prediction x\n")
    }
  }
}
