import RandomForest
import TestSupport
import Testing

struct ConformalPredictorTests {
  static let scores = [ConformalPredictor.Score.leastAmbiguous, .adaptive]

  private static let classCount = 4

  /// Samples whose quarter of a square tells the likeliest class, the surer the nearer a side. The
  /// least likely class is rare.
  private func dataset(rowCount: Int, seed: UInt64) -> Dataset {
    var generator = SeededGenerator(seed: seed)
    var dataset = Dataset(
      features: ["x", "y"].map { Feature(name: $0, kind: .numeric) },
      classes: ["a", "b", "c", "d"])
    for _ in 0..<rowCount {
      let (x, y) = (generator.uniform(), generator.uniform())
      let quarter = (x < 0.5 ? 0 : 1) + (y < 0.5 ? 0 : 2)
      let sure = 0.4 + 0.55 * abs(2 * x - 1)
      let draw = (generator.uniform() - sure) / (1 - sure)
      dataset.append(
        [x, y], label: quarter ^ (draw < 0 ? 0 : draw < 0.7 ? 1 : draw < 0.95 ? 2 : 3))
    }
    return dataset
  }

  private func train(_ dataset: Dataset, treeCount: Int, seed: UInt64) throws
    -> ForestTrainer.Result
  {
    var parameters = ForestParameters()
    parameters.treeCount = treeCount
    parameters.maximumLeafCount = 10
    parameters.minimumSamplesPerLeaf = 10
    parameters.seed = seed
    var trainer = ForestTrainer(parameters)
    trainer.estimatesOutOfBag = true
    return try trainer.train(dataset, schema: plainSchema(of: dataset))
  }

  private static func row(_ row: Int, of probabilities: [Double]) -> [Double] {
    Array(probabilities[row * classCount..<(row + 1) * classCount])
  }

  /// How many samples have the right class in their set; expects no set to be empty.
  private func covered(
    _ predictor: ConformalPredictor, _ probabilities: [Double], _ labels: [Int], _ rows: [Int]
  ) -> Int {
    rows.count { row in
      let set = predictor.predictionSet(for: Self.row(row, of: probabilities))
      #expect(!set.isEmpty)
      return set.contains(labels[row])
    }
  }

  /// Expects that the share of samples covered, in each split and on average over them, lies where
  /// chance may put it.
  ///
  /// - Parameter excess: how much more than promised the share may be.
  private func expectCoverage(
    _ covered: [Int], of tested: Int, calibratedOn calibrated: Int, coverage: Double, excess: Double
  ) {
    // A split's share varies by its calibration samples and by its tested samples.
    let deviation =
      (coverage * (1 - coverage) * (1 / Double(tested) + 1 / Double(calibrated))).squareRoot()
    func isLikely(_ share: Double, _ deviation: Double) -> Bool {
      share > coverage - 4 * deviation && share < coverage + excess + 4 * deviation
    }
    let shares = covered.map { Double($0) / Double(tested) }
    #expect(shares.allSatisfy { isLikely($0, deviation) })
    let count = Double(shares.count)
    #expect(isLikely(shares.reduce(0, +) / count, deviation / count.squareRoot()))
  }

  @Test(arguments: scores, [0.9, 0.95])
  func heldOutRowsGiveTheCoverageOverManySplits(
    score: ConformalPredictor.Score, coverage: Double
  ) throws {
    let forest = try train(dataset(rowCount: 300, seed: 1), treeCount: 40, seed: 1).forest
    let pool = dataset(rowCount: 800, seed: 2)
    let probabilities = try forest.probabilities(of: pool.values)
    var generator = SeededGenerator(seed: 3)
    let counts = (0..<100).map { _ in
      var order = Array(0..<800)
      for place in order.indices { order.swapAt(place, place + generator.below(800 - place)) }
      let calibration = Array(order[..<400])
      let predictor = ConformalPredictor(
        calibratingOn: CalibrationSamples(
          probabilities: calibration.flatMap { Self.row($0, of: probabilities) },
          labels: calibration.map { pool.labels[$0] }, classCount: Self.classCount),
        score: score, coverage: coverage)
      return covered(predictor, probabilities, pool.labels, Array(order[400...]))
    }
    // A sample on the threshold is covered, hence 1 / (n + 1) more than promised.
    expectCoverage(counts, of: 400, calibratedOn: 400, coverage: coverage, excess: 1.0 / 401)
  }

