import Models
import Foundation
import Testing
import TestSupport

@Suite struct RunsTests {
  @Test func everyTrainingIsARunThatCanBeShownAndCompared() throws {
    try withTemporaryFolder { folder in
      _ = try DrugCtlRun("train", "--trees", "3", "--models", folder)
      _ = try DrugCtlRun("pipeline", "--trees", "4", "--cv-repeats", "1", "--models", folder)
      let version = try ServedFolder(folder).version
      let few = try write(
        Array("Age,Sex,BP,Cholesterol,Na_to_K,Drug\n45,M,HIGH,NORMAL,9,drugA\n".utf8),
        to: "\(folder)/few.csv")
      #expect(try DrugCtlRun("train", "--data", few, "--models", folder).status == 1)

      let list = try DrugCtlRun("runs", "list", "--models", folder)
      #expect(list.status == 0)
      let rows = list.lines[2...].map { $0.split(separator: " ") }
      #expect(rows.map { $0[0] } == ["3", "2", "1"])
      #expect(rows.map { $0[3] } == ["train", "pipeline", "train"])
      #expect(rows.map { $0[4] } == ["failed", "succeeded", "succeeded"])
      // 60 of 60 held-out patients, by Wilson's formula.
      #expect(list.lines[3].contains(" 100.0% 94.0% to 100.0% "))
      #expect(list.lines[3].contains(version))
      #expect(try DrugCtlRun("runs", "--limit", "1", "--models", folder).lines.count == 3)

      let shown = try DrugCtlRun("runs", "show", "2", "--models", folder)
      for line in [
        "state succeeded", "table data/drug200.csv", "n-estimators 4",
        "model \(version) (registry/\(version))", "served yes",
      ] {
        #expect(shown.lines.contains(line), "\(line)")
      }
      #expect(shown.lines.contains { $0.hasPrefix("cv_macro_f1 0.9") })
      #expect(shown.lines.contains("test_samples 60"))
      #expect(shown.lines.contains("held-out accuracy, 95% interval 94.0% to 100.0%"))

      let compared = try DrugCtlRun("runs", "compare", "1", "2", "--models", folder)
      #expect(compared.lines.contains("n-estimators 3 4"))
      #expect(compared.lines.contains { $0.hasPrefix("cv_macro_f1 – 0.9") })
      #expect(list.lines[3].contains(" ± – "))
      #expect(
        try DrugCtlRun("runs", "note", "2", "--name", "mine", "--note", "x", "--models", folder)
          .status == 0)
      let named = try DrugCtlRun("runs", "show", "2", "--models", folder)
      #expect(named.lines.contains("name mine") && named.lines.contains("note x"))
      #expect(try DrugCtlRun("runs", "--models", folder).lines[3].hasSuffix(" mine"))
      #expect(try DrugCtlRun("runs", "note", "9", "--models", folder).status == 1)
      // What they have in common is left out.
      #expect(!compared.output.contains("max-leaf-nodes"))
      #expect(try DrugCtlRun("runs", "compare", "1", "--models", folder).status == 64)
      let unknown = try DrugCtlRun("runs", "show", "9", "--models", folder)
      #expect(unknown.status == 1 && unknown.errors == "Error: there is no run 9\n")
    }
  }

  /// What `drugctl runs export --json` prints, one object a line.
  private func exported(_ arguments: String...) throws -> [NSDictionary] {
    let run = try DrugCtlRun(["runs", "export", "--json"] + arguments)
    #expect(run.status == 0 && run.errors.isEmpty)
    return try run.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
    }
  }

  @Test func runsAreExportedAsJSONWithEveryKey() throws {
    try withTemporaryFolder { folder in
      let models = ["--models", "\(folder)/models"]
      _ = try DrugCtlRun(["train", "--trees", "3"] + models)
      _ = try DrugCtlRun(["retrain", "--trees", "2", "--features", "continuous"] + models)
      _ = try DrugCtlRun(
        ["optimize", "--trials", "2", "--trees", "2,3", "--folds", "3"] + models)
      let few = try write(
        Array("Age,Sex,BP,Cholesterol,Na_to_K,Drug\n45,M,HIGH,NORMAL,9,drugA\n".utf8),
        to: "\(folder)/few.csv")
      #expect(try DrugCtlRun(["train", "--data", few] + models).status == 1)

      let runs = try exported("--models", "\(folder)/models")
      try #require(runs.map { $0["number"] as? Int } == [1, 2, 3, 4])
      #expect(
        runs.map { $0["state"] as? String } == ["succeeded", "succeeded", "succeeded", "failed"])
      let keys: Set = [
        "id", "number", "command", "state", "started_at", "duration", "parameters", "dataset",
        "data_sha256", "metrics", "version", "promoted", "comparison", "error", "trials", "model",
        "user", "name", "note",
      ]
      for run in runs { #expect(Set(run.allKeys.compactMap { $0 as? String }) == keys) }
      #expect(Set(runs.compactMap { $0["id"] as? String }).count == 4)
      #expect(runs[0]["parameters", as: NSDictionary.self]?["n-estimators"] as? String == "3")
      #expect(runs[0]["comparison"] is NSNull && runs[2]["promoted"] is NSNull)
      #expect(runs[3]["error"] is String && runs[3]["version"] is NSNull)

      let version = try #require(runs[1]["version"] as? String)
      let model = try #require(runs[1]["model", as: NSDictionary.self])
      let path = try #require(model["folder"] as? String)
      #expect(path.hasPrefix("/") && path.hasSuffix("/models/registry/\(version)"))
      #expect(FileManager.default.fileExists(atPath: "\(path)/forest.rf"))
      let page = try DrugCtlRun(["models", "show", version, "--markdown"] + models)
      #expect(model["page"] as? String == page.output)
      let kept = try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(filePath: "\(path)/comparison.json")))
      #expect(runs[1]["comparison", as: NSDictionary.self] == kept as? NSDictionary)

      let trials = try #require(runs[2]["trials"] as? [NSDictionary])
      #expect(trials.map { $0["number"] as? Int } == [1, 2])
      #expect(trials.allSatisfy { $0["macro_f1"] is Double && $0["given_up"] is Bool })
      #expect((runs[0]["trials"] as? [NSDictionary])?.isEmpty == true)

      // Names and notes of the run and of its model.
      #expect(runs[1]["user"] is String && runs[1]["name"] is NSNull && model["note"] is NSNull)
      _ = try DrugCtlRun(["runs", "note", "2", "--name", "fewer trees"] + models)
      _ = try DrugCtlRun(["models", "alias", "ward-3", version] + models)
      let noted = try exported("2", "--models", "\(folder)/models")[0]
      #expect(noted["name"] as? String == "fewer trees" && noted["note"] is NSNull)
      #expect(
        (noted["model", as: NSDictionary.self]?["aliases"] as? [String])?.last == "ward-3")
      _ = try DrugCtlRun(["runs", "note", "2"] + models)
      _ = try DrugCtlRun(["models", "alias", "ward-3", "--remove"] + models)

      // The same each time, by number too; and without a model that is gone.
      let old = try #require(runs[0]["version"] as? String)
      try FileManager.default.removeItem(atPath: "\(folder)/models/registry/\(old)")
      let again = try exported("2", "1", "--models", "\(folder)/models")
      #expect(again[0] == runs[1] && again[1]["id"] as? String == runs[0]["id"] as? String)
      #expect(again[1]["version"] as? String == old && again[1]["model"] is NSNull)

      let unknown = try DrugCtlRun(["runs", "export", "1", "9", "--json"] + models)
      #expect(unknown.status == 1 && unknown.output.isEmpty)
      #expect(unknown.errors == "Error: there is no run 9\n")
      #expect(try DrugCtlRun(["runs", "export"] + models).status == 64)
    }
  }

  @Test func runsThatCannotBeWrittenCostNoModel() throws {
    try withTemporaryFolder { folder in
      // A folder where the database would be.
      try FileManager.default.createDirectory(
        atPath: "\(folder)/runs.sqlite", withIntermediateDirectories: false)
      let run = try DrugCtlRun("train", "--trees", "3", "--models", folder)
      #expect(run.status == 0)
      #expect(run.errors.hasPrefix("Warning: the run was not recorded: "))
      #expect(try ServedFolder(folder).card.parameters?.nEstimators == 3)
    }
  }

  @Test func aSearchShowsItsCurveItsTableAndACommandThatTrains() throws {
    try withTemporaryFolder { folder in
      let run = try DrugCtlRun(
        "optimize", "--trials", "6", "--trees", "2,4", "--folds", "3", "--models", folder)
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(run.stages == ["1/2 Load", "2/2 Search"])
      #expect(run.lines.contains("Best macro_f1 so far"))
      #expect(run.output.contains("The best of 6 scores is optimistic"))
      #expect(run.output.contains("●"))
      #expect(run.lines.contains { $0.hasPrefix("n-estimators 2 ") })
      #expect(run.lines.contains { $0.hasPrefix("n-estimators 4 ") })
      let command = try #require(run.lines.last)
      #expect(command.hasPrefix("drugctl train --data data/drug200.csv --features "))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/current"))

      let words = command.split(separator: " ").dropFirst().map(String.init)
      #expect(try DrugCtlRun(words + ["--models", folder]).status == 0)
      let parameters = try #require(try ServedFolder(folder).card.parameters)
      #expect(command.contains("--n-estimators \(parameters.nEstimators) "))
      #expect(command.contains("--min-samples-leaf \(parameters.minSamplesLeaf ?? 0) "))
      #expect(command.contains("--max-features \(parameters.maxFeatures) "))

      let shown = try DrugCtlRun("runs", "show", "1", "--models", folder)
      #expect(shown.lines.contains("trials 6"))
      #expect(shown.lines.contains { $0.wholeMatch(of: /6 (binned|continuous) [24] .*/) != nil })
    }
  }

  @Test(arguments: [
    ["--trials", "0"], ["--trees", "0"], ["--trees", "5,"], ["--trees", "5,5"],
    ["--metric", "auc"],
    ["--max-features", "1.5"], ["--features", "all"], ["--folds", "1"], ["--test-size", "1"],
    ["--min-samples-leaf", "0"], ["--max-leaf-nodes", "1"], ["--search", "best"],
  ])
  func aSearchThatMakesNoSenseIsRefused(_ options: [String]) throws {
    try withTemporaryFolder { folder in
      let run = try DrugCtlRun(["optimize", "--models", folder] + options)
      #expect(run.status == 64 && run.output.isEmpty)
    }
  }
}

extension NSDictionary {
  /// The value of a key, when it is of a type.
  fileprivate subscript<Value>(key: String, as type: Value.Type) -> Value? {
    self[key] as? Value
  }
}
