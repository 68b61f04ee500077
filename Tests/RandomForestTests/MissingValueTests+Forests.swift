import TestSupport
import Testing

@testable import RandomForest

/// Forests of numbers that may be missing.
extension MissingValueTests {
  /// Where nothing is missing the draws and the splits are those of numbers that may not be.
  @Test(arguments: ForestTrainingTests.settings)
  func aNumberIsDrawnOnceWhateverItsColumns(setting: ForestTrainingTests.Setting) throws {
    let dataset = syntheticDataset(rowCount: 300, seed: 42)
    let plain = try ForestTrainer(setting.parameters)
      .train(dataset, schema: plainSchema(of: dataset))
    let paired = try ForestTrainer(setting.parameters)
      .train(dataset, schema: schemaWithMissing(of: dataset))
    // The columns x, y and three levels, and the two of x, the two of y and three levels.
    let originals = [0, 0, 1, 1, 2, 3, 4]
    for (tree, pairedTree) in zip(
      try NaiveForest(plain.forest).trees, try NaiveForest(paired.forest).trees)
    {
      #expect(tree.splits.map(\.column) == pairedTree.splits.map { originals[$0.column] })
      #expect(tree.splits.map(\.threshold) == pairedTree.splits.map(\.threshold))
      #expect(tree.leaves.map(\.distribution) == pairedTree.leaves.map(\.distribution))
    }
    let importances = originals.indices.reduce(into: [0.0, 0, 0, 0, 0]) {
      $0[originals[$1]] += paired.columnImportances[$1].mean
    }
    #expect(agree(importances, plain.columnImportances.map(\.mean)))
    #expect(agree(paired.importances.map(\.mean), plain.importances.map(\.mean)))
  }

  /// Missing values lie at neither end: the same numbers with other signs divide as well.
  @Test(arguments: strategies, [3, nil])
  func theSignOfNumbersChangesNothingOfWhatIsLearned(strategy: SplitStrategy, depth: Int?) throws {
    // A number that is missing where it would be greatest, with noise beside it.
    var generator = SeededGenerator(seed: 46)
    var rows: [(values: [Double], label: Int)] = []
    for _ in 0..<1200 {
      let x = (0..<4).map { _ in generator.uniform() }
      let label = x[0] + x[1] + generator.uniform() / 2 > 1.25 ? 1 : 0
      rows.append((x.map { generator.uniform() < $0 * 0.6 ? .nan : $0 }, label))
    }
    func accuracy(sign: Double) throws -> Double {
      func dataset(_ rows: ArraySlice<(values: [Double], label: Int)>) -> Dataset {
        Dataset(
          features: (0..<4).map { Feature(name: "x\($0)", kind: .numeric) }, classes: ["a", "b"],
          values: rows.flatMap { $0.values.map { sign * $0 } }, labels: rows.map(\.label))
      }
      let (training, test) = (dataset(rows[..<600]), dataset(rows[600...]))
      let schema = schemaWithMissing(of: training)
      let own = try (0..<5).map { seed in
        let parameters = ForestTrainingTests.parameters {
          $0.treeCount = 40
          $0.strategy = strategy
          $0.maximumDepth = depth
          $0.seed = UInt64(seed)
        }
        let forest = try ForestTrainer(parameters).train(training, schema: schema).forest
        return try Evaluation(of: forest, on: test).confusion.accuracy
      }
      return own.reduce(0, +) / 5
    }
    let (plain, negated) = (try accuracy(sign: 1), try accuracy(sign: -1))
    #expect(plain > 0.8 && abs(plain - negated) < 0.02, "\(plain) and \(negated)")
  }

  @Test(arguments: ForestTrainingTests.settings)
  func oneSeedGivesOneForestOfRowsWithHoles(setting: ForestTrainingTests.Setting) throws {
    let dataset = ForestTrainingTests.dataset
    let schema = schemaWithMissing(of: dataset)
    func bytes(_ dataset: Dataset, threadCount: Int = 1) throws -> [UInt8] {
      try ForestTrainer(setting.parameters, threadCount: threadCount)
        .train(dataset, schema: schema).forest.fileBytes
    }
    let expected = try bytes(dataset)
    #expect(try bytes(dataset, threadCount: 3) == expected)
    #expect(try bytes(dataset.collapsed(threadCount: 2)) == expected)
    var reversed = Dataset(features: dataset.features, classes: dataset.classes)
    for row in (0..<dataset.rowCount).reversed() {
      reversed.append(dataset.row(row), label: dataset.labels[row])
    }
    #expect(try bytes(reversed) == expected)
  }

