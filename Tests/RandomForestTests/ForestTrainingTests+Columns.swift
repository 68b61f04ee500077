import TestSupport
import Testing

@testable import RandomForest

/// How numbers, missing values and weights are split.
extension ForestTrainingTests {
  /// Samples of one number.
  private static func column(
    _ values: [Double], labels: [Int], weights: [Int]? = nil, classes: [String] = ["a", "b"]
  ) -> Dataset {
    Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: classes, values: values,
      labels: labels, weights: weights)
  }

  /// One tree of all samples, as deep as it goes.
  private static func tree(
    _ dataset: Dataset, _ change: (inout ForestParameters) -> Void = { _ in }
  ) throws -> TextbookTree {
    let parameters = parameters {
      $0.treeCount = 1
      $0.bootstrap = false
      $0.maximumLeafCount = nil
      $0.maximumFeatures = .all
      change(&$0)
    }
    return TextbookTree(try train(dataset, parameters).tree(0))
  }

  // MARK: Bins

  @Test(arguments: [
    (2, 256), (16, 16), (256, 256), (256, 300), (362, 400), (363, 400), (1000, 65_536),
  ])
  func aColumnOfFewValuesIsSplitBetweenEachTwo(count: Int, limit: Int) throws {
    var generator = SeededGenerator(seed: 21)
    var value = 0.0
    let values = (0..<count).map { _ in
      value += 0.001 + generator.uniform()
      return value
    }
    let tree = try Self.tree(Self.column(values, labels: (0..<count).map { $0 % 2 })) {
      $0.maximumBinCount = limit
    }
    let thresholds = tree.splits.map(\.threshold).sorted()
    #expect(thresholds == zip(values, values.dropFirst()).map { ($0 + $1) / 2 })
    #expect(tree.leaves.allSatisfy { $0.cover == 1 })
  }

  /// A class of one in two thousand, that the greatest numbers have.
  @Test(arguments: [1.0, -1.0])
  func byDefaultRareEndsAreFound(sign: Double) throws {
    var generator = SeededGenerator(seed: 25)
    let values = (0..<60_000).map { _ in sign * generator.uniform() }
    let limit = values.map(\.magnitude).sorted()[60_000 - 30]
    let tree = try Self.tree(
      Self.column(values, labels: values.map { $0.magnitude >= limit ? 1 : 0 }))
    #expect(tree.leaves.map(\.cover).sorted() == [30, 59_970])
  }

  @Test(arguments: [16, 256])
  func aColumnOfTooManyValuesIsSplitBetweenBins(limit: Int) throws {
    let count = 10_000
    let values = (0..<count).map { Double($0 * $0) }
    let tree = try Self.tree(Self.column(values, labels: (0..<count).map { $0 % 2 })) {
      $0.maximumBinCount = limit
    }
    // A bin that cannot be told apart further holds at most twice its share of the samples, and one at
    // an end less than it.
    #expect(tree.leaves.count <= limit && tree.leaves.count > limit * 9 / 10)
    #expect(tree.leaves.allSatisfy { $0.cover <= 2 * Double(count / limit) + 2 })
    #expect(tree.leaves[0].cover < Double(count / limit) / 2)
    #expect(tree.leaves.last!.cover < Double(count / limit) / 2)
    // Every threshold lies midway between two neighbours.
    let midways = Set(zip(values, values.dropFirst()).map { ($0 + $1) / 2 })
    #expect(tree.splits.allSatisfy { midways.contains($0.threshold) })
  }

  @Test func binsAreOfSamplesNotOfRows() {
    // 101 values, of which the first stands for as many samples as the others together.
    let values = (0...100).map(Double.init)
    var codes = [Int](repeating: -1, count: 101)
    let bins = NumericBins(values, weights: [100] + Array(repeating: 1, count: 100), limit: 4) {
      codes[$0] = $1
    }
    // From the root of a half to 1 in three steps: what is left at their ends are 44 and 11 of 200.
    #expect(bins.cuts == [0.5, 56.5, 89.5])
    #expect((0..<4).map { code in codes.count { $0 == code } } == [1, 56, 33, 11])
    #expect(!bins.isExact)
  }

  /// Of a million samples the ends are told apart as a thousandth of them asks for.
  @Test(arguments: [256, 1024], [false, true])
  func endsHaveNarrowBins(limit: Int, isNegative: Bool) {
    let count = 200_000
    let values = (0..<count).map { Double(isNegative ? -$0 : $0) }
    let bins = NumericBins(values, weights: values.map { _ in 1 }, limit: limit) { _, _ in }
    for tail in [count / 1000, count / 100] {
      let cuts = bins.cuts.map(\.magnitude)
      let nearest = cuts.map { abs($0 - Double(count - tail)) }.min()!
      let nearestLow = cuts.map { abs($0 - Double(tail)) }.min()!
      #expect(max(nearest, nearestLow) < Double(tail) * 30 / Double(limit))
    }
  }

  @Test func aValueOfMostSamplesLeavesTheBinsToTheOthers() {
    // Zero in nine of ten rows, in the midst of others.
    let values = (0..<100_000).map { $0 % 10 > 0 ? 0 : Double($0) - 30_000 }
    var counts = [Int](repeating: 0, count: 64)
    let bins = NumericBins(values, weights: values.map { _ in 1 }, limit: 64) { counts[$1] += 1 }
    let zero = bins.code(of: 0)
    #expect(bins.codeCount > 60 && bins.least[zero] == 0 && bins.greatest[zero] == 0)
    #expect(counts.enumerated().allSatisfy { $0.offset == zero || $0.element < 700 })
  }

  @Test func codesAreTheNumberOfCutsBelow() {
    var generator = SeededGenerator(seed: 24)
    let values = (0..<3000).map { _ in
      generator.below(9) == 0 ? .nan : generator.below(50) == 0 ? .infinity : generator.uniform()
    }
    for (limit, separatesMissing) in [(5000, true), (5000, false), (40, true), (40, false)] {
      var codes = [Int](repeating: -1, count: values.count)
      let bins = NumericBins(
        values, weights: values.map { _ in 1 }, limit: limit, separatesMissing: separatesMissing
      ) { codes[$0] = $1 }
      #expect(bins.isExact == (limit == 5000))
      let cuts = bins.cuts
      #expect(zip(cuts, cuts.dropFirst()).allSatisfy(<))
      for (value, code) in zip(values, codes) {
        #expect(cuts.countBelow(value) == code)
        if !value.isNaN { #expect(bins.code(of: value) == code) }
      }
      for cut in cuts { #expect(bins.code(of: cut) == cuts.countBelow(cut)) }
    }
  }

  @Test(arguments: [16, 256, 65_536])
  func noColumnHasMoreBinsThanAllowed(limit: Int) {
    var generator = SeededGenerator(seed: 22)
    let values = (0..<70_000).map { _ in generator.uniform() }
    var counts = [Int](repeating: 0, count: limit)
    let bins = NumericBins(values, weights: values.map { _ in 1 }, limit: limit) {
      counts[$1] += 1
    }
    #expect(bins.codeCount <= limit && bins.cuts.count == bins.codeCount - 1)
    let filled = counts.prefix(bins.codeCount)
    #expect(filled.allSatisfy { $0 > 0 } && filled.reduce(0, +) == 70_000)
    #expect(filled.max()! <= 2 * 70_000 / limit + 2)
  }

  @Test func aThresholdLiesAtOrAboveTheLowerOfItsNeighbours() {
    let numbers = [
      -.infinity, -.greatestFiniteMagnitude, -1, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude,
      1, 1.nextUp, .greatestFiniteMagnitude, .infinity, .nan,
    ]
    for (place, low) in numbers.enumerated() {
      for high in numbers[(place + 1)...] {
        let threshold = NumericBins.between(low, high)
        #expect(low <= threshold && !(high <= threshold), "\(low) and \(high)")
        #expect(!threshold.isNaN && !(threshold == 0 && threshold.sign == .minus))
      }
    }
  }

  // MARK: Missing values

  @Test func missingValuesGoRightWithWhatLiesAboveAll() throws {
    let dataset = Self.column(
      [1, 2, 3, .nan, .nan, -.nan, .signalingNaN], labels: [0, 0, 0, 1, 1, 1, 1])
    let tree = try Self.tree(dataset)
    #expect(tree.splits.map(\.threshold) == [3])
    let forest = try Self.train(dataset)
    #expect(try forest.predict([3]).label == 0)
    #expect(try forest.predict([.nan]).label == 1)
    #expect(try forest.predict([-.signalingNaN]).label == 1)
  }

  @Test func infinitiesAreNumbersAtTheEnds() throws {
    let dataset = Self.column(
      [-.infinity, -5, .infinity, .nan], labels: [0, 1, 2, 3], classes: ["a", "b", "c", "d"])
    let tree = try Self.tree(dataset)
    for (row, label) in dataset.labels.enumerated() {
      #expect(tree.distribution(of: [dataset.values[row]])[label] == 1)
    }
  }

  @Test func aColumnOfNothingButMissingValuesIsNotSplit() throws {
    let tree = try Self.tree(Self.column([.nan, .nan, -.nan], labels: [0, 1, 0]))
    #expect(tree == .leaf(distribution: [2.0 / 3, 1.0 / 3], cover: 3))
  }

  @Test func aMissingLevelIsNoneOfTheLevels() throws {
    let dataset = Dataset(
      features: [Feature(name: "c", kind: .categorical(levels: ["p", "q"]))], classes: ["a", "b"],
      values: [0, 1, .nan, 7], labels: [0, 0, 1, 1])
    let tree = try Self.tree(dataset)
    #expect(tree.leaves.count == 3)
    let forest = try Self.train(dataset, Self.parameters { $0.bootstrap = false })
    #expect(try forest.predict([0]).label == 0 && forest.predict([1]).label == 0)
    #expect(try forest.predict([.nan]).label == 1 && forest.predict([0.5]).label == 1)
  }

  // MARK: Class weights

  @Test func aClassThatWeighsTwiceCountsAsTwiceTheSamples() throws {
    let dataset = Self.dataset
    let doubled = dataset.reweighted(dataset.labels.map { $0 == 1 ? 2 : 1 })
    let weighted = try Self.tree(dataset) {
      $0.classWeights = .values([1, 2, 1])
    }
    #expect(try weighted == Self.tree(doubled))
  }

  @Test func balancedWeightsMakeTheClassesEqual() throws {
    let tree = try Self.tree(Self.dataset) { $0.classWeights = .balanced }
    #expect(abs(tree.cover - 900) < 1e-9)
    let totals = tree.leaves.reduce(into: [0.0, 0, 0]) { totals, leaf in
      for label in 0..<3 { totals[label] += leaf.cover * leaf.distribution[label] }
    }
    #expect(totals.allSatisfy { abs($0 - 300) < 1e-9 })
  }

  @Test func subsamplesAreBalancedTreeByTree() throws {
    // Of the first class a tree may draw no sample at all.
    let dataset = Self.dataset.reweighted(
      Self.dataset.labels.enumerated().map { $1 == 0 && $0 > 20 ? 0 : 1 })
    let parameters = Self.parameters {
      $0.classWeights = .balancedSubsample
      $0.maximumSamples = .fraction(0.2)
      $0.treeCount = 60
    }
    let size = Double(MaximumSamples.fraction(0.2).count(of: dataset.sampleCount))
    var presents: Set<Int> = []
    for tree in try NaiveForest(Self.train(dataset, parameters)).trees {
      let totals = tree.leaves.reduce(into: [0.0, 0, 0]) { totals, leaf in
        for label in 0..<3 { totals[label] += leaf.cover * leaf.distribution[label] }
      }
      let present = totals.filter { $0 > 0 }
      presents.insert(present.count)
      #expect(present.allSatisfy { abs($0 - size / Double(present.count)) < 1e-9 })
    }
    #expect(presents == [2, 3])
  }

  @Test(arguments: [(MaximumSamples.count(7), 7), (.fraction(0.5), 450), (.fraction(1e-9), 1)])
  func aTreeDrawsTheSamplesAskedFor(samples: MaximumSamples, count: Int) throws {
    let forest = try Self.train(Self.dataset, Self.parameters { $0.maximumSamples = samples })
    #expect(try NaiveForest(forest).trees.allSatisfy { $0.cover == Double(count) })
    #expect(forest.parameters.contains { $0 == ("max_samples", "\(samples)") })
    #expect(try !Self.train().parameters.contains { $0.name == "max_samples" })
  }

  @Test func aRowOfWeightZeroIsAsIfAbsent() throws {
    let whole = Self.dataset
    let weights = whole.labels.indices.map { $0 % 3 }
    let zeros = Dataset(
      features: whole.features, classes: whole.classes, values: whole.values,
      labels: whole.labels, weights: weights)
    #expect(zeros == whole.reweighted(weights) && zeros.rowCount == 600)
    var appended = zeros
    appended.append(whole.row(0), label: 0, weight: 0)
    #expect(appended == zeros)
  }

  @Test func aHeavierClassIsPredictedMoreOften() throws {
    let counts = try [0.1, 1, 10].map { weight in
      let forest = try Self.train(
        Self.dataset,
        Self.parameters {
          $0.classWeights = .values([weight, 1, 1])
          $0.minimumSamplesPerLeaf = 20
        })
      return try (0..<Self.dataset.rowCount)
        .count { try forest.predict(Array(Self.dataset.row($0))).label == 0 }
    }
    #expect(counts[0] < counts[1] && counts[1] < counts[2])
  }

  // MARK: Random thresholds

  @Test func randomThresholdsAreSpreadOverTheColumn() throws {
    let values = (0..<200).map { Double($0) }
    let labels = values.map { $0 < 20 ? 0 : 1 }
    #expect(Set(try Self.firstThresholds(values, labels, .best, treeCount: 400)) == [19.5])
    let random = try Self.firstThresholds(values, labels, .random, treeCount: 400)
    #expect(random.count == 400 && random.allSatisfy { 0.5...198.5 ~= $0 })
    // Uniform from 0 to 199: the mean of 400 has a standard deviation of 2.9.
    #expect(abs(random.reduce(0, +) / 400 - 99.5) < 12)
    #expect(Set(random).count > 120)
  }

  /// Many values, close together at one end; of missing and infinite ones no threshold is drawn.
  @Test(arguments: [[], [Double.nan]])
  func randomThresholdsAreUniformWhereValuesAreNot(others: [Double]) throws {
    let values = (-600..<600).map { Double($0 * abs($0)) } + others
    let labels = values.indices.map { $0 % 2 }
    let thresholds = try Self.firstThresholds(values, labels, .random, treeCount: 500).sorted()
    #expect(thresholds.count == 500)
    let distances = thresholds.enumerated().map { place, threshold in
      abs((threshold + 3.6e5) / 7.2e5 - (Double(place) + 0.5) / 500)
    }
    // Kolmogorov and Smirnov: in one of a hundred samples of a uniform distribution.
    #expect(distances.max()! < 1.63 / 500.squareRoot())
  }

  @Test func randomThresholdsTellInfiniteNumbersApart() throws {
    let values = [-Double.infinity] + (0..<600).map { Double($0) } + [.infinity]
    let labels = values.indices.map { $0 % 2 }
    let forest = try Self.train(
      Self.column(values, labels: labels),
      Self.parameters {
        $0.treeCount = 5
        $0.bootstrap = false
        $0.maximumLeafCount = nil
        $0.strategy = .random
      })
    for (value, label) in zip(values, labels) {
      #expect(try forest.predict([value]).probabilities[label] == 1)
    }
  }

  /// The thresholds of trees of one split each.
  private static func firstThresholds(
    _ values: [Double], _ labels: [Int], _ strategy: SplitStrategy, treeCount: Int
  ) throws -> [Double] {
    let forest = try train(
      column(values, labels: labels),
      parameters {
        $0.treeCount = treeCount
        $0.bootstrap = false
        $0.maximumDepth = 1
        $0.strategy = strategy
      })
    return try NaiveForest(forest).trees.flatMap { $0.splits.map(\.threshold) }
  }
}
