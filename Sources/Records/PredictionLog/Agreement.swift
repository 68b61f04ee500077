import RandomForest

/// How often the recommended drug was given.
public struct Agreement: Sendable, Equatable {
  /// How many outcomes are known.
  public let outcomes: Int
  /// In how many of them the recommended drug was given.
  public let agreed: Int

  /// Creates an agreement.
  public init(outcomes: Int, agreed: Int) {
    self.outcomes = outcomes
    self.agreed = agreed
  }

  /// With fewer outcomes nothing is said of the share.
  public static let leastOutcomes = 20

  /// The share of outcomes that agree; nil with too few.
  public var share: Double? {
    outcomes >= Self.leastOutcomes ? Double(agreed) / Double(outcomes) : nil
  }

  /// What the share is with 95% confidence; nil with too few.
  public var interval: ClosedRange<Double>? {
    share == nil ? nil : Proportion(agreed, of: outcomes).interval
  }
}
