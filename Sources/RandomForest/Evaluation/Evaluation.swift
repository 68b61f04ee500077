import POSIX

/// What a forest's predictions are worth on samples that it was not trained on.
public struct Evaluation: Sendable, Equatable {
  private static let calibrationBinCount = 10

  /// The predictions by actual and predicted class.
  public private(set) var confusion: ConfusionMatrix
  /// The number of samples without a prediction, which are in no score.
  public private(set) var unpredictedCount = 0
  private var logLossSum = 0.0
  private var brierSum = 0.0
  private var calibration = [CalibrationBin](
    repeating: CalibrationBin(), count: calibrationBinCount)

  /// The probabilities of each class with the samples of it and of the others, in the order in which
  /// they were added; what scores of their order are made of.
  private(set) var scored: [ScoredSample] = []

  struct ScoredSample: Equatable {
    let probabilities: [Double]
    let actual: Int
    let weight: Int
  }

  private struct CalibrationBin: Equatable {
    var confidence = 0.0
    var correct = 0
    var count = 0
  }

  /// Creates an evaluation without predictions.
  public init(classes: [String]) {
    confusion = ConfusionMatrix(classes: classes)
  }

  /// Evaluates a forest on measured rows.
  ///
  /// - Parameters:
  ///   - forest: the forest.
  ///   - dataset: rows of the values that it takes, under labels of its classes.
  ///   - threadCount: how many threads predict; it does not change a bit of the result.
  /// - Throws: `ForestFileError` when the forest is damaged.
  public init(
    of forest: Forest, on dataset: Dataset, threadCount: Int = 1
  ) throws(ForestFileError) {
    self.init(classes: dataset.classes)
    try add(forest, on: dataset, threadCount: threadCount)
  }

  /// Adds a forest's predictions of measured rows.
  public mutating func add(
    _ forest: Forest, on dataset: Dataset, threadCount: Int = 1
  ) throws(ForestFileError) {
    let probabilities = try forest.probabilities(of: dataset.values, threadCount: threadCount)
    let classCount = dataset.classes.count
    for row in 0..<dataset.rowCount {
      add(
        probabilities: Array(probabilities[row * classCount..<(row + 1) * classCount]),
        actual: dataset.labels[row], weight: dataset.weights[row])
    }
  }

  /// Adds the predictions of another evaluation.
  ///
  /// - Precondition: both have the same classes.
  public mutating func add(_ other: Evaluation) {
    confusion.add(other.confusion)
    unpredictedCount += other.unpredictedCount
    logLossSum += other.logLossSum
    brierSum += other.brierSum
    for (bin, added) in other.calibration.enumerated() {
      calibration[bin].confidence += added.confidence
      calibration[bin].correct += added.correct
      calibration[bin].count += added.count
    }
    scored += other.scored
  }

  /// Adds one prediction, as often as its weight says; one with a NaN, as ``OutOfBag`` has it for a
  /// sample that every tree has seen, only to ``unpredictedCount``.
  ///
  /// - Parameters:
  ///   - probabilities: shape (classCount), adding up to 1; the largest, of equals the first, is the
  ///     prediction.
  ///   - actual: the class that the sample is of.
  ///   - weight: how many samples the prediction is of.
  public mutating func add(probabilities: [Double], actual: Int, weight: Int = 1) {
    guard !probabilities.contains(where: \.isNaN) else {
      unpredictedCount += weight
      return
    }
    scored.append(ScoredSample(probabilities: probabilities, actual: actual, weight: weight))
    let predicted = probabilities.indexOfLargest
    confusion.add(actual: actual, predicted: predicted, weight: weight)
    logLossSum -= Double(weight) * log(max(probabilities[actual], .ulpOfOne))
    for (label, probability) in probabilities.enumerated() {
      let difference = probability - (label == actual ? 1 : 0)
      brierSum += Double(weight) * difference * difference
    }
    let confidence = probabilities[predicted]
    let bin = min(Int(confidence * Double(calibration.count)), calibration.count - 1)
    calibration[bin].confidence += Double(weight) * confidence
    calibration[bin].correct += predicted == actual ? weight : 0
    calibration[bin].count += weight
  }

  /// The mean negative natural logarithm of the actual class's probability, which counts as at
  /// least 2⁻⁵².
  public var logLoss: Double { logLossSum / Double(confusion.total) }

  /// The mean squared distance of the probabilities from the truth, 0 to 2 (Brier, 1950).
  public var brierScore: Double { brierSum / Double(confusion.total) }

  /// How far stated confidence lies from accuracy, on average over ten bins of equal width
  /// (Guo et al., 2017).
  public var expectedCalibrationError: Double {
    calibration.reduce(0) { $0 + abs($1.confidence - Double($1.correct)) }
      / Double(confusion.total)
  }

  /// Stated confidence beside accuracy, for the ten bins of equal width that the calibration error is
  /// taken over; those without samples are left out.
  public var reliability: [Reliability] {
    calibration.enumerated().filter { $0.element.count > 0 }.map { index, bin in
      Reliability(
        lowest: Double(index) / Double(calibration.count),
        highest: Double(index + 1) / Double(calibration.count), sampleCount: bin.count,
        confidence: bin.confidence / Double(bin.count),
        accuracy: Double(bin.correct) / Double(bin.count))
    }
  }
}

/// What predictions of about the same confidence were worth.
public struct Reliability: Sendable, Equatable {
  /// The least confidence of the bin.
  public let lowest: Double
  /// The confidence that the bin ends at.
  public let highest: Double
  /// The number of samples.
  public let sampleCount: Int
  /// Their mean confidence.
  public let confidence: Double
  /// The share of them that are predicted as what they are.
  public let accuracy: Double
}
