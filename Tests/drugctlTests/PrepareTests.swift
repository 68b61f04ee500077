import Foundation
import Models
import Patients
import RandomForest
import TestSupport
import Testing

@Test func prepareShowsTheSplitTheColumnsAndTheBalance() throws {
  let run = try DrugCtlRun("prepare")
  #expect(run.status == 0)
  #expect(run.stages == ["1/2 Load", "2/2 Prepare"])
  for line in [
    "140 patients to train on, 60 held out (stratified, test size 0.3, seed 0)",
    "binned: 18 columns", "Age 7 <20s 20s 30s 40s 50s 60s >60s", "Na_to_K 4 <10 10-20 20-30 >30",
    "SMOTE, k = 5: DrugY 64 → 64, drugA 16 → 64, drugB 11 → 64, drugC 11 → 64, drugX 38 → 64",
    "continuous: 9 columns", "Age 1 (as measured)", "BP 3 HIGH LOW NORMAL",
    "the drugs stay as frequent as they are (no SMOTE)",
  ] {
    #expect(run.lines.contains(line), "\(line)")
  }
}

@Test func theDecisionForSMOTEHoldsForBothFeatureSets() throws {
  let with = try DrugCtlRun("prepare", "--smote")
  #expect(with.lines.count { $0.hasPrefix("SMOTE, k = 5:") } == 1)
  #expect(with.lines.count { $0.hasPrefix("SMOTE-NC, k = 5:") } == 1)
  let without = try DrugCtlRun("prepare", "--no-smote")
  #expect(without.lines.count { $0.hasSuffix("(no SMOTE)") } == 2)
  #expect(!without.output.contains("SMOTE, k") && !without.output.contains("SMOTE-NC, k"))
}

@Test func prepareWritesTheRowsThatAForestWouldSee() throws {
  try withTemporaryFolder { folder in
    let output = "\(folder)/prepared"
    let run = try DrugCtlRun("prepare", "--features", "binned", "--output", output)
    #expect(run.status == 0)
    #expect(run.stages.last == "3/3 Write")
    let schema = FeatureSchema(
      fitting: try drug200().dataset,
      encodings: FeatureSet.binned.encodings(.drug200, fitting: try drug200().dataset))
    let header = schema.columnNames + ["Drug", "count"]
    for (name, patients) in [("train.csv", 5 * 64), ("test.csv", 60)] {
      let rows = try String(contentsOfFile: "\(output)/\(name)", encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
      #expect(rows[0] == header)
      #expect(rows.dropFirst().reduce(0) { $0 + Int($1.last!)! } == patients)
      #expect(rows.allSatisfy { $0.count == 20 })
    }
    // The held-out rows are the patients' own: nothing in them is interpolated.
    let test = try String(contentsOfFile: "\(output)/test.csv", encoding: .utf8)
    let cells = test.split(separator: "\n").dropFirst().flatMap {
      $0.split(separator: ",").prefix(18)
    }
    #expect(Set(cells) == ["0", "1"])
  }
}

@Test func prepareNamesAFolderThatItCannotMake() throws {
  let run = try DrugCtlRun("prepare", "--features", "binned", "--output", "/nowhere/prepared")
  #expect(run.status == 1)
  #expect(run.errors == "Error: mkdir /nowhere/prepared: No such file or directory\n")
}
