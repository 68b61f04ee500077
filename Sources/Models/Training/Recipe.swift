public import RandomForest

/// What decides a forest besides its rows.
struct Recipe: Hashable, Sendable {
  let featureSet: FeatureSet
  let treeCount: Int
  let maximumLeafCount: Int?
  /// The name of the columns tried at each split.
  let maximumFeatures: String
  let minimumSamplesPerLeaf: Int
  let applySMOTE: Bool
  let seed: UInt64

  init(_ featureSet: FeatureSet, _ options: TrainingOptions, _ rows: Dataset) {
    self.featureSet = featureSet
    treeCount = options.treeCount
    maximumLeafCount = options.maximumLeafCount
    maximumFeatures = (options.maximumFeatures ?? featureSet.maximumFeatures).description
    minimumSamplesPerLeaf = options.minimumSamplesPerLeaf
    applySMOTE = options.appliesSMOTE(to: featureSet, rows)
    seed = options.seed
  }
}

extension ModelCard {
  /// The options that train this model's forest again, on as many threads as `options` say.
  ///
  /// - Throws: `RegistryError` for a card of a model that was not trained here, and for one that names
  ///   columns which this program cannot choose.
  func options(like options: TrainingOptions) throws(RegistryError) -> TrainingOptions {
    guard let parameters else {
      throw RegistryError(description: "model \(modelVersion) was not trained here")
    }
    guard let maximumFeatures = MaximumFeatures(description: parameters.maxFeatures) else {
      throw RegistryError(
        description: "model \(modelVersion) tries \(parameters.maxFeatures) columns at each split")
    }
    var own = options
    own.featureSets = [features]
    own.treeCount = parameters.nEstimators
    own.maximumLeafCount = parameters.maxLeafNodes
    own.maximumFeatures = maximumFeatures
    own.minimumSamplesPerLeaf = parameters.minSamplesLeaf ?? 1
    own.applySMOTE = parameters.applySmote
    own.seed = parameters.randomState
    return own
  }
}

extension MaximumFeatures {
  /// Reads `sqrt`, `log2`, `all` or a share above 0 and at most 1.
  public init?(description: String) {
    switch description {
    case "sqrt": self = .squareRoot
    case "log2": self = .log2
    case "all": self = .all
    default:
      guard let share = Double(description), share > 0, share <= 1 else { return nil }
      self = .fraction(share)
    }
  }
}
