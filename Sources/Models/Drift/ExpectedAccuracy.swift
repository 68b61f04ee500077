/// How often a model may be expected to be right, by its own probabilities and before anybody tells what was
/// given: confidence-based performance estimation (CBPE; NannyML, "How it works", *Performance Estimation* and
/// *Estimation of Standard Error*).
///
/// It assumes that the probabilities keep their word, and so that patients with the same measurements are still
/// given the same drugs: when that has changed it does not see it.
public struct ExpectedAccuracy: Sendable, Equatable {
  /// The number of answers.
  public let count: Int
  /// The mean probability of the recommended drug, 0 to 1.
  public let accuracy: Double
  /// How far the share of right answers lies from that by chance: the standard deviation of a single one, as
  /// the model's card has it, over the root of their number. Without a card that of the expected share.
  public let samplingError: Double

  /// Takes the mean; nil of no answers.
  ///
  /// - Parameters:
  ///   - probabilities: of the recommended drugs, each 0 to 1.
  ///   - promise: what the card says; nil for a model that was not trained here.
  public init?(_ probabilities: some Collection<Double>, promise: AccuracyPromise?) {
    guard !probabilities.isEmpty else { return nil }
    count = probabilities.count
    accuracy = probabilities.reduce(0, +) / Double(count)
    let deviation = promise?.deviation ?? (accuracy * (1 - accuracy)).squareRoot()
    samplingError = deviation / Double(count).squareRoot()
  }

  /// Three sampling errors to both sides, within 0 to 1.
  public var interval: ClosedRange<Double> {
    max(0, accuracy - 3 * samplingError)...min(1, accuracy + 3 * samplingError)
  }
}