  @Test func outOfBagEstimatesGiveTheCoverageOverManySplits() throws {
    let pool = dataset(rowCount: 400, seed: 4)
    let promises = Self.scores.flatMap { score in [0.9, 0.95].map { (score, $0) } }
    var counts: [[Int]] = promises.map { _ in [] }
    for seed in UInt64(0)..<100 {
      let (training, test) = try pool.stratifiedSplit(testFraction: 0.5, seed: seed)
      let result = try train(training, treeCount: 30, seed: seed)
      let probabilities = try result.forest.probabilities(of: test.values)
      for (place, (score, coverage)) in promises.enumerated() {
        let predictor = ConformalPredictor(
          calibratingOn: result.outOfBag!, rows: 0..<training.rowCount, score: score,
          coverage: coverage)
        counts[place].append(
          covered(predictor, probabilities, test.labels, Array(0..<test.rowCount)))
      }
    }
    for (counts, (_, coverage)) in zip(counts, promises) {
      // Out-of-bag estimates are of fewer trees, and so a little worse than what is predicted.
      expectCoverage(counts, of: 200, calibratedOn: 200, coverage: coverage, excess: 0.03)
    }
  }

  @Test(arguments: scores)
  func aWeightCountsAsThatManyRows(score: ConformalPredictor.Score) {
    var generator = SeededGenerator(seed: 6)
    var (rows, labels, weights) = ([[Double]](), [Int](), [Int]())
    for _ in 0..<40 {
      let a = generator.uniform()
      let b = generator.uniform() * (1 - a)
      rows.append([a, b, 1 - a - b])
      labels.append(generator.below(3))
      weights.append(1 + generator.below(4))
    }
    let copies = rows.indices.flatMap { Array(repeating: $0, count: weights[$0]) }
    for coverage in [0.5, 0.8, 0.9, 0.95] {
      let weighted = ConformalPredictor(
        calibratingOn: CalibrationSamples(
          probabilities: rows.flatMap(\.self), labels: labels, weights: weights, classCount: 3),
        score: score, coverage: coverage)
      let repeated = ConformalPredictor(
        calibratingOn: CalibrationSamples(
          probabilities: copies.flatMap { rows[$0] }, labels: copies.map { labels[$0] },
          classCount: 3),
        score: score, coverage: coverage)
      #expect(weighted == repeated)
    }
  }

  @Test(arguments: [(8, 0.9, false), (9, 0.9, true), (18, 0.95, false), (19, 0.95, true)])
  func tooFewSamplesRuleOutNoClass(count: Int, coverage: Double, isEnough: Bool) {
    let predictor = ConformalPredictor(
      calibratingOn: CalibrationSamples(
        probabilities: Array(repeating: [0.9, 0.1], count: count).flatMap(\.self),
        labels: Array(repeating: 0, count: count), classCount: 2), coverage: coverage)
    #expect(predictor.threshold.isFinite == isEnough)
    #expect(predictor.predictionSet(for: [0.99, 0.01]) == (isEnough ? [0] : [0, 1]))
  }

  @Test(arguments: scores)
  func aSampleThatNoClassFitsGetsTheLikeliestAlone(score: ConformalPredictor.Score) {
    let strict = ConformalPredictor(score: score, coverage: 0.75, threshold: -1)
    #expect(strict.predictionSet(for: [0.2, 0.5, 0.3]) == [1])
    #expect(strict.predictionSet(for: [0.4, 0.2, 0.4]) == [0])
    let lenient = ConformalPredictor(score: score, coverage: 0.9, threshold: .infinity)
    #expect(lenient.predictionSet(for: [0.2, 0.5, 0.3]) == [1, 2, 0])
    let conditional = ClassConditionalPredictor(
      score: score, coverage: 0.9, thresholds: [.infinity, -1, .infinity])
    #expect(conditional.predictionSet(for: [0.2, 0.5, 0.3]) == [2, 0])
  }

  @Test func anAdaptiveSetIsTheFewestClassesThatHoldTheThreshold() {
    let predictor = ConformalPredictor(score: .adaptive, coverage: 0.9, threshold: 0.6)
    #expect(predictor.predictionSet(for: [0.7, 0.2, 0.1]) == [0])
    #expect(predictor.predictionSet(for: [0.3, 0.5, 0.2]) == [1, 0])
    #expect(predictor.predictionSet(for: [0.3, 0.3, 0.4]) == [2, 0])
    // A class that the forest rules out is in no set of a threshold below 1.
    #expect(predictor.predictionSet(for: [0.5, 0.5, 0]) == [0, 1])
  }

