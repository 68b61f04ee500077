import RandomForest
import TestSupport
import Testing

struct DatasetTests {
  @Test func collapsingMergesEqualRowsAndKeepsEverySample() {
    let dataset = syntheticDataset(rowCount: 500, seed: 1)
    var doubled = dataset
    for row in 0..<dataset.rowCount { doubled.append(dataset.row(row), label: dataset.labels[row]) }
    let collapsed = doubled.collapsed()
    #expect(collapsed.sampleCount == 1000)
    #expect(collapsed.rowCount <= 500)
    #expect(collapsed.classCounts == doubled.classCounts)
    #expect(collapsed.collapsed() == collapsed)
  }

  @Test func collapsingDoesNotDependOnTheOrderOfTheRows() {
    let dataset = syntheticDataset(rowCount: 300, seed: 2)
    var reversed = Dataset(features: dataset.features, classes: dataset.classes)
    for row in (0..<dataset.rowCount).reversed() {
      reversed.append(dataset.row(row), label: dataset.labels[row])
    }
    #expect(reversed.collapsed() == dataset.collapsed())
  }

  @Test(arguments: zip([1, 2, 2], 0..<3))
  func aColumnOfMoreNumbersThanCodesCollapsesAsOthersDo(threadCount: Int, column: Int) {
    // 80,000 numbers, of which a code can tell 65,536 apart, and half of the rows twice.
    var generator = SeededGenerator(seed: printedSeed())
    var dataset = Dataset(
      features: ["x", "y", "z"].map { Feature(name: $0, kind: .numeric) }, classes: ["a", "b"])
    for _ in 0..<80_000 {
      var row = [Double(generator.below(3)), Double(generator.below(100))]
      row.insert(generator.uniform(), at: column)
      let label = generator.below(2)
      dataset.append(row, label: label)
      if generator.below(2) == 0 { dataset.append(row, label: label, weight: 2) }
      if generator.below(9) == 0 { dataset.append(row, label: 1 - label) }
    }
    let collapsed = dataset.collapsed(threadCount: threadCount)
    #expect(collapsed.sampleCount == dataset.sampleCount)
    #expect(collapsed.classCounts == dataset.classCounts)
    func keys(_ dataset: Dataset) -> [[Double]] {
      (0..<dataset.rowCount).map { Array(dataset.row($0)) + [Double(dataset.labels[$0])] }
    }
    let found = keys(collapsed)
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    #expect(Set(found) == Set(keys(dataset)))
  }

  @Test func missingValuesAndZerosOfBothSignsCollapseAlike() {
    var dataset = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["a"])
    for value in [0.0, -0.0, .nan, -.nan, .infinity, -.infinity] {
      dataset.append([value], label: 0)
    }
    let collapsed = dataset.collapsed()
    #expect(collapsed.weights == [1, 2, 1, 2])
    #expect(collapsed.values[0] == -.infinity && collapsed.values[3].isNaN)
  }

  @Test(arguments: [0.1, 0.3, 0.5, 0.9])
  func aStratifiedSplitKeepsEverySampleAndTheClassProportions(fraction: Double) throws {
    let dataset = syntheticDataset(rowCount: 400, seed: 3).collapsed()
    let (training, test) = try dataset.stratifiedSplit(testFraction: fraction, seed: 7)
    #expect(test.sampleCount == Int((fraction * 400).rounded(.up)))
    for (label, count) in dataset.classCounts.enumerated() {
      #expect(training.classCounts[label] + test.classCounts[label] == count)
      #expect(abs(Double(test.classCounts[label]) - fraction * Double(count)) <= 1)
    }
  }

  @Test func aSplitLeavesEachClassASampleToTrainOn() throws {
    var dataset = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["a", "b"])
    for value in 0..<20 { dataset.append([Double(value)], label: 0) }
    dataset.append([99], label: 1)
    let (training, test) = try dataset.stratifiedSplit(testFraction: 0.9, seed: 0)
    #expect(training.classCounts[1] == 1 && test.classCounts[1] == 0)
  }

  @Test func weightedRowsSplitAsTheirSamplesWould() throws {
    let dataset = syntheticDataset(rowCount: 200, seed: 4)
    var single = Dataset(features: dataset.features, classes: dataset.classes)
    var weighted = single
    for row in 0..<dataset.rowCount {
      weighted.append(dataset.row(row), label: dataset.labels[row], weight: 3)
      for _ in 0..<3 { single.append(dataset.row(row), label: dataset.labels[row]) }
    }
    let a = try single.collapsed().stratifiedSplit(testFraction: 0.3, seed: 5)
    let b = try weighted.collapsed().stratifiedSplit(testFraction: 0.3, seed: 5)
    #expect(a.training == b.training && a.test == b.test)
  }

  @Test(arguments: [0.0, 1.0, -0.5, .nan, 2.0])
  func aFractionThatIsNoneIsRefused(fraction: Double) {
    #expect(throws: SamplingError.self) {
      try syntheticDataset(rowCount: 50, seed: 0).stratifiedSplit(testFraction: fraction, seed: 0)
    }
  }

  @Test(arguments: [2, 3, 10, 50])
  func foldsDealEverySampleOnceAndDifferByAtMostOne(count: Int) throws {
    let dataset = syntheticDataset(rowCount: 203, seed: 6).collapsed()
    let folds = try dataset.stratifiedFolds(count, seed: 1)
    for row in 0..<dataset.rowCount {
      #expect(folds.reduce(0) { $0 + $1[row] } == dataset.weights[row])
    }
    let parts = folds.map { dataset.parts(ofFold: $0).test }
    let sizes = parts.map(\.sampleCount)
    #expect(sizes.max()! - sizes.min()! <= 1)
    for label in dataset.classes.indices {
      let counts = parts.map { $0.classCounts[label] }
      #expect(counts.max()! - counts.min()! <= 1)
    }
  }

  @Test func theDefaultEncodingsKeepWhatWasMeasured() {
    var dataset = syntheticDataset(rowCount: 20, seed: 1)
    #expect(dataset.defaultEncodings == [.identity, .identity, .oneHot])
    dataset.append([1, .nan, .nan], label: 0)
    #expect(dataset.defaultEncodings == [.identity, .identityWithMissing, .oneHot])
    #expect(
      FeatureSchema(fitting: dataset)
        == FeatureSchema(fitting: dataset, encodings: dataset.defaultEncodings))
  }

  @Test func foldsNeedSamplesAndEachOther() {
    let dataset = syntheticDataset(rowCount: 5, seed: 0)
    #expect(throws: SamplingError.self) { try dataset.stratifiedFolds(1, seed: 0) }
    #expect(throws: SamplingError.self) { try dataset.stratifiedFolds(6, seed: 0) }
  }
}