  @Test func rowsEncodedBeforehandGiveTheSameTreesWithHoles() throws {
    let dataset = datasetWithHoles(rowCount: 300, seed: 43)
    let schema = schemaWithMissing(of: dataset)
    let trainer = ForestTrainer(ForestTrainingTests.parameters())
    let measured = try trainer.train(dataset, schema: schema).forest
    let encoded = try trainer.train(schema.encode(dataset), schema: schema).forest
    #expect(try NaiveForest(measured).trees == NaiveForest(encoded).trees)
    #expect(schema.encode(dataset).features.map(\.name) == ["x", "y", "c_p", "c_q", "c_r"])
    #expect(
      schema.columnNames == ["x", "x_or_missing", "y", "y_or_missing", "c_p", "c_q", "c_r"])
  }

  @Test func equalRowsWithHolesInTheSamePlacesMerge() throws {
    let dataset = datasetWithHoles(rowCount: 400, seed: 44)
    var doubled = dataset
    for row in (0..<dataset.rowCount).reversed() {
      doubled.append(dataset.row(row).map { $0.isNaN ? -.nan : $0 }, label: dataset.labels[row])
    }
    let once = dataset.collapsed()
    let merged = doubled.collapsed()
    #expect(merged.rowCount == once.rowCount && merged.weights == once.weights.map { $0 * 2 })
    #expect(merged.reweighted(once.weights) == once)
    #expect(once != once.reweighted(once.weights.map { $0 + 1 }))
    // What is drawn depends on the samples alone.
    let (one, other) = (
      try dataset.collapsed().stratifiedSplit(testFraction: 0.3, seed: 1),
      try dataset.reversed().collapsed().stratifiedSplit(testFraction: 0.3, seed: 1)
    )
    #expect(one.training == other.training && one.test == other.test)
    let plan = CrossValidation(foldCount: 4, seed: 2)
    func folds(_ dataset: Dataset) throws -> [[Dataset]] {
      try plan.evaluateFolds(dataset) { training, test in
        #expect(training.sampleCount + test.sampleCount == dataset.sampleCount)
        return test
      }
    }
    #expect(try folds(dataset) == folds(dataset.reversed()))
  }

  @Test func rangesAndCountsAreOfTheNumbersThatThereAre() {
    var dataset = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["a"])
    for value in [.nan, 3, -1, .nan, 3, .infinity] { dataset.append([value], label: 0, weight: 2) }
    #expect(dataset.finiteRange(ofColumn: 0) == -1...3)
    #expect(dataset.valueCounts(ofColumn: 0) == ValueCounts(values: [-1, 3], counts: [2, 4]))
  }

  @Test func whatShufflingCostsIsFoundWhereNumbersAreMissing() throws {
    // The first number tells the class by being missing alone, the second tells nothing.
    var generator = SeededGenerator(seed: 45)
    var dataset = Dataset(
      features: ["x", "y"].map { Feature(name: $0, kind: .numeric) }, classes: ["a", "b"])
    for row in 0..<400 {
      let y = generator.below(3) == 0 ? .nan : generator.uniform()
      dataset.append([row % 2 == 0 ? .nan : generator.uniform(), y], label: row % 2)
    }
    let result = try ForestTrainer(ForestTrainingTests.parameters { $0.maximumFeatures = .all })
      .train(dataset, schema: schemaWithMissing(of: dataset))
    let found = try result.forest.permutationImportances(on: dataset, repeatCount: 3)
    #expect(abs(found[0].mean - 0.5) < 0.1 && found[1].mean == 0)
    #expect(result.importances[0].mean == 1 && result.importances[0].standardDeviation == 0)
  }
}

extension Dataset {
  fileprivate func reversed() -> Dataset {
    var result = Dataset(features: features, classes: classes)
    for row in (0..<rowCount).reversed() {
      result.append(self.row(row), label: labels[row], weight: weights[row])
    }
    return result
  }
}
