import RandomForest
import TestSupport
import Testing

struct CalibrationTests {
  /// Probabilities of samples that a forest has not seen, too sure because its trees are few.
  private func stated(seed: UInt64) throws -> (probabilities: [Double], labels: [Int]) {
    let forest = try syntheticForest(
      syntheticDataset(rowCount: 80, seed: seed), treeCount: 4, maximumLeafCount: nil, seed: seed)
    let samples = syntheticDataset(rowCount: 250, seed: seed &+ 100)
    return (try forest.probabilities(of: samples.values), samples.labels)
  }

  private func rows(_ probabilities: [Double]) -> [[Double]] {
    stride(from: 0, to: probabilities.count, by: 3).map { Array(probabilities[$0..<$0 + 3]) }
  }

  private func logLoss(_ rows: [[Double]], _ labels: [Int]) -> Double {
    var evaluation = Evaluation(classes: ["0", "1", "2"])
    for (row, label) in zip(rows, labels) { evaluation.add(probabilities: row, actual: label) }
    return evaluation.logLoss
  }

  @Test(arguments: UInt64(0)..<4)
  func aTemperatureLowersTheLogLossAndKeepsTheOrder(seed: UInt64) throws {
    let (probabilities, labels) = try stated(seed: seed)
    let calibration = try TemperatureCalibration(
      fitting: CalibrationSamples(probabilities: probabilities, labels: labels, classCount: 3))
    let before = rows(probabilities)
    let after = before.map { calibration.calibrated($0) }
    #expect(logLoss(after, labels) < logLoss(before, labels))
    for (old, new) in zip(before, after) {
      #expect(abs(new.reduce(0, +) - 1) < 1e-12)
      for (a, b) in [(0, 1), (0, 2), (1, 2)] where old[a] != old[b] {
        // What is as good as 0 stays as good as 0.
        #expect((old[a] < old[b]) == (new[a] < new[b]) || max(old[a], old[b]) < 1e-15)
      }
    }
    // Nothing near is better.
    for factor in [0.99, 1.01] {
      let other = TemperatureCalibration(temperature: calibration.temperature * factor)
      #expect(logLoss(before.map { other.calibrated($0) }, labels) > logLoss(after, labels))
    }
  }

  @Test func aTemperatureOfOneChangesNothing() {
    let own = TemperatureCalibration(temperature: 1).calibrated([0.2, 0.5, 0.3])
    #expect(agree(own, [0.2, 0.5, 0.3]))
  }

  @Test(arguments: UInt64(0)..<4)
  func anIsotonicCurveNeverFallsAndMeetsTheShareOfRightLabels(seed: UInt64) throws {
    let (probabilities, labels) = try stated(seed: seed)
    let calibration = try IsotonicCalibration(
      fitting: CalibrationSamples(probabilities: probabilities, labels: labels, classCount: 3))
    for (label, curve) in calibration.curves.enumerated() {
      let values = (-10...110).map { curve(Double($0) / 100) }
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
      #expect(values.allSatisfy { 0...1 ~= $0 })
      // Pooling keeps the sum: on its own samples the curve is right on average.
      let stated = rows(probabilities).reduce(0) { $0 + curve($1[label]) }
      #expect(abs(stated - Double(labels.count { $0 == label })) < 1e-9)
    }
    for row in rows(probabilities) {
      #expect(abs(calibration.calibrated(row).reduce(0, +) - 1) < 1e-12)
    }
  }

  /// Random probabilities of three classes, some of them equal, and labels.
  private func random(_ seed: UInt64) -> (rows: [[Double]], labels: [Int], weights: [Int]) {
    var generator = SeededGenerator(seed: seed)
    var (rows, labels, weights) = ([[Double]](), [Int](), [Int]())
    for _ in 0..<60 {
      let parts = (0..<3).map { _ in Double(1 + generator.below(9)) }
      rows.append(parts.map { $0 / parts.reduce(0, +) })
      labels.append(generator.below(3))
      weights.append(generator.below(4))
    }
    return (rows, labels, weights)
  }

