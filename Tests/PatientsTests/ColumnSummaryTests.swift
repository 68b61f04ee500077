@testable import Patients
import RandomForest
import Testing
import TestSupport

@Test func aSummaryHasTheMomentsAndTheInterpolatedQuartiles() {
  var dataset = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["a", "b"])
  for value in [7.0, 1, 4, 2] { dataset.append([value], label: 0) }
  dataset.append([.nan], label: 0)
  dataset.append([100], label: 1)
  let summary = NumericSummary(of: dataset, column: 0, label: 0)
  #expect(summary.count == 4)
  #expect(summary.mean == 3.5)
  // Squared distances 12.25, 6.25, 0.25 and 2.25 over n - 1.
  #expect(summary.standardDeviation == 7.0.squareRoot())
  #expect(summary.quartiles == [1, 1.75, 3, 4.75, 7])
  #expect(NumericSummary(of: dataset, column: 0).count == 5)
}

@Test func aSummaryCountsARowAsOftenAsItsWeightSays() throws {
  let listed = try drug200().dataset
  var weighted = Dataset(features: listed.features, classes: listed.classes)
  var repeated = weighted
  for row in 0..<listed.rowCount {
    let weight = 1 + row % 4
    weighted.append(listed.row(row), label: listed.labels[row], weight: weight)
    for _ in 0..<weight { repeated.append(listed.row(row), label: listed.labels[row]) }
  }
  for column in 3...4 {
    let (a, b) = (
      NumericSummary(of: weighted, column: column), NumericSummary(of: repeated, column: column)
    )
    #expect(a.count == b.count)
    #expect(a.quartiles == b.quartiles)
    #expect(abs(a.mean - b.mean) < 1e-12)
    #expect(abs(a.standardDeviation - b.standardDeviation) < 1e-12)
  }
  #expect(weighted.levelCounts(ofColumn: 1) == repeated.levelCounts(ofColumn: 1))
}

@Test func levelsAreCountedByClass() throws {
  let dataset = try drug200().dataset
  #expect(dataset.levelCounts(ofColumn: 1) == [77, 64, 59])
  #expect(dataset.levelCounts(ofColumn: 1, label: 3) == [0, 16, 0])
  #expect(dataset.levelCounts(ofColumn: 3).isEmpty)
}

@Test func aClassWithoutSamplesHasNoMoments() {
  let dataset = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["a"])
  let summary = NumericSummary(of: dataset, column: 0)
  #expect(summary.count == 0)
  #expect(summary.mean.isNaN && summary.quartiles.allSatisfy(\.isNaN))
}

@Test func theDigestIsSHA256() {
  let hash = SHA256()
  for piece in ["a", "", "bc"] { Array(piece.utf8).withUnsafeBytes { hash.update($0) } }
  #expect(
    hash.finish() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
}
