/// How many samples of each class were predicted as each class, and the scores that follow.
///
/// A score whose denominator is 0 is 0, as in scikit-learn's default.
public struct ConfusionMatrix: Sendable, Equatable {
  /// The class names.
  public let classes: [String]
  /// Row-major, shape (actual, predicted), in samples.
  public private(set) var counts: [Int]

  /// Creates an empty matrix.
  public init(classes: [String]) {
    self.classes = classes
    counts = Array(repeating: 0, count: classes.count * classes.count)
  }

  /// Counts a prediction.
  public mutating func add(actual: Int, predicted: Int, weight: Int = 1) {
    counts[actual * classes.count + predicted] += weight
  }

  /// Counts the predictions of another matrix.
  ///
  /// - Precondition: both have the same classes.
  public mutating func add(_ other: ConfusionMatrix) {
    precondition(classes == other.classes, "both matrices have the same classes")
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The samples of one actual class that were predicted as another.
  public subscript(actual actual: Int, predicted predicted: Int) -> Int {
    counts[actual * classes.count + predicted]
  }

  /// The number of samples.
  public var total: Int { counts.reduce(0, +) }
  /// The number of samples of a class (`support`).
  public func support(of label: Int) -> Int {
    classes.indices.reduce(0) { $0 + self[actual: label, predicted: $1] }
  }
  /// The number of samples predicted as a class.
  public func predicted(as label: Int) -> Int {
    classes.indices.reduce(0) { $0 + self[actual: $1, predicted: label] }
  }
  /// The number of samples predicted as what they are.
  public var correct: Int { classes.indices.reduce(0) { $0 + self[actual: $1, predicted: $1] } }

  /// The share of samples that are predicted as what they are.
  public var accuracy: Double { share(correct, of: total) }

  /// The mean recall of the classes that occur (`balanced_accuracy_score` in scikit-learn).
  public var balancedAccuracy: Double {
    let present = classes.indices.filter { support(of: $0) > 0 }
    guard !present.isEmpty else { return 0 }
    return present.reduce(0) { $0 + scores(of: $1).recall } / Double(present.count)
  }

  /// How far predicted and actual classes go together: 1 when all are right, about 0 by chance or when
  /// one class is all that occurs or is predicted, below it when worse (Gorodkin, 2004, for more than
  /// two classes; `matthews_corrcoef` in scikit-learn).
  public var matthewsCorrelation: Double {
    let total = Double(self.total)
    func sum(_ a: (Int) -> Int, _ b: (Int) -> Int) -> Double {
      classes.indices.reduce(0) { $0 + Double(a($1)) * Double(b($1)) }
    }
    let ofActual = total * total - sum(support(of:), support(of:))
    let ofPredicted = total * total - sum(predicted(as:), predicted(as:))
    guard ofActual > 0, ofPredicted > 0 else { return 0 }
    return (total * Double(correct) - sum(support(of:), predicted(as:)))
      / (ofActual * ofPredicted).squareRoot()
  }

  /// The precision, recall and F1 of one class.
  public func scores(of label: Int) -> Scores {
    let hits = self[actual: label, predicted: label]
    return Scores(
      precision: share(hits, of: predicted(as: label)), recall: share(hits, of: support(of: label)),
      f1: share(2 * hits, of: predicted(as: label) + support(of: label)))
  }

  /// The mean of the classes' scores, each class counting alike.
  public var macroAverage: Scores { average { _ in 1 } }

  /// The mean of the classes' scores, each class counting by its samples.
  public var weightedAverage: Scores { average { Double(support(of: $0)) } }

  /// Classes that neither occur nor are predicted stay out of the average.
  private func average(weight: (Int) -> Double) -> Scores {
    let present = classes.indices.filter { support(of: $0) + predicted(as: $0) > 0 }
    let sum = present.reduce(0) { $0 + weight($1) }
    func mean(_ score: KeyPath<Scores, Double>) -> Double {
      guard sum > 0 else { return 0 }
      return present.reduce(0) { $0 + weight($1) * scores(of: $1)[keyPath: score] } / sum
    }
    return Scores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1))
  }

  private func share(_ part: Int, of whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}

/// Precision, recall and their harmonic mean, each from 0 to 1.
public struct Scores: Sendable, Equatable {
  /// Of the samples predicted as the class, the share that are of it.
  public let precision: Double
  /// Of the samples of the class, the share that are predicted as it.
  public let recall: Double
  /// The harmonic mean of precision and recall.
  public let f1: Double
}
