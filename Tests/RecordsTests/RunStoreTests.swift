@testable import Records
import Foundation
import GRDB
import Testing
import TestSupport

@Suite struct RunStoreTests {
  @Test func aRunIsReadAsItWasWritten() throws {
    try withTemporaryFolder { root in
      let store = try RunStore(root: root)
      var run = Run(command: "train", parameters: ["n-estimators": "100", "max_leaf": "30"])
      try store.begin(&run)
      #expect(run.number == 1)
      #expect(try RunStore(reading: root).run(1).state == .running)
      run.dataset = "drug200"
      run.dataDigest = "9517"
      run.metrics = ["cv_macro_f1": 0.986, "test_accuracy": 1]
      run.version = "0123456789ab"
      run.isPromoted = true
      run.end(.succeeded, after: 0.25)
      try store.update(run)
      #expect(try RunStore(reading: root).run(1) == run)

      var second = Run(command: "retrain", parameters: [:])
      try store.begin(&second)
      second.end(.failed, after: 0.1, error: "3 samples are too few for 10 folds")
      try store.update(second)
      let runs = try RunStore(reading: root).newest(5)
      #expect(runs.map(\.number) == [2, 1])
      #expect(runs[0].error == "3 samples are too few for 10 folds")
      #expect(try RunStore(reading: root).newest(1).map(\.number) == [2])
      let unknown = #expect(throws: RunError.self) { try store.run(3) }
      #expect(unknown?.description == "there is no run 3")
    }
  }

  @Test func aRunWhoseProcessIsGoneWasInterrupted() throws {
    try withTemporaryFolder { root in
      let store = try RunStore(root: root)
      var run = Run(command: "train", parameters: [:])
      try store.begin(&run)
      let queue = try DatabaseQueue(path: "\(root)/runs.sqlite")
      // This process's number, but another one's start.
      try queue.write {
        try $0.execute(sql: "UPDATE run SET process = ?", arguments: ["\(getpid()) 1"])
      }
      #expect(try store.run(1).state == .interrupted)
      try queue.write { try $0.execute(sql: "UPDATE run SET process = ''") }
      #expect(try store.run(1).state == .interrupted)
    }
  }

  @Test func theTrialsOfASearchAreKeptWithItsRun() throws {
    try withTemporaryFolder { root in
      let store = try RunStore(root: root)
      var run = Run(command: "optimize", parameters: [:])
      try store.begin(&run)
      let trials = (1...3).map { number in
        Trial(
          number: number, parameters: ["features": "binned", "n-estimators": "\(number)"],
          macroF1: 0.5, logLoss: 1 / Double(number), foldCount: number, isRejected: number == 2,
          duration: 0.25)
      }
      for trial in trials { try store.add(trial, to: run) }
      #expect(try store.trials(of: run) == trials)
    }
  }

  @Test func whatAPersonWritesOfARunStaysWhenTheRunEnds() throws {
    try withTemporaryFolder { root in
      let store = try RunStore(root: root)
      var run = Run(command: "train", parameters: [:], user: "ada")
      try store.begin(&run)
      let remark = RunRemark(name: "first", note: "of the new table", user: "eve")
      try store.keep(remark, of: 1)
      run.end(.succeeded, after: 1)
      try store.update(run)
      let kept = try RunStore(reading: root).run(1)
      #expect(kept.user == "ada" && kept.remark == remark && kept.state == .succeeded)
      #expect(try store.newest(5).map(\.remark) == [remark])
      try store.keep(RunRemark(name: "", note: "", user: "eve"), of: 1)
      #expect(try store.run(1).remark == nil && store.count == 1)
      #expect(throws: RunError.self) { try store.keep(remark, of: 2) }
    }
  }

  @Test func runsOfAProgramThatKnewNoRemarksAreRead() throws {
    try withTemporaryFolder { root in
      var run = Run(command: "train", parameters: [:], user: "ada")
      try RunStore(root: root).begin(&run)
      try DatabaseQueue(path: "\(root)/runs.sqlite").write {
        try $0.execute(sql: "DROP TABLE remark; DROP TABLE run_user")
      }
      let kept = try RunStore(reading: root).run(1)
      #expect(kept.user == nil && kept.remark == nil && kept.command == "train")
    }
  }

  @Test func writersOfSeveralThreadsLoseNoRun() throws {
    try withTemporaryFolder { root in
      let threads = (0..<4).map { _ in
        Background {
          let store = try RunStore(root: root)
          for _ in 0..<10 {
            var run = Run(command: "train", parameters: [:])
            try store.begin(&run)
            run.end(.succeeded, after: 1)
            try store.update(run)
          }
        }
      }
      for thread in threads { try thread.value() }
      let runs = try RunStore(reading: root).newest(100)
      #expect(runs.map(\.number) == (1...40).reversed().map(Int64.init))
      #expect(runs.allSatisfy { $0.state == .succeeded })
    }
  }

  @Test func whereNothingWasRecordedThatIsSaid() throws {
    try withTemporaryFolder { root in
      let error = #expect(throws: RunError.self) { try RunStore(reading: root) }
      #expect(error?.description == "no run was recorded in \(root)")
    }
  }
}
