import Foundation
import Models
import Patients
import RandomForest
import Records
import TestSupport
import Testing
@testable import drugctl

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

  @Test func aReportAndItsPlotsAreWritten() throws {
    try withTemporaryFolder { folder in
      let version = try train(folder, count: 1)[0]
      let run = try DrugCtlRun(
        "report", "--output", "\(folder)/report.html", "--plots", "\(folder)/plots", "--models",
        folder)
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(run.lines[0] == "Report of model \(version) written to \(folder)/report.html.")
      let html = try String(contentsOfFile: "\(folder)/report.html", encoding: .utf8)
      #expect(html.contains("<h1>Model \(version)</h1>"))
      let plots = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/plots").sorted()
      #expect(plots.contains("curve-5.png") && plots.contains("importance.svg"))
      #expect(plots.count == 18)
      let unknown = try DrugCtlRun("report", "0123456789ab", "--models", folder)
      #expect(unknown.status == 1 && unknown.output.isEmpty)
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

  @Test func aTreeIsWrittenAsRulesAndAsADrawing() throws {
    try withTemporaryFolder { folder in
      let version = try train(folder, count: 1)[0]
      let forest = try ModelRegistry(root: folder).load(version).forest
      let tree = try forest.tree(1)
      func run(_ options: String...) throws -> DrugCtlRun {
        try DrugCtlRun(["models", "tree"] + options + ["--models", folder])
      }
      let text = try run("--tree", "1", version)
      #expect(text.status == 0)
      #expect(text.output == tree.text(naming: forest.schema, showsWeights: true))
      #expect(text.output.contains("class: DrugY"))
      let short = try run("--tree", "1", "--max-depth", "0")
      #expect(short.lines.count == 4)
      let drawing = try run("--tree", "1", "--format", "dot")
      #expect(drawing.output == tree.graphviz(naming: forest.schema))
      #expect(try run("--tree", "\(forest.treeCount)").status == 64)
      for wrong in [["--tree=-1"], ["--max-depth=-1"], ["--format", "png"]] {
        #expect(
          try DrugCtlRun(["models", "tree"] + wrong + ["--models", folder]).status == 64)
      }
    }
  }

  @Test func modelsAreCheckedAndSigned() throws {
    try withTemporaryFolder { folder in
      let versions = try train(folder, count: 2)
      let checked = try DrugCtlRun("models", "verify", "--models", folder)
      #expect(checked.status == 0 && checked.lines.count == 2)
      #expect(checked.lines.allSatisfy { $0.contains(" sound, digest ") })
      let key = "\(folder)/key.pem"
      for command in [
        ["genpkey", "-algorithm", "ed25519", "-out", key],
        ["pkey", "-in", key, "-pubout", "-out", "\(folder)/key.pub"],
      ] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + command
        try process.run()
        process.waitUntilExit()
      }
      let trusting = ["--trusted-key", "\(folder)/key.pub", "--models", folder]
      let unsigned = try DrugCtlRun(["models", "activate", versions[0]] + trusting)
      #expect(unsigned.errors == "Error: model \(versions[0]) is not signed\n")
      let signed = try DrugCtlRun(
        "models", "sign", versions[0], "--key", key, "--models", folder)
      #expect(
        signed.output.hasPrefix("Model \(versions[0]) signed by key ")
          && signed.output.hasSuffix(
            "to follow the model of digest \(versions[1]).\n")
      )
      #expect(try DrugCtlRun(["models", "activate", versions[0]] + trusting).status == 0)
      let shown = try DrugCtlRun("models", "show", "--models", folder)
      #expect(shown.lines.contains { $0.hasPrefix("digest \(versions[0])") })
      #expect(shown.lines.contains { $0.hasPrefix("to follow \(versions[1])") })
      let some = try DrugCtlRun(["models", "verify"] + trusting)
      #expect(some.status == 1)
      #expect(some.lines.contains("\(versions[1]) WRONG: model \(versions[1]) is not signed"))
      #expect(some.lines.contains { $0.contains("sound") && $0.contains("signed by key") })
      let wrong = ["--trusted-key", "\(folder)/nowhere", "--models", folder]
      #expect(try DrugCtlRun(["models", "list"] + wrong).status != 0)
    }
  }

  @Test func nothingThatAModelSaysControlsTheTerminal() {
    var table = TextTable(["name\u{1b}[2J", "b"], wordColumns: [0, 1])
    table.add(["\u{1b}]0;x\u{7}", "\u{202e}y\nz"])
    let shown = table.lines.joined()
    #expect(shown.visible == shown)
    #expect(table.lines.last == "  \u{fffd}]0;x\u{fffd}    \u{fffd}y\u{fffd}z")
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

      func newest(_ options: String...) throws -> DrugCtlRun {
        try DrugCtlRun(["replay", "--log", path, "--models", folder] + options)
      }
      let all = try newest("--newest", "9")
      #expect(all.status == 1)
      #expect(
        all.lines == [
          "1 the same, 1 not", "1 left out, whose version cannot be loaded any more",
          "id kept again", all.lines[3], "other \(found.drug) \(found.drug)",
        ])
      #expect(try newest("--newest", "1").status == 0)
      #expect(try newest("--newest", "9", "--model", version).lines[0] == "2 the same, 1 not")
      #expect(try newest("--newest", "9", "--model", "000000000000").status == 1)
      for wrong in [[], ["--newest", "0"], ["same", "--newest", "1"]] {
        #expect(
          try DrugCtlRun(["replay", "--log", path, "--models", folder] + wrong).status == 64)
      }
    }
  }

  @Test func predictionsOfOtherFieldsAreReplayedByTheirOwnVersionAndElseLeftOutAndCounted() throws {
    try withTemporaryFolder { folder in
      let registry = ModelRegistry(root: folder)
      let wide = try train(folder, count: 1)[0]
      let narrow = try TestSupport.train(in: folder) { training in
        training.source.schema = withoutCholesterol
        training.options.treeCount = 2
      }.version
      let path = "\(folder)/predictions.sqlite"
      let first = DocumentedPatient.first
      let stranger = try Patient(of: withoutCholesterol) { field in
        PatientSchema.drug200.field(field.name).map { first.value(of: $0) }
      }
      for (version, patient, id) in [(wide, first, "wide"), (narrow, stranger, "narrow")] {
        let found = try registry.load(version).recommend(for: patient)
        try PredictionLog(PredictionLog.Settings(path: path)).append([
          PredictionRecord(
            id: id, time: 1, patient: patient, drug: found.drug, probability: found.probability,
            predictionSet: found.predictionSet, modelVersion: version)
        ])
      }
      func replay(_ options: String...) throws -> DrugCtlRun {
        try DrugCtlRun(["replay", "--log", path, "--models", folder] + options)
      }
      for id in ["wide", "narrow"] { #expect(try replay(id).status == 0) }
      #expect(try replay("--newest", "9").lines == ["2 the same, 0 not"])
      let served = try replay("--newest", "9", "--model", narrow)
      #expect(served.status == 0)
      #expect(
        served.lines == ["1 the same, 0 not", "1 left out, of patients with other fields"])
      #expect(try replay("wide", "--model", narrow).errors.contains("patients with other fields"))
    }
  }
}
