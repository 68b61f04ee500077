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
    let calibration = TemperatureCalibration(
      fitting: probabilities, labels: labels, classCount: 3)
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
    let calibration = IsotonicCalibration(fitting: probabilities, labels: labels, classCount: 3)
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
}
