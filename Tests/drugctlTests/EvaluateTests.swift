import Foundation
import Testing
import TestSupport

@Test func evaluateJudgesTheServedModelOnWhatWasHeldOut() throws {
  try withTemporaryFolder { folder in
    let trained = try DrugCtlRun("train", "--features", "continuous", "--models", folder)
    let plot = "\(folder)/plot.png"
    let run = try DrugCtlRun("evaluate", "--models", folder, "--plot", plot)
    #expect(run.status == 0)
    #expect(run.stages == ["1/2 Load", "2/2 Evaluate"])
    let served = try ServedFolder(folder)
    #expect(
      run.lines.contains(
        "model \(served.version), continuous features, on the 60 patients held out when it was trained"
      ))
    // The same scores, line by line, as training printed.
    let scores = run.lines.filter { $0.hasPrefix("accuracy") || $0.hasPrefix("macro mean") }
    #expect(scores.count == 2)
    #expect(scores.allSatisfy(trained.lines.contains))
    let picture = try Data(contentsOf: URL(filePath: plot))
    #expect(picture.starts(with: [0x89, 0x50, 0x4e, 0x47]))

    let named = try DrugCtlRun("evaluate", "--models", folder, "--model", served.version)
    #expect(named.lines.filter { $0.hasPrefix("accuracy") } == [scores[0]])
  }
}

@Test func evaluateTakesAllPatientsOfAnotherFile() throws {
  try withTemporaryFolder { folder in
    #expect(try DrugCtlRun("train", "--trees", "5", "--models", folder).status == 0)
    let text = "count,Age,Sex,BP,Cholesterol,Na_to_K,Drug\n7,45,M,HIGH,NORMAL,30,DrugY\n"
    let path = try write(Array(text.utf8), to: "\(folder)/other.csv")
    let run = try DrugCtlRun("evaluate", "--models", folder, "--data", path)
    #expect(
      run.lines.contains { $0.hasSuffix("on 7 patients of another file than it was trained on") })
    #expect(
      run.lines.contains {
        $0.hasPrefix("accuracy 100.0% (7 of 7; 95% interval 64.6% to 100.0%)")
      })
    #expect(run.lines.contains("DrugY 1.000 1.000 1.000 7"))
    #expect(run.lines.contains("drugA – – – 0"))
  }
}

@Test func evaluateComparesFeatureSetsWithAndWithoutSMOTE() throws {
  let run = try DrugCtlRun(
    "evaluate", "--cross-validate", "--cv-folds", "3", "--cv-repeats", "2", "--trees", "10")
  #expect(run.status == 0)
  #expect(run.stages == ["1/2 Load", "2/2 Cross-validate"])
  for name in ["binned, SMOTE", "binned", "continuous, SMOTE", "continuous"] {
    #expect(run.lines.contains { $0.hasPrefix("\(name) 0.") && $0.hasSuffix("3 × 2") }, "\(name)")
  }
}

@Test func evaluateSaysWhenThereIsNoModel() throws {
  try withTemporaryFolder { folder in
    let served = try DrugCtlRun("evaluate", "--models", folder)
    #expect(served.status == 1)
    #expect(
      served.errors
        == "Error: there is no model that is served in \(folder): drugctl pipeline makes one\n")
    let named = try DrugCtlRun("evaluate", "--models", folder, "--model", "0123456789ab")
    #expect(named.status == 1)
    #expect(named.errors.hasPrefix("Error: there is no model 0123456789ab in \(folder)"))
  }
}
