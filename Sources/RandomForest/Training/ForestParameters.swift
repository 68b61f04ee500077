/// How many columns a split may choose from.
public enum MaximumFeatures: Sendable, Equatable, CustomStringConvertible {
  /// The square root of the column count.
  case squareRoot
  /// The binary logarithm of the column count.
  case log2
  /// A share of the column count, above 0 and at most 1.
  case fraction(Double)
  /// All columns.
  case all

  /// The count for a number of columns, rounded down, at least 1.
  public func count(of columns: Int) -> Int {
    switch self {
    case .squareRoot: max(1, Int(Double(columns).squareRoot()))
    case .log2: max(1, Int.bitWidth - 1 - columns.leadingZeroBitCount)
    case .fraction(let share): max(1, Int(share * Double(columns)))
    case .all: columns
    }
  }

  /// The field's name for it: `sqrt`, `log2`, `all` or the share.
  public var description: String {
    switch self {
    case .squareRoot: "sqrt"
    case .log2: "log2"
    case .fraction(let share): "\(share)"
    case .all: "all"
    }
  }
}

/// What a split is to lower.
public enum SplitCriterion: String, Sendable, Equatable {
  /// The Gini impurity, 1 - Σ p² (Breiman et al., 1984).
  case gini
  /// The Shannon entropy in bits, -Σ p log₂ p (Quinlan, 1986).
  case entropy
}

/// How a column's threshold is chosen in a node.
public enum SplitStrategy: String, Sendable, Equatable {
  /// The threshold that lowers the impurity most.
  case best
  /// One threshold a column, drawn uniformly between the node's least and greatest number and moved
  /// midway between the values beside it; of the columns tried the best wins (extremely randomised
  /// trees; Geurts, Ernst and Wehenkel, 2006, who train each tree on all samples: see
  /// `ForestParameters.bootstrap`).
  case random
}

/// Which way a probability may go as a number grows.
public enum MonotonicConstraint: String, Sendable, Equatable {
  /// Never down.
  case increasing
  /// Never up.
  case decreasing
}

/// How many samples each tree draws.
public enum MaximumSamples: Sendable, Equatable, CustomStringConvertible {
  /// So many, from 1 to as many as there are.
  case count(Int)
  /// A share of the samples, above 0 and at most 1.
  case fraction(Double)

  /// The count for a number of samples, rounded, at least 1.
  public func count(of samples: Int) -> Int {
    switch self {
    case .count(let count): count
    case .fraction(let share): max(1, Int((share * Double(samples)).rounded()))
    }
  }

  /// The count or the share.
  public var description: String {
    switch self {
    case .count(let count): "\(count)"
    case .fraction(let share): "\(share)"
    }
  }
}

/// How much the samples of each class count in training.
public enum ClassWeights: Sendable, Equatable, CustomStringConvertible {
  /// All alike.
  case uniform
  /// In inverse proportion to the class's frequency: n / (classes that occur · n of the class).
  case balanced
  /// Likewise, of the samples that each tree draws.
  case balancedSubsample
  /// One weight a class, from 1e-100 to 1e100.
  case values([Double])

  /// `uniform`, `balanced`, `balanced_subsample` or the weights, which are too long a text for more than 1,000 classes.
  public var description: String {
    switch self {
    case .uniform: "uniform"
    case .balanced: "balanced"
    case .balancedSubsample: "balanced_subsample"
    case .values(let weights):
      weights.count <= 1000 ? "\(weights)" : "\(weights.count) weights"
    }
  }

  /// The weights that make classes equal, 1 for one without samples.
  static func balancing(_ counts: [Int]) -> [Double] {
    let (total, present) = (counts.reduce(0, +), counts.count { $0 > 0 })
    return counts.map { $0 > 0 ? Double(total) / Double(present * $0) : 1 }
  }
}

/// The settings of a forest's training, by default those of scikit-learn's `RandomForestClassifier`.
public struct ForestParameters: Sendable, Equatable {
  /// The number of trees (`n_estimators` in scikit-learn), at least 1.
  public var treeCount = 100
  /// The most leaves of a tree, grown best first (`max_leaf_nodes`), at least 2; nil for no limit.
  public var maximumLeafCount: Int?
  /// The most tests between root and leaf (`max_depth`), at least 1; nil for no limit.
  public var maximumDepth: Int?
  /// The fewest samples of a node that is split (`min_samples_split`), at least 2. A row counts here
  /// as often as it was drawn; scikit-learn's bootstrap counts it once.
  public var minimumSamplesPerSplit = 2
  /// The fewest samples in a leaf (`min_samples_leaf`), at least 1, counted as above.
  public var minimumSamplesPerLeaf = 1
  /// The least impurity that a split must remove, weighted by the node's share of the samples
  /// (`min_impurity_decrease`), 0 or more.
  public var minimumImpurityDecrease = 0.0
  /// What each leaf must be worth in impurity, weighted by its share of the samples: trees are pruned to
  /// the smallest that have the least impurity and so much a leaf together (`ccp_alpha`), 0 or more.
  public var complexityCost = 0.0
  /// The columns tried at each split (`max_features`).
  public var maximumFeatures = MaximumFeatures.squareRoot
  /// What a split is to lower (`criterion`).
  public var criterion = SplitCriterion.gini
  /// How thresholds are chosen (`splitter`).
  public var strategy = SplitStrategy.best
  /// How much each class counts (`class_weight`).
  public var classWeights = ClassWeights.uniform
  /// Whether each tree trains on samples drawn with replacement from those given (`bootstrap`).
  public var bootstrap = true
  /// How many samples each tree draws (`max_samples`); nil for as many as there are.
  public var maximumSamples: MaximumSamples?
  /// Which way the probability of the second of two classes may go as an input grows, all others equal
  /// (`monotonic_cst`), by the input's name: of a number in one column, or in one and its missing values,
  /// which have no place in the order.
  public var monotonicConstraints: [String: MonotonicConstraint] = [:]
  /// A numeric column of at most this many distinct values is split exactly, between each two of them;
  /// one of more at the bounds of this many bins, which are narrowest at its ends and beside values of
  /// many samples (`max_bins`); 2 to 65,536. Fewer bins than rows make a training shorter: 256 by half
  /// where classes are two.
  public var maximumBinCount = 65_536
  /// The seed (`random_state`): one seed, one forest, at any thread count.
  public var seed: UInt64 = 0

  /// Creates the default settings.
  public init() {}
}

/// What makes a training impossible.
public struct TrainingError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, in words.
  public let description: String

  /// What a training that was cancelled throws.
  public static let cancelled = TrainingError(description: "the training was cancelled")
}
