import TestSupport
import Testing

@testable import RandomForest

/// Levels in an order that suits the classes.
@Suite struct OrderedLevelTests {
  /// A category of many levels, each with an inclination of its own, and a number.
  private func dataset(
    levelCount: Int, classCount: Int = 2, rowCount: Int = 600, seed: UInt64
  ) -> Dataset {
    var draw = SeededGenerator(seed: seed)
    let levels = (0..<levelCount).map { "l\($0)" }
    let inclinations = levels.map { _ in draw.below(classCount) }
    var dataset = Dataset(
      features: [
        Feature(name: "ward", kind: .categorical(levels: levels)),
        Feature(name: "x", kind: .numeric),
      ], classes: (0..<classCount).map { "c\($0)" })
    for _ in 0..<rowCount {
      // The last level occurs nowhere, and some rows lack theirs.
      let level = draw.below(levelCount - 1)
      let isKept = draw.uniform() < 0.6
      dataset.append(
        [draw.below(20) == 0 ? .nan : Double(level), draw.uniform()],
        label: isKept ? inclinations[level] : draw.below(classCount))
    }
    return dataset
  }

  private func train(
    _ dataset: Dataset, _ change: (inout ForestParameters) -> Void = { _ in }
  ) throws -> Forest {
    var parameters = ForestParameters()
    parameters.treeCount = 10
    change(&parameters)
    let schema = FeatureSchema(
      fitting: dataset, encodings: [dataset.orderedEncoding(ofColumn: 0), .identity])
    return try ForestTrainer(parameters).train(dataset, schema: schema).forest
  }

  @Test(arguments: UInt64(0)..<6)
  func withTwoClassesTheBestOfAllSubsetsIsFound(seed: UInt64) throws {
    var dataset = Dataset(
      features: [Feature(name: "a", kind: .categorical(levels: (0..<7).map { "l\($0)" }))],
      classes: ["no", "yes"])
    var draw = SeededGenerator(seed: seed)
    for _ in 0..<80 { dataset.append([Double(draw.below(7))], label: draw.below(2)) }
    func gini(_ subset: Int) -> Double {
      var counts = [[0.0, 0.0], [0.0, 0.0]]
      for row in 0..<dataset.rowCount {
        counts[subset >> Int(dataset.values[row]) & 1][dataset.labels[row]] += 1
      }
      return counts.reduce(0) { sum, side in
        let total = side[0] + side[1]
        return sum + (total > 0 ? 2 * side[0] * side[1] / total : 0)
      }
    }
    var parameters = ForestParameters()
    parameters.treeCount = 1
    parameters.bootstrap = false
    parameters.maximumDepth = 1
    let forest = try ForestTrainer(parameters).train(
      dataset,
      schema: FeatureSchema(
        fitting: dataset, encodings: [dataset.orderedEncoding(ofColumn: 0)])
    ).forest
    let first = try forest.predict([0]).probabilities
    let found = try (0..<7).reduce(0) {
      $0 | (try forest.predict([Double($1)]).probabilities == first ? 0 : 1 << $1)
    }
    let best = (0..<1 << 7).map(gini).min()!
    #expect(abs(gini(found) - best) < 1e-9)
  }

