import RandomForest
import TestSupport
import Testing

struct ImportanceTests {
  @Test func aTreeThatCouldNotSplitIsInNoMeanAndCountsAsNothingInTheDeviation() throws {
    // Four rows of which each tree draws four: some trees get rows of one class alone.
    let dataset = Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: ["a", "b"], values: [0, 0, 0, 1],
      labels: [0, 0, 0, 1])
    let result = try ForestTrainer(ForestTrainingTests.parameters { $0.treeCount = 64 })
      .train(dataset, schema: FeatureSchema(fitting: dataset))
    let splitting = try (0..<64).count { try result.forest.tree($0).nodes.count > 1 }
    #expect(0 < splitting && splitting < 64)
    let share = Double(splitting) / 64
    #expect(result.importances == result.columnImportances)
    #expect(result.importances[0].mean == 1)
    #expect(
      agree([result.importances[0].standardDeviation], [(share * (1 - share)).squareRoot()]))
  }

  @Test func levelsCountTogetherInEachTree() throws {
    let dataset = syntheticDataset(rowCount: 200, seed: 3)
    let result = try ForestTrainer(ForestTrainingTests.parameters { $0.treeCount = 30 })
      .train(dataset, schema: plainSchema(of: dataset))
    let (columns, inputs) = (result.columnImportances, result.importances)
    #expect(columns.count == 5 && inputs.count == 3)
    #expect(inputs.prefix(2).elementsEqual(columns.prefix(2)))
    #expect(agree([inputs[2].mean], [columns[2...].reduce(0) { $0 + $1.mean }]))
    #expect(abs(inputs.reduce(0) { $0 + $1.mean } - 1) < 1e-12)
    // The levels take from each other, so that their deviations do not add up.
    #expect(inputs[2].standardDeviation < columns[2...].reduce(0) { $0 + $1.standardDeviation })
  }

  @Test func whatIsLostIsTheSameByAnyNumberOfThreadsAndForWeightsOrRows() throws {
    let forest = try syntheticForest(syntheticDataset(rowCount: 150, seed: 1), treeCount: 5)
    let once = syntheticDataset(rowCount: 90, seed: 2)
    let weighted = once.reweighted((0..<90).map { 1 + $0 % 3 })
    let repeated = (0..<90).reduce(
      into: Dataset(features: once.features, classes: once.classes)
    ) { dataset, row in
      for _ in 0...row % 3 { dataset.append(once.row(row), label: once.labels[row]) }
    }
    let found = try forest.permutationImportances(on: weighted, repeatCount: 2, seed: 7)
    for dataset in [weighted, repeated] {
      #expect(
        try forest.permutationImportances(
          on: dataset, repeatCount: 2, seed: 7, threadCount: 3) == found)
    }
    #expect(found[0].mean > found[1].mean)
  }

  @Test func aScoreThatIsNotKnownHasNoLoss() throws {
    let dataset = syntheticDataset(rowCount: 60, seed: 4)
    let forest = try syntheticForest(dataset, treeCount: 3)
    let first = dataset.reweighted(dataset.labels.map { $0 == 0 ? 1 : 0 })
    let found = try forest.permutationImportances(on: first, repeatCount: 2, score: \.rocAUC)
    #expect(found.allSatisfy { $0.mean.isNaN && $0.standardDeviation.isNaN })
  }
}
