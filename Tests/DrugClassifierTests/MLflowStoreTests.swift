@testable import DrugClassifier
import Foundation
import TestSupport
import Testing

/// What the files hold; that MLflow reads them is for the tests of the running system to show.
@Suite struct MLflowStoreTests {
  private func files(of folder: String) -> [String: String] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)).map { (name, $0) }
      })
  }

  private func finishedRun(in root: String) throws -> (Run, ModelRegistry) {
    let store = try RunStore(root: root)
    var run = Run(command: "train", parameters: ["n-estimators": "3", "odd": "a\nb"])
    try store.begin(&run)
    run.dataset = "a 'table'.csv"
    run.metrics = ["test_accuracy": 0.1 + 0.2]
    run.version = try saveModel(in: root, treeCount: 3)
    run.end(.succeeded, after: 1.25)
    try store.update(run)
    return (run, ModelRegistry(root: root))
  }

  @Test func aRunIsWrittenOnceAndBroughtUpToDate() throws {
    try withTemporaryFolder { folder in
      var (run, registry) = try finishedRun(in: "\(folder)/models")
      let target = try MLflowStore(folder: "\(folder)/a/ml runs")
      let added = try target.add(run, from: registry)
      #expect(added.hasModel == true)
      #expect(added.id.wholeMatch(of: /[0-9a-f]{32}/) != nil)
      let home = "\(target.root)/\(target.experimentID)/\(added.id)"
      let written = files(of: home)
      #expect(written["params/n-estimators"] == "3" && written["params/odd"] == "a b")
      let metric = try #require(written["metrics/test_accuracy"]).split(separator: " ")
      #expect(metric.count == 3 && metric[1] == "0.30000000000000004")
      let meta = try #require(written["meta.yaml"])
      #expect(meta.contains("run_name: 'train 1'\n") && meta.contains("status: 3\n"))
      #expect(meta.contains("/ml%20runs/"))
      #expect(written["tags/model_version"] == run.version)
      #expect(written["artifacts/model/card.json"] != nil)
      #expect(written["artifacts/model_card.md"]?.hasPrefix("# Model ") == true)

      try "kept".write(toFile: "\(home)/tags/ward", atomically: true, encoding: .utf8)
      run.metrics["cv_macro_f1"] = 0.9
      #expect(try MLflowStore(folder: "\(folder)/a/ml runs").add(run, from: registry) == added)
      let again = files(of: home)
      #expect(Set(again.keys) == Set(written.keys).union(["tags/ward", "metrics/cv_macro_f1"]))
      #expect(again["tags/ward"] == "kept")
    }
  }

  @Test func everyStateHasItsNumberAndRunsOfOneNumberAreTold() throws {
    try withTemporaryFolder { folder in
      let registry = ModelRegistry(root: "\(folder)/models")
      let target = try MLflowStore(folder: "\(folder)/ml")
      var names: Set<String> = []
      for (state, number) in [
        (Run.State.running, 1), (.succeeded, 3), (.failed, 4), (.cancelled, 5), (.interrupted, 5),
      ] {
        var run = Run(command: "\(state)", parameters: [:])
        if state == .running {
          run.state = .running
        } else {
          run.end(state, after: 1, error: "why\nnot")
        }
        let added = try target.add(run, from: registry)
        #expect(added.hasModel == nil)
        names.insert(added.id)
        let home = files(of: "\(target.root)/\(target.experimentID)/\(added.id)")
        #expect(try #require(home["meta.yaml"]).contains("status: \(number)\n"))
        #expect(home["meta.yaml"]?.contains("end_time: null\n") == (state == .running))
        #expect(home["tags/drugctl.error"] == (state == .running ? nil : "why not"))
      }
      // All of them have the number 0.
      #expect(names.count == 5)
    }
  }

  @Test(arguments: ["drug-classifier", "Ward 3", "a: \"b\" #c", "Überblick"])
  func anExperimentIsFoundAgainByItsName(_ name: String) throws {
    try withTemporaryFolder { folder in
      let first = try MLflowStore(folder: folder, experiment: name)
      #expect(first.experimentID.wholeMatch(of: /[0-9]{18}/) != nil)
      // Under another number, as MLflow would have given it.
      try FileManager.default.moveItem(
        atPath: "\(folder)/\(first.experimentID)", toPath: "\(folder)/7")
      #expect(try MLflowStore(folder: folder, experiment: name).experimentID == "7")
    }
  }

  @Test(arguments: [
    ("name: plain", "plain"), ("name: 'a: b'", "a: b"), (#"name: "a\u00e9""#, "aé"),
    ("name: x \r", "x"),
  ])
  func namesAreReadAsMLflowWritesThem(_ line: String, _ name: String) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/5", withIntermediateDirectories: false)
      try "a: 1\n\(line)\nz: 2\n".write(
        toFile: "\(folder)/5/meta.yaml", atomically: true, encoding: .utf8)
      #expect(try MLflowStore(folder: folder, experiment: name).experimentID == "5")
    }
  }

  @Test func whatIsNoStoreIsRefusedAndLeftAlone() throws {
    try withTemporaryFolder { folder in
      try "a".write(toFile: "\(folder)/file", atomically: true, encoding: .utf8)
      let other = #expect(throws: RegistryError.self) { try MLflowStore(folder: folder) }
      #expect(
        other?.description == "\(folder) is not empty, and no MLflow store: name a new folder")
      let file = #expect(throws: RegistryError.self) { try MLflowStore(folder: "\(folder)/file") }
      #expect(file?.description == "\(folder)/file is no folder that can be read")
      #expect(throws: (any Error).self) { try MLflowStore(folder: "\(folder)/file/below") }
      for name in ["a\nb", "Ward 3's", String(repeating: "a", count: 251)] {
        #expect(throws: RegistryError.self) {
          try MLflowStore(folder: "\(folder)/new", experiment: name)
        }
      }
      #expect(throws: RegistryError.self) {
        try MLflowStore(folder: "\(folder)/new", experiment: "")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
      try FileManager.default.createDirectory(
        atPath: "\(folder)/own/.trash", withIntermediateDirectories: true)
      _ = try MLflowStore(folder: "\(folder)/own")
    }
  }
}