  @Test(arguments: [2, 3, 7])
  func everyPathAnswersAlike(classCount: Int) throws {
    let dataset = dataset(levelCount: 40, classCount: classCount, seed: UInt64(classCount))
    for leafCount in [4, nil] {
      let forest = try train(dataset) { $0.maximumLeafCount = leafCount }
      #expect(
        forest.schema.columnNames
          == (classCount == 2 ? ["ward"] : (1...classCount).map { "ward_order_\($0)" }) + ["x"])
      let samples =
        (-1...41).flatMap { level in
          [[Double(level), 0.3], [Double(level) + 0.5, 0.8]]
        } + [[.nan, 0.1], [.infinity, 0.9]]
      let naive = try NaiveForest(forest)
      let batch = try forest.probabilities(of: samples.flatMap(\.self))
      for (row, sample) in samples.enumerated() {
        let prediction = try forest.predict(sample).probabilities
        #expect(prediction == naive.predict(sample).probabilities)
        #expect(prediction == Array(batch[row * classCount..<(row + 1) * classCount]))
      }
      try forest.verify()
      let verified = try forest.probabilities(of: samples.flatMap(\.self))
      #expect(verified == batch)
    }
  }

  @Test func aTreeNamesTheLevelsOfASide() throws {
    var dataset = Dataset(
      features: [Feature(name: "ward", kind: .categorical(levels: ["a", "b", "c"]))],
      classes: ["no", "yes"])
    for (level, label) in [(0, 1), (1, 0), (2, 0)] {
      dataset.append([Double(level)], label: label, weight: 9)
    }
    let forest = try ForestTrainer(ForestParameters()).train(
      dataset,
      schema: FeatureSchema(
        fitting: dataset, encodings: [dataset.orderedEncoding(ofColumn: 0)])
    ).forest
    let text = try forest.tree(0).text(naming: forest.schema)
    #expect(text.contains("ward is of b, c"))
    #expect(text.contains("ward is none of b, c"))
  }

  @Test func aFileKeepsTheOrder() throws {
    let forest = try train(dataset(levelCount: 30, seed: 5))
    try withTemporaryFolder { folder in
      try forest.write(to: "\(folder)/forest.rf")
      let read = try Forest(mapping: "\(folder)/forest.rf")
      #expect(read.schema == forest.schema)
      guard case .ordered(let orders) = read.schema.inputs[0].encoding else {
        Issue.record("the order is lost")
        return
      }
      #expect(orders.count == 1 && orders[0].last! == nil)
      #expect(Set(orders[0].dropLast()) == Set(0..<29))
    }
  }

  @Test func rowsEncodedBeforehandGiveTheSameTrees() throws {
    let dataset = dataset(levelCount: 12, classCount: 3, seed: 9)
    let schema = FeatureSchema(
      fitting: dataset, encodings: [dataset.orderedEncoding(ofColumn: 0), .identity])
    let trainer = ForestTrainer(ForestParameters())
    let measured = try trainer.train(dataset, schema: schema).forest
    let encoded = try trainer.train(schema.encode(dataset), schema: schema).forest
    #expect(try NaiveForest(measured).trees == NaiveForest(encoded).trees)
  }

  @Test func eachOfMoreClassesHasAnOrderAndOfManyTheMostTelling() throws {
    // The shares of three classes in four levels: x falls and z grows from "a" to "z", y stays.
    var dataset = Dataset(
      features: [Feature(name: "a", kind: .categorical(levels: ["m", "z", "a", "q"]))],
      classes: ["x", "y", "z"] + (0..<9).map { "rare \($0)" })
    for (level, count) in [(0, 5), (1, 9), (2, 1), (3, 7)] {
      dataset.append([Double(level)], label: 2, weight: count)
      dataset.append([Double(level)], label: 0, weight: 10 - count)
      dataset.append([Double(level)], label: 1, weight: 3)
    }
    guard case .ordered(let orders) = dataset.orderedEncoding(ofColumn: 0) else { return }
    #expect(orders.count == 8)
    #expect(orders[0] == [2, 0, 3, 1])
    #expect(orders[1] == [0, 1, 2, 3])
    #expect(orders[2] == [1, 3, 0, 2])
  }

  @Test func moreRanksThanAFileMayHaveAreRefused() throws {
    let levels = (0..<1 << 12).map { "\($0)" }
    let ranks = levels.indices.map { Int?($0) }
    var dataset = Dataset(
      features: [Feature(name: "a", kind: .categorical(levels: levels))], classes: ["x", "y"])
    dataset.append([0], label: 0)
    dataset.append([1], label: 1)
    let orders = Array(repeating: ranks, count: (1 << 12) + 1)
    let schema = FeatureSchema(fitting: dataset, encodings: [.ordered(orders: orders)])
    #expect(schema.rankCount == 1 << 24 + 1 << 12)
    #expect(throws: TrainingError.self) {
      try ForestTrainer(ForestParameters()).train(dataset, schema: schema)
    }
  }

  @Test func aRankThatIsNoneIsRefused() throws {
    let forest = try train(dataset(levelCount: 5, seed: 1))
    var bytes = forest.fileBytes
    // The number of orders follows the last level's name, and the first rank that.
    let name = Array("l4".utf8)
    let place = bytes.indices.first { Array(bytes[$0...].prefix(2)) == name }! + 6
    bytes[place] = 77
    #expect(throws: ForestFileError.self) { try Forest(copying: bytes).verify() }
  }
}
