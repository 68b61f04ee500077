import DrugClassifier
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

      let compared = try DrugCtlRun("runs", "compare", "1", "2", "--models", folder)
      #expect(compared.lines.contains("n-estimators 3 4"))
      #expect(compared.lines.contains { $0.hasPrefix("cv_macro_f1 – 0.9") })
      // What they have in common is left out.
      #expect(!compared.output.contains("max-leaf-nodes"))
      #expect(try DrugCtlRun("runs", "compare", "1", "--models", folder).status == 64)
      let unknown = try DrugCtlRun("runs", "show", "9", "--models", folder)
      #expect(unknown.status == 1 && unknown.errors == "Error: there is no run 9\n")
    }
  }

  @Test func runsAreExportedByNumberOrAllOfThemAndWrongTargetsAreToldOf() throws {
    try withTemporaryFolder { folder in
      _ = try DrugCtlRun("train", "--trees", "3", "--models", "\(folder)/models")
      _ = try DrugCtlRun("train", "--trees", "4", "--models", "\(folder)/models")
      let models = ["--models", "\(folder)/models"]
      let all = try DrugCtlRun(["runs", "export", "--mlflow", "\(folder)/ml"] + models)
      #expect(all.status == 0 && all.errors.isEmpty)
      #expect(all.lines.map { $0.prefix(5) } == ["Run 1", "Run 2", "2 in "])
      let one = try DrugCtlRun(
        ["runs", "export", "2", "--mlflow", "\(folder)/ml", "--experiment", "drug-classifier"]
          + models)
      #expect(one.lines.first == all.lines[1] && one.lines.count == 2)

      let unknown = try DrugCtlRun(["runs", "export", "9", "--mlflow", "\(folder)/other"] + models)
      #expect(unknown.status == 1 && unknown.errors == "Error: there is no run 9\n")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/other"))
      let full = try DrugCtlRun(["runs", "export", "--mlflow", "\(folder)/models"] + models)
      #expect(full.status == 1 && full.output.isEmpty)
      #expect(full.errors.contains("is not empty, and no MLflow store"))
      for address in ["", "http://127.0.0.1:5000", "sqlite:///mlflow.db"] {
        let run = try DrugCtlRun(["runs", "export", "--mlflow", address] + models)
        #expect(run.status == 64 && run.errors.contains("--mlflow is a folder of this machine"))
      }
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
      #expect(shown.lines.contains("trials 6.0000"))
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
