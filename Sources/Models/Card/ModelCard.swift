public import RandomForest

/// What is known of a model besides its trees.
public struct ModelCard: Codable, Sendable, Equatable {
  /// The data a model was trained on.
  public struct TrainingData: Codable, Sendable, Equatable {
    /// The SHA-256 digest of the rows: of the CSV file, or of the file and the outcomes behind it.
    public let sha256: String
    /// The number of patients of the prediction log among them; nil for none.
    public let outcomes: Int?
    /// The number of patients in it.
    public let samples: Int
    /// The number of patients of each class.
    public let classCounts: [String: Int]
    /// The patients that the forest was trained on, before any resampling.
    public let trainingSamples: Int
    /// The patients that were held out.
    public let testSamples: Int
  }

  /// How the drugs that cannot be ruled out are found.
  public struct Conformal: Codable, Sendable, Equatable {
    /// How badly a drug fits a patient.
    public let score: ConformalPredictor.Score
    /// The share of patients whose set is to hold the right drug.
    public let coverage: Double
    /// The greatest score of a drug in a set; nil when there were too few patients to rule any out.
    public let threshold: Double?

    init(_ predictor: ConformalPredictor) {
      score = predictor.score
      coverage = predictor.coverage
      threshold = predictor.threshold.isFinite ? predictor.threshold : nil
    }

    /// The predictor.
    public var predictor: ConformalPredictor {
      ConformalPredictor(score: score, coverage: coverage, threshold: threshold ?? .infinity)
    }
  }

  /// The decisions of the training, under the names of the REST contract.
  public struct Parameters: Codable, Sendable, Equatable {
    /// The number of trees.
    public let nEstimators: Int
    /// The most leaves of a tree; nil for no limit.
    public let maxLeafNodes: Int?
    /// The columns tried at each split.
    public let maxFeatures: String
    /// The fewest samples in a leaf; nil in cards of before it could be chosen, which means 1.
    public let minSamplesLeaf: Int?
    /// The share of the samples held out.
    public let testSize: Double
    /// Whether the classes of the training rows were balanced.
    public let applySmote: Bool
    /// The seed.
    public let randomState: UInt64
  }

  /// Where a model comes from that was not trained here.
  public struct Origin: Codable, Sendable, Equatable {
    /// The format of the file that it was read from, `ONNX`.
    public let format: String
    /// The program that wrote the file and its version, as the file says; nil when it does not.
    public let producer: String?
    /// The SHA-256 digest of the file.
    public let sha256: String
    /// The trees of the model in the file.
    public let trees: Int
    /// Whether those trees are folded into one here, which says of every patient what they say together.
    public let folded: Bool

    /// Tells of a file.
    public init(format: String, producer: String?, sha256: String, trees: Int, folded: Bool) {
      self.format = format
      self.producer = producer
      self.sha256 = sha256
      self.trees = trees
      self.folded = folded
    }
  }

  /// The version: the first 12 digits of the SHA-256 digest of the forest file, the evaluation and this
  /// card without its version and time, so that what is told of a version never changes.
  public internal(set) var modelVersion = ""
  /// When it was trained, or imported; RFC 3339 in UTC.
  public internal(set) var trainedAt = ""
  /// The version of the program that trained it, or imported it.
  public let programVersion: String
  /// Where it comes from; nil for a model that was trained here. Of one that was not, nothing is known
  /// of its parameters, data and importances.
  public internal(set) var imported: Origin?
  /// The SHA-256 digest of the forest file; nil in cards of before it was kept, as are the next three.
  public let forestSha256: String?
  /// What the model is for.
  public let purpose: String?
  /// What it must not be used for.
  public let notFor: String?
  /// What it does not know, one sentence each.
  public let limits: [String]?
  /// The feature set of the forest.
  public let features: FeatureSet
  /// The decisions of the training.
  public let parameters: Parameters?
  /// The data.
  public let data: TrainingData?
  /// The share of each measured field in the impurity that the trees removed, adding up to 1.
  public let importances: [String: Double]?
  /// How the drugs that cannot be ruled out are found.
  public let conformal: Conformal
  /// What the model says of `DocumentedPatient.first`, so that a service can see whether it still
  /// computes what the training did: the probability of each drug.
  public let selfTest: [String: Double]
  /// The scores of every feature set that was trained, by its name.
  public let featureSets: [String: FeatureSetScores]
  /// How the fields were distributed in the training rows; nil in cards of before they told it.
  public internal(set) var reference: [ReferenceDistribution]?

  /// The patients that were held out when the model was trained on the same rows; all of them when it
  /// was not trained here.
  ///
  /// - Throws: `SamplingError` when the rows cannot be split.
  public func heldOut(of rows: Dataset) throws(SamplingError) -> Dataset {
    guard let parameters else { return rows }
    var options = TrainingOptions()
    options.testSize = parameters.testSize
    options.seed = parameters.randomState
    return try options.split(rows).test
  }
}