  /// Random probabilities, some 0 and some equal, of which the labels are true.
  private static func random(_ count: Int, seed: UInt64) -> (rows: [[Double]], labels: [Int]) {
    var generator = SeededGenerator(seed: seed)
    var (rows, labels) = ([[Double]](), [Int]())
    for _ in 0..<count {
      let parts = (0..<classCount).map { _ in Double(generator.below(6)) }
      let sum = parts.reduce(0, +)
      let row = sum > 0 ? parts.map { $0 / sum } : [1, 0, 0, 0]
      var rest = generator.uniform()
      rows.append(row)
      labels.append(
        row.firstIndex {
          rest -= $0
          return rest < 0
        } ?? row.indexOfLargest)
    }
    return (rows, labels)
  }

  @Test(arguments: scores, UInt64(0)..<8)
  func setsNeverGrowWhenLessCoverageIsAsked(score: ConformalPredictor.Score, seed: UInt64) {
    let (rows, labels) = Self.random(100, seed: seed)
    let samples = CalibrationSamples(
      probabilities: rows.flatMap(\.self), labels: labels, classCount: Self.classCount)
    let coverages = [0.99, 0.95, 0.9, 0.8, 0.6, 0.3, 0.05]
    let predictors = coverages.map {
      ConformalPredictor(calibratingOn: samples, score: score, coverage: $0)
    }
    let conditionalPredictors = coverages.map {
      ClassConditionalPredictor(calibratingOn: samples, score: score, coverage: $0)
    }
    for row in rows + Self.random(100, seed: seed &+ 100).rows {
      let sets = predictors.map { $0.predictionSet(for: row) }
      #expect(zip(sets, sets.dropFirst()).allSatisfy { Set($0).isSuperset(of: $1) })
      #expect(sets.allSatisfy { $0.first == row.indexOfLargest })
      let conditional = conditionalPredictors.map { $0.predictionSet(for: row).count }
      #expect(zip(conditional, conditional.dropFirst()).allSatisfy { $0 >= $1 && $1 > 0 })
    }
  }

  @Test(arguments: scores)
  func aRareClassIsCoveredByAThresholdOfItsOwn(score: ConformalPredictor.Score) {
    var generator = SeededGenerator(seed: 8)
    // One sample in twenty is of class 1, which the forest mostly takes for class 0.
    func samples(_ count: Int) -> (rows: [[Double]], labels: [Int]) {
      let labels = (0..<count).map { _ in generator.below(20) == 0 ? 1 : 0 }
      let rows = labels.map { label in
        let rare = (label == 1 ? 0.5 : 0.15) * generator.uniform()
        return [1 - rare, rare]
      }
      return (rows, labels)
    }
    let (rows, labels) = samples(8000)
    let calibration = CalibrationSamples(
      probabilities: rows.flatMap(\.self), labels: labels, classCount: 2)
    let test = samples(8000)
    func covered(_ label: Int, _ set: ([Double]) -> [Int]) -> Double {
      let own = test.labels.indices.filter { test.labels[$0] == label }
      return Double(own.count { set(test.rows[$0]).contains(label) }) / Double(own.count)
    }
    let marginal = ConformalPredictor(calibratingOn: calibration, score: score)
    #expect(covered(1, marginal.predictionSet) < 0.8)
    let conditional = ClassConditionalPredictor(calibratingOn: calibration, score: score)
    #expect(covered(1, conditional.predictionSet) > 0.95 - 4 * 0.0154)
    #expect(covered(0, conditional.predictionSet) > 0.95 - 4 * 0.0036)
  }

  @Test func aClassOfTooFewSamplesIsInEverySet() {
    let samples = CalibrationSamples(
      probabilities: Array(repeating: [0.9, 0.1], count: 21).flatMap(\.self),
      labels: Array(repeating: 0, count: 19) + [1, 1], classCount: 2)
    let predictor = ClassConditionalPredictor(calibratingOn: samples)
    #expect(predictor.thresholds[0].isFinite && predictor.thresholds[1] == .infinity)
    #expect(predictor.predictionSet(for: [1, 0]) == [0, 1])
  }
}
