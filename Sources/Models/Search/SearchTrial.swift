/// One choice of parameters that a search tries.
public struct SearchTrial: Sendable, Equatable {
  /// The number, from 1.
  public let number: Int
  /// The feature set.
  public let featureSet: FeatureSet
  /// The decisions by their names in the command line, the feature set among them.
  public let parameters: [String: String]
  /// The mean macro-F1 over the folds that were evaluated.
  public let macroF1: Double
  /// The mean log-loss over the folds that were evaluated.
  public let logLoss: Double
  /// How many folds were evaluated.
  public let foldCount: Int
  /// Whether it was given up before the last fold, when it could no longer become the best.
  public let isRejected: Bool
  /// How long it took, in seconds.
  public let duration: Double

  /// The score by a metric.
  public func score(_ metric: SearchMetric) -> Double {
    metric == .macroF1 ? macroF1 : logLoss
  }
}

/// What a search looks for.
public enum SearchMetric: String, CaseIterable, Sendable {
  /// The mean F1 over the classes, which is to be high.
  case macroF1 = "macro_f1"
  /// The mean negative logarithm of the actual class's probability, which is to be low.
  case logLoss = "log_loss"
}