  private func samples(_ rows: [[Double]], _ labels: [Int], _ weights: [Int]? = nil)
    -> CalibrationSamples
  {
    CalibrationSamples(
      probabilities: rows.flatMap(\.self), labels: labels, weights: weights, classCount: 3)
  }

  @Test(arguments: UInt64(0)..<8)
  func rowsOfNaNCountAsAbsent(seed: UInt64) throws {
    let (rows, labels, _) = random(seed)
    let holes = rows.flatMap { [$0, [.nan, .nan, .nan]] }
    let known = samples(rows, labels)
    let some = samples(holes, labels.flatMap { [$0, ($0 + 1) % 3] })
    #expect(some.count == 60)
    #expect(some.leftOutCount == 60)
    let temperatures = try [some, known].map { try TemperatureCalibration(fitting: $0) }
    #expect(temperatures[0] == temperatures[1])
    let curves = try [some, known].map { try IsotonicCalibration(fitting: $0) }
    #expect(curves[0] == curves[1])
    #expect(
      ConformalPredictor(calibratingOn: some) == ConformalPredictor(calibratingOn: known))
  }

  @Test(arguments: UInt64(0)..<8)
  func aWeightCountsAsThatManyRows(seed: UInt64) throws {
    let (rows, labels, weights) = random(seed)
    let copies = rows.indices.flatMap { Array(repeating: $0, count: weights[$0]) }
    let weighted = samples(rows, labels, weights)
    let repeated = samples(copies.map { rows[$0] }, copies.map { labels[$0] })
    #expect(weighted.count == repeated.count)
    let temperatures = try [weighted, repeated].map {
      try TemperatureCalibration(fitting: $0).temperature
    }
    // The valley is flat: sums in another order move its lowest point by some 1e-6.
    #expect(abs(temperatures[0] / temperatures[1] - 1) < 1e-4)
    let curves = try [weighted, repeated].map { try IsotonicCalibration(fitting: $0).curves }
    #expect(curves[0] == curves[1])
  }

  @Test(arguments: UInt64(0)..<8)
  func anIsotonicCurveNeverFallsWhateverItIsFittedTo(seed: UInt64) throws {
    var (rows, labels, weights) = random(seed)
    rows[Int(seed)] = [.nan, .nan, .nan]
    for curve in try IsotonicCalibration(fitting: samples(rows, labels, weights)).curves {
      let ends = curve.stated.flatMap { [$0.nextDown, $0] }
      let stated = (0...500).map { Double($0) / 500 } + ends
      let values = stated.sorted().map { curve($0) }
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
    }
  }

  @Test func withoutKnownProbabilitiesThereIsNothingToFit() {
    let none = samples([[.nan, .nan, .nan], [0.2, 0.3, 0.5]], [0, 1], [5, 0])
    #expect(none.count == 0)
    #expect(none.leftOutCount == 5)
    #expect(throws: CalibrationError.noSamples) { try TemperatureCalibration(fitting: none) }
    #expect(throws: CalibrationError.noSamples) { try IsotonicCalibration(fitting: none) }
  }

  @Test func probabilitiesThatAreNotKnownStayUnknown() throws {
    let (rows, labels, _) = random(1)
    let hole = [Double.nan, .nan, .nan]
    let isotonic = try IsotonicCalibration(fitting: samples(rows, labels))
    #expect(isotonic.calibrated(hole).allSatisfy { $0.isNaN })
    #expect(
      TemperatureCalibration(temperature: 2).calibrated(hole).allSatisfy { $0.isNaN })
  }

  @Test func anEvaluationCountsWhatWasNotPredictedApart() {
    var evaluation = Evaluation(classes: ["0", "1", "2"])
    evaluation.add(probabilities: [0.2, 0.7, 0.1], actual: 1, weight: 2)
    let known = evaluation
    evaluation.add(probabilities: [.nan, .nan, .nan], actual: 1, weight: 3)
    #expect(evaluation.unpredictedCount == 3)
    #expect(evaluation.confusion == known.confusion)
    #expect(evaluation.logLoss == known.logLoss)
    evaluation.add(evaluation)
    #expect(evaluation.unpredictedCount == 6)
  }
}
