import Models
import Foundation
import RandomForest
import TestSupport
import Testing

/// The same patients one by one and counted, in orders of their own.
private struct CountedPatients {
  let singly: String
  let counted: String

  /// Each row of drug200 1 to 60 times: some rows are then merged, others drawn patient by patient.
  init(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    func shuffled(_ lines: [String]) -> [String] {
      var lines = lines
      for place in lines.indices {
        lines.swapAt(place, place + generator.below(lines.count - place))
      }
      return lines
    }
    let table = try String(contentsOfFile: "\(repositoryRoot)/data/drug200.csv", encoding: .utf8)
    let lines = table.split(separator: "\n").map(String.init)
    var (single, grouped) = ([String](), [String]())
    for row in lines.dropFirst() {
      let count = 1 + generator.below(60)
      single += Array(repeating: row, count: count)
      // An engine may also give the counts of its parts.
      let part = generator.below(count)
      grouped += [part, count - part].filter { $0 > 0 }.map { "\($0),\(row)" }
    }
    singly = ([lines[0]] + shuffled(single)).joined(separator: "\n")
    counted = (["count,\(lines[0])"] + shuffled(grouped)).joined(separator: "\n")
  }
}

@Test(arguments: [
  ["train", "--features", "binned"], ["train", "--features", "continuous"],
  ["train", "--features", "continuous", "--smote"],
  ["pipeline", "--cv-folds", "3", "--cv-repeats", "1"],
])
func countedPatientsGiveTheForestAndTheScoresOfPatientsOneByOne(_ command: [String]) throws {
  try withTemporaryFolder { folder in
    let patients = try CountedPatients(seed: printedSeed())
    func train(_ name: String, _ text: String) throws -> ServedFolder {
      let path = try write(Array(text.utf8), to: "\(folder)/\(name).csv")
      let run = try DrugCtlRun(
        command + ["--data", path, "--models", "\(folder)/\(name)", "--trees", "20"])
      #expect(run.status == 0, "\(run.errors)")
      return try ServedFolder("\(folder)/\(name)")
    }
    let singly = try train("singly", patients.singly)
    let counted = try train("counted", patients.counted)
    #expect(counted.forest == singly.forest)
    let (card, other) = (counted.card, singly.card)
    #expect(card.data?.sha256 != other.data?.sha256)
    #expect(card.data?.samples == other.data?.samples)
    #expect(card.data?.classCounts == other.data?.classCounts)
    #expect(card.data?.trainingSamples == other.data?.trainingSamples)
    #expect(card.importances == other.importances)
    #expect(card.featureSets == other.featureSets)
    #expect(card.conformal == other.conformal)
    #expect(card.reference == other.reference)
    let evaluations = try ["counted", "singly"].map {
      try Data(contentsOf: URL(filePath: "\(folder)/\($0)/current/evaluation.json"))
    }
    #expect(evaluations[0] == evaluations[1])
  }
}
