import TestSupport
import Testing

@testable import RandomForest

/// Every way to a prediction gives the same bits.
struct PredictionPathTests {
  struct Shape: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let hasCells: Bool
    let make: @Sendable () throws -> Forest
  }

  static let shapes = [
    Shape(testDescription: "few cuts, whose cells are kept", hasCells: true) {
      try smallForest(treeCount: 10, maximumLeafCount: 4)
    },
    Shape(testDescription: "full trees of many cuts", hasCells: false) {
      try syntheticForest(
        syntheticDataset(rowCount: 2000, seed: 5), treeCount: 70, maximumLeafCount: nil)
    },
    Shape(testDescription: "numbers missing, infinite and of both zeros", hasCells: false) {
      try Self.forestOfOddNumbers()
    },
    Shape(testDescription: "missing numbers whose side is learned", hasCells: false) {
      let dataset = datasetWithHoles(rowCount: 1500, seed: 8)
      var parameters = ForestParameters()
      parameters.treeCount = 30
      parameters.maximumLeafCount = nil
      return try ForestTrainer(parameters)
        .train(dataset, schema: schemaWithMissing(of: dataset)).forest
    },
    Shape(testDescription: "missing numbers and few cuts", hasCells: true) {
      try forestWithHoles(treeCount: 10, maximumLeafCount: 4)
    },
    Shape(testDescription: "columns that no node asks for", hasCells: false) {
      try Self.forestOfConstantColumns()
    },
    Shape(testDescription: "single leaves", hasCells: true) {
      let features = [Feature(name: "x", kind: .numeric)]
      let dataset = Dataset(
        features: features, classes: ["a", "b"], values: [1, 2], labels: [0, 0])
      return try syntheticForest(dataset, treeCount: 3)
    },
  ]

  /// A forest grown on numbers that are hard to compare.
  private static func forestOfOddNumbers() throws -> Forest {
    let odd = [
      0.0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1, 1.nextUp,
    ]
    var generator = SeededGenerator(seed: 6)
    var dataset = Dataset(
      features: ["a", "b", "c"].map { Feature(name: $0, kind: .numeric) }, classes: ["p", "q"])
    for _ in 0..<1500 {
      let row = (0..<3).map { _ in
        generator.below(3) == 0 ? odd[generator.below(odd.count)] : generator.uniform() - 0.5
      }
      dataset.append(row, label: row[0] <= row[1] ? 0 : generator.below(2))
    }
    return try syntheticForest(dataset, treeCount: 40, maximumLeafCount: 200)
  }

  /// A forest of six columns of which the first, the third and the last never change.
  private static func forestOfConstantColumns() throws -> Forest {
    var generator = SeededGenerator(seed: 7)
    var dataset = Dataset(
      features: ["a", "b", "c", "d", "e", "f"].map { Feature(name: $0, kind: .numeric) },
      classes: ["p", "q"])
    for _ in 0..<2000 {
      let (b, d, e) = (generator.uniform(), generator.uniform(), generator.uniform())
      dataset.append([0, b, 0, d, e, 0], label: b + d < e + 0.5 ? 0 : 1)
    }
    return try syntheticForest(dataset, treeCount: 20, maximumLeafCount: nil)
  }

  @Test(arguments: shapes)
  func everyPathGivesTheSameBits(shape: Shape) throws {
    let trained = try shape.make()
    #expect((trained.cells != nil) == shape.hasCells)
    // More than one block, so that threads have something to share.
    let samples = try Self.samples(for: trained, count: 5000, seed: printedSeed())
    let expected = try samples.map(NaiveForest(trained).predict)
    let flat = samples.flatMap(\.self)
    let width = trained.schema.inputs.count

    let unverified = try Forest(copying: trained.fileBytes)
    let verified = try Forest(copying: trained.fileBytes)
    try verified.verify()
    try withTemporaryFolder { folder in
      try trained.write(to: "\(folder)/forest.rf")
      let mapped = try Forest(mapping: "\(folder)/forest.rf")
      try mapped.verify()
      // Twice, because the second time the cells are known.
      for forest in [trained, unverified, verified, mapped, trained, mapped] {
        for (sample, naive) in zip(samples.prefix(1000), expected) {
          let prediction = try forest.predict(sample)
          #expect(prediction.votes == naive.votes)
          #expect(prediction.label == naive.label)
          #expect(prediction.probabilities.map(\.bitPattern) == naive.bits)
        }
        let bits = expected.flatMap(\.bits)
        for threadCount in [1, 2, 3] {
          let batch = try forest.probabilities(of: flat, threadCount: threadCount)
          #expect(batch.map(\.bitPattern) == bits, "\(threadCount) threads")
        }
        // Blocks that are not full.
        for count in [0, 1, 3, 7, 8, 9, 63, 64, 65] {
          let some = try forest.probabilities(of: Array(flat.prefix(count * width)))
          #expect(some.map(\.bitPattern).elementsEqual(expected.prefix(count).flatMap(\.bits)))
        }
      }
    }
  }

  @Test func samplesOfOneCellHaveTheSameRanks() throws {
    let forest = try forestWithHoles(treeCount: 10, maximumLeafCount: 4)
    let encoder = forest.encoder
    let cellCount = try #require(encoder.cellCount)
    var ranksOfCell: [Int: [UInt16]] = [:]
    for sample in try Self.samples(for: forest, count: 3000, seed: printedSeed()) {
      let cell = encoder.cell(of: sample, forest.cuts)
      var ranks = [UInt16](repeating: .max, count: encoder.columnCount)
      encoder.encode(sample, forest.cuts, into: &ranks)
      #expect(0..<cellCount ~= cell)
      #expect(ranksOfCell[cell] ?? ranks == ranks, "\(sample)")
      ranksOfCell[cell] = ranks
    }
  }

  @Test(arguments: [0, -1])
  func aBatchWithoutThreadsIsAProgrammersError(threadCount: Int) async {
    // No thread answered with zeros, and fewer with nothing.
    await #expect(processExitsWith: .failure) { [threadCount] in
      let samples = [Double](repeating: 0, count: 3 * 100_000)
      _ = try smallForest().probabilities(of: samples, threadCount: threadCount)
    }
  }

  @Test func aSpanIsPredictedIntoTheCallersMemory() throws {
    let forest = try smallForest()
    var probabilities = [Double](repeating: .nan, count: 3)
    var votes = [Int32](repeating: -7, count: 3)
    for sample in try Self.samples(for: forest, count: 100, seed: printedSeed()) {
      var probabilitySpan = probabilities.mutableSpan
      var voteSpan = votes.mutableSpan
      try forest.predict(sample.span, probabilities: &probabilitySpan, votes: &voteSpan)
      let whole = try forest.predict(sample)
      #expect(probabilities == whole.probabilities && votes.map(Int.init) == whole.votes)
    }
  }

  /// Samples that lie on the thresholds, beside them, and at the ends of what a double can be.
  private static func samples(
    for forest: Forest, count: Int, seed: UInt64
  ) throws -> [[Double]] {
    var candidates: [[Double]] = forest.schema.inputs.map { input in
      let edges = if case .bins(let edges, _) = input.encoding { edges } else { [Double]() }
      return edges
        + [
          0, -0.0, 1, 2, 3, -1, 0.5, .nan, -.nan, .signalingNaN, .infinity, -.infinity,
          .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude.nextDown,
          .greatestFiniteMagnitude,
        ]
    }
    for tree in 0..<forest.treeCount {
      for split in TextbookTree(try forest.tree(tree)).splits {
        let input = forest.schema.columnStarts.lastIndex { $0 <= split.column }!
        candidates[input].append(split.threshold)
      }
    }
    candidates = candidates.map { $0 + $0.map(\.nextUp) + $0.map(\.nextDown) }
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      candidates.map { own in
        generator.below(4) == 0 ? generator.uniform() * 25 - 3 : own[generator.below(own.count)]
      }
    }
  }
}

/// A forest as a textbook draws it, walked by recursion.
struct NaiveForest {
  let schema: FeatureSchema
  let trees: [TextbookTree]

  struct Answer {
    var probabilities: [Double]
    var votes: [Int]
    var label: Int { probabilities.firstIndex(of: probabilities.max()!)! }
    var bits: [UInt64] { probabilities.map(\.bitPattern) }
  }

  init(_ forest: Forest) throws {
    schema = forest.schema
    trees = try (0..<forest.treeCount).map { TextbookTree(try forest.tree($0)) }
  }

  func predict(_ sample: [Double]) -> Answer {
    let columns = schema.columns(of: sample)
    let count = schema.classes.count
    var answer = Answer(
      probabilities: Array(repeating: 0, count: count), votes: Array(repeating: 0, count: count))
    for tree in trees {
      let shares = tree.distribution(of: columns)
      for (label, share) in shares.enumerated() { answer.probabilities[label] += share }
      answer.votes[shares.firstIndex(of: shares.max()!)!] += 1
    }
    for label in 0..<count { answer.probabilities[label] /= Double(trees.count) }
    return answer
  }
}
