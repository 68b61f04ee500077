public import RandomForest

/// A forest and what its training found out.
public struct TrainedForest: Sendable {
  /// The forest.
  public let forest: Forest
  /// The share of each encoded column in the impurity that the trees removed, adding up to 1.
  public let columnImportances: [Double]
  /// What tells which drugs cannot be ruled out, calibrated out-of-bag on the measured patients; nil
  /// when the trainer made no out-of-bag estimates.
  public let conformal: ConformalPredictor?
  /// How the fields were distributed in the measured rows; nil when no out-of-bag estimates were made
  /// either.
  public let reference: [ReferenceDistribution]?
}
