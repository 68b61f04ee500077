public import RandomForest

/// What a model's card promises of its accuracy: that on patients it was not trained on.
public struct AccuracyPromise: Sendable, Equatable {
  /// Where the promise comes from.
  public enum Source: String, Sendable {
    /// The cross-validation of the served kind of model.
    case crossValidation = "cross_validation"
    /// The held-out rows, where there was no cross-validation.
    case test
  }

  /// Where an interval lies beside the promised one.
  public enum Verdict: String, Sendable {
    /// All of it is below.
    case below
    /// They have something in common.
    case within
    /// All of it is above.
    case above
  }

  /// Where it comes from.
  public let source: Source
  /// The number of samples behind it.
  public let samples: Int
  /// The share of right answers.
  public let accuracy: Double

  /// - Precondition: there is a sample, and the accuracy is a share.
  public init(_ source: Source, accuracy: Double, samples: Int) {
    precondition(samples > 0 && 0...1 ~= accuracy, "an accuracy is of some samples")
    self.source = source
    self.accuracy = accuracy
    self.samples = samples
  }

  /// Reads what a model promises; nil for one that was not trained here, or whose files say what cannot be.
  public init?(_ card: ModelCard, _ evaluation: EvaluationReport?) {
    let validated = card.featureSets[card.features.rawValue]?.crossValidation
    if let validated, let samples = validated.samples, samples > 0,
      0...1 ~= validated.accuracy.mean
    {
      self.init(.crossValidation, accuracy: validated.accuracy.mean, samples: samples)
    } else if let evaluation, evaluation.samples > 0, 0...1 ~= evaluation.accuracy {
      self.init(.test, accuracy: evaluation.accuracy, samples: evaluation.samples)
    } else {
      return nil
    }
  }

  /// The interval that holds the true accuracy with 95% confidence.
  public var interval: ClosedRange<Double> { Proportion.interval(of: accuracy, total: samples) }

  /// The standard deviation of whether a single answer is right.
  ///
  /// Samples without a mistake count as if one more had been half a mistake: they do not show that there
  /// are none.
  public var deviation: Double {
    let rarest = 0.5 / Double(samples + 1)
    let share = min(max(accuracy, rarest), 1 - rarest)
    return (share * (1 - share)).squareRoot()
  }

  /// Where an interval of accuracies lies beside what is promised.
  public func verdict(on found: ClosedRange<Double>) -> Verdict {
    if found.upperBound < interval.lowerBound { return .below }
    return found.lowerBound > interval.upperBound ? .above : .within
  }
}

extension EvaluationReport {
  /// Whether the stated probabilities kept their word on the held-out patients, as far as so many can tell:
  /// their mean lies in the interval of the accuracy. Nil in evaluations of before that was kept.
  public var keepsItsWord: Bool? {
    guard let reliability, samples > 0, 0...1 ~= accuracy else { return nil }
    let sum = reliability.reduce(0) { $0 + $1.confidence * Double($1.samples) }
    return accuracyInterval.contains(sum / Double(samples))
  }
}
