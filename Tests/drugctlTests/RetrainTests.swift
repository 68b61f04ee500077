import Models
import Foundation
import Testing
import TestSupport

@Suite struct RetrainTests {
  /// The JSON objects that a run printed, one a line.
  private func events(_ run: DrugCtlRun) throws -> [[String: Any]] {
    try run.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func aPersonSeesStagesTheComparisonAndWhatWasDecided() throws {
    try withTemporaryFolder { folder in
      #expect(try DrugCtlRun("train", "--trees", "5", "--models", folder).status == 0)
      let served = try ServedFolder(folder).version
      let run = try DrugCtlRun("retrain", "--trees", "5", "--models", folder)
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(
        run.stages == [
          "1/6 Load", "2/6 Prepare", "3/6 Cross-validate", "4/6 Train", "5/6 Evaluate", "6/6 Save",
        ])
      #expect(run.timedStageCount == 6)
      let version = try ServedFolder(folder).version
      #expect(version != served)
      #expect(run.lines.contains { $0.hasPrefix("candidate \(version) continuous 0.") })
      #expect(run.lines.contains { $0.hasPrefix("served \(served) continuous 0.") })
      #expect(
        run.lines.contains(
          "10 folds × 3, ± is the standard deviation over the repeats, both fitted anew in each fold"
        ))
      #expect(
        run.lines.contains("no difference in macro-F1, 95% interval 0.0000 to 0.0000"))
      #expect(run.lines.contains("Model \(version) trained and promoted."))
    }
  }

  @Test func aProgramReadsProgressAndTheResultOfTheContract() throws {
    try withTemporaryFolder { folder in
      _ = try DrugCtlRun("train", "--trees", "5", "--models", folder)
      let run = try DrugCtlRun(
        "retrain", "--trees", "5", "--features", "binned", "--models", folder, "--progress-json")
      #expect(run.status == 0 && run.errors.isEmpty)
      let events = try events(run)
      let result = try #require(events.last)
      #expect(events.dropLast().allSatisfy { $0["event"] as? String == "progress" })
      let first = try #require(events.first)
      #expect(first["stage"] as? String == "load" && first["stages"] as? Int == 6)
      for event in events.dropLast() {
        for key in ["stage", "stage_number", "stages", "done", "total", "fraction"] {
          #expect(event[key] != nil, "\(key)")
        }
      }
      #expect(
        Set(result.keys) == [
          "event", "status", "message", "accuracy", "parameters", "model_path", "model_version",
          "promoted", "already_existed", "forced", "comparison", "changed", "duration_s",
        ])
      #expect(result["event"] as? String == "result" && result["status"] as? String == "success")
      #expect(result["promoted"] as? Bool == false)
      let version = try #require(result["model_version"] as? String)
      #expect(result["model_path"] as? String == "models/registry/\(version)/forest.rf")
      let expected: NSDictionary = [
        "n_estimators": 5, "max_leaf_nodes": 30, "test_size": 0.3, "apply_smote": true,
        "features": "binned", "random_state": 0, "dataset": "drug200", "include_outcomes": false,
        "force": false, "promote": true,
      ]
      #expect(result["parameters"] as? NSDictionary == expected)
      let comparison = try #require(result["comparison"] as? [String: Any])
      #expect(comparison["same_data"] as? Bool == true && comparison["folds"] as? Int == 10)
      let difference = try #require(comparison["difference"] as? [String: Any])
      #expect((difference["interval"] as? [Double])?.count == 2)
      let changed = try #require(result["changed"] as? [String: Any])
      let rows = try #require(changed["rows"] as? [[String: Any]])
      let patient = try #require(rows.first?["patient"] as? [String: Any])
      #expect(Set(patient.keys) == ["Age", "Sex", "BP", "Cholesterol", "Na_to_K"])
      let counts = ["row_count", "become_right", "become_wrong"].compactMap { changed[$0] as? Int }
      try #require(counts.count == 3)
      #expect(rows.count == min(100, counts[0]) && counts[0] >= counts[1] + counts[2])
      func right(_ which: String) -> Int {
        rows.count { $0["actual"] as? String == $0[which] as? String }
      }
      #expect(counts[1] == right("after") && counts[2] == right("before"))
      #expect(try ServedFolder(folder).version != version)
    }
  }

  @Test func aModelThatIsToBeLookedAtFirstIsKeptAndNotServed() throws {
    try withTemporaryFolder { folder in
      let run = try DrugCtlRun("retrain", "--trees", "3", "--no-promote", "--models", folder)
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(
        run.lines.last?.hasSuffix(" trained; it is not promoted by itself, as asked.") == true)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/current"))
      _ = try DrugCtlRun("train", "--trees", "3", "--models", folder)
      let served = try ServedFolder(folder).version
      let other = try DrugCtlRun(
        "retrain", "--trees", "5", "--no-promote", "--models", folder, "--progress-json")
      let result = try #require(try events(other).last)
      #expect(result["promoted"] as? Bool == false && result["forced"] as? Bool == false)
      #expect((result["parameters"] as? [String: Any])?["promote"] as? Bool == false)
      let comparison = try #require(result["comparison"] as? [String: Any])
      #expect(
        comparison["spread"] as? String == "repeats" && comparison["champion"] is [String: Any])
      #expect(try ServedFolder(folder).version == served)
      let both = try DrugCtlRun("retrain", "--no-promote", "--force", "--models", folder)
      #expect(both.status == 64 && both.errors.contains("--no-promote does not"))
    }
  }

  @Test func aPipelineWithTheSameDecisionsIsTheSameVersion() throws {
    try withTemporaryFolder { folder in
      _ = try DrugCtlRun("pipeline", "--trees", "5", "--models", folder)
      let served = try ServedFolder(folder)
      let run = try DrugCtlRun("retrain", "--trees", "5", "--models", folder, "--progress-json")
      let result = try #require(try events(run).last)
      #expect(result["already_existed"] as? Bool == true && result["promoted"] as? Bool == true)
      #expect(result["model_version"] as? String == served.version)
      #expect(try ServedFolder(folder).forest == served.forest)
    }
  }

  @Test func wrongDataIsAnErrorWithoutPathsOrValues() throws {
    try withTemporaryFolder { folder in
      let path = try write(
        Array("Age,Sex,BP,Cholesterol,Na_to_K,Drug\n450,M,HIGH,NORMAL,9,drugA\n".utf8),
        to: "\(folder)/wrong.csv")
      let run = try DrugCtlRun(
        "retrain", "--data", path, "--models", "\(folder)/models", "--progress-json")
      #expect(run.status == 1)
      let error = try #require(try events(run).last)
      #expect(error["event"] as? String == "error" && error["code"] as? String == "invalid_data")
      let detail = try #require(error["detail"] as? String)
      #expect(detail.contains("line 2, column Age"))
      #expect(!detail.contains("450") && !detail.contains(folder))
      let unknown = try DrugCtlRun(
        "retrain", "--dataset", "nothing", "--models", "\(folder)/models", "--progress-json")
      #expect(unknown.status == 1)
      #expect(try events(unknown).last?["code"] as? String == "unknown_dataset")
    }
  }

  @Test func aNamedTableIsTrainedOn() throws {
    try withTemporaryFolder { folder in
      let added = try DrugCtlRun("datasets", "add", "mine", "data/drug200.csv", "--models", folder)
      #expect(added.status == 0)
      let run = try DrugCtlRun(
        "retrain", "--dataset", "mine", "--trees", "3", "--models", folder, "--progress-json")
      let result = try #require(try events(run).last)
      let parameters = try #require(result["parameters"] as? [String: Any])
      #expect(parameters["dataset"] as? String == "mine")
      let list = try DrugCtlRun("datasets", "list", "--models", folder)
      #expect(list.lines.contains { $0.hasPrefix("mine 200 9517b83a24a3 2") })
      let shown = try DrugCtlRun("datasets", "show", "mine", "--models", folder)
      #expect(shown.lines.contains { $0.hasPrefix("drugX 54 27.0%") })
    }
  }

  @Test func aTableThatSMOTECannotBalanceIsTrainedOnAfterOneThatItCould() throws {
    try withTemporaryFolder { folder in
      let schema = """
        {"fields": [
          {"name": "Age", "type": "integer", "constraints": {"required": true},
           "bins": {"edges": [40], "labels": ["young", "old"]}},
          {"name": "Weight", "type": "number"}, {"name": "Drug", "type": "string"}
        ], "target": "Drug"}
        """
      _ = try write(Array(schema.utf8), to: "\(folder)/datapackage.json")
      let rows = (0..<60).map { "\(20 + $0),\(50 + $0 % 7),\($0 < 25 ? "oral" : "drip")" }
      func run(_ command: String, _ rows: [String], _ options: String...) throws -> DrugCtlRun {
        let text = (["Age,Weight,Drug"] + rows).joined(separator: "\n") + "\n"
        let path = try write(Array(text.utf8), to: "\(folder)/ward.csv")
        return try DrugCtlRun([command, "--data", path, "--models", "\(folder)/m"] + options)
      }
      #expect(try run("train", rows, "--features", "binned", "--smote", "--trees", "3").status == 0)
      let holes = rows.map { $0.replacing(",50,", with: ",,") }
      #expect(try run("retrain", holes, "--trees", "3").errors == "")
      #expect(try run("optimize", holes, "--trees", "3", "--trials", "8").errors == "")
      for command in ["retrain", "optimize"] {
        let refused = try run(command, holes, "--smote")
        #expect(refused.status == 1 && refused.errors.contains("train without SMOTE"))
      }
      // One patient of a drug is repeated.
      let single = rows + ["90,66,rest"]
      #expect(try run("train", single, "--smote", "--trees", "3").errors == "")
    }
  }

  @Test func aSignalEndsItWithNothingHalfWritten() throws {
    try withTemporaryFolder { folder in
      _ = try DrugCtlRun("train", "--trees", "5", "--models", folder)
      let served = try ServedFolder(folder).version
      // As many trees as would take minutes.
      let run = try DrugCtlRun(
        ["retrain", "--trees", "10000", "--models", folder, "--progress-json"],
        terminatedAfter: "cross-validate")
      #expect(run.status == 1)
      let error = try #require(try events(run).last)
      #expect(error["event"] as? String == "error" && error["code"] as? String == "cancelled")
      #expect(try ServedFolder(folder).version == served)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/registry") == [served])
      let runs = try DrugCtlRun("runs", "--models", folder)
      #expect(runs.lines.contains { $0.hasPrefix("2 ") && $0.contains("retrain cancelled") })
    }
  }
}
