/// Repeated stratified k-fold cross-validation.
public struct CrossValidation: Sendable {
  /// The number of parts; each is predicted by a forest trained on the others.
  public let foldCount: Int
  /// How often the samples are dealt anew.
  public let repeatCount: Int
  /// The seed of the deals.
  public let seed: UInt64

  /// Creates a plan.
  public init(foldCount: Int = 10, repeatCount: Int = 1, seed: UInt64 = 0) {
    self.foldCount = foldCount
    self.repeatCount = repeatCount
    self.seed = seed
  }

  /// Predicts every sample by forests that did not see it.
  ///
  /// - Parameters:
  ///   - dataset: measured rows.
  ///   - fit: trains on the measured rows it is given; whatever it fits, it fits on those alone.
  /// - Returns: one evaluation a repeat, each over all samples.
  /// - Throws: `SamplingError` when the samples are too few, and what `fit` throws.
  public func evaluate(
    _ dataset: Dataset, fit: (_ training: Dataset) throws -> Forest
  ) throws -> [Evaluation] {
    try evaluateFolds(dataset) { training, test in
      try Evaluation(of: try fit(training), on: test)
    }.map { folds in
      folds.reduce(into: Evaluation(classes: dataset.classes)) { $0.add($1) }
    }
  }

  /// Evaluates something on each fold of each repeat, the same folds for the same samples and plan.
  ///
  /// - Parameters:
  ///   - dataset: measured rows.
  ///   - evaluate: gives the evaluation of a fold's held-out rows by whatever was fitted on the rest.
  /// - Returns: the evaluations, shape (repeatCount, foldCount).
  /// - Throws: `SamplingError` when the samples are too few, and what `evaluate` throws.
  public func evaluateFolds<Outcome>(
    _ dataset: Dataset, evaluate: (_ training: Dataset, _ test: Dataset) throws -> Outcome
  ) throws -> [[Outcome]] {
    let rows = dataset.collapsed()
    return try (0..<repeatCount).map { number in
      try rows.stratifiedFolds(foldCount, seed: seed &+ UInt64(number)).map { fold in
        let (training, test) = rows.parts(ofFold: fold)
        return try evaluate(training, test)
      }
    }
  }
}
