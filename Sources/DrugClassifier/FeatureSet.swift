public import RandomForest

/// How a patient's five measurements become the columns of a forest.
public enum FeatureSet: String, CaseIterable, Sendable, Codable {
  /// Everything one-hot, Age in 7 and Na_to_K in 4 bins: 18 columns.
  case binned
  /// Age and Na_to_K as measured, the rest one-hot: 9 columns.
  case continuous

  /// The fields in the order of the models' inputs.
  static let fields: [PatientField] = [
    .sex, .bloodPressure, .cholesterol, .age, .sodiumToPotassium,
  ]

  /// The five inputs as features of a dataset.
  public static let features: [Feature] = fields.map { field in
    switch field.domain {
    case .category(let levels): Feature(name: field.rawValue, kind: .categorical(levels: levels))
    default: Feature(name: field.rawValue, kind: .numeric)
    }
  }

  /// The encoding of each input.
  public var encodings: [FeatureEncoding] {
    let categories: [FeatureEncoding] = [.oneHot, .oneHot, .oneHot]
    switch self {
    case .continuous: return categories + [.identity, .identity]
    case .binned:
      return categories + [
        .bins(
          edges: [19, 29, 39, 49, 59, 69],
          labels: ["<20s", "20s", "30s", "40s", "50s", "60s", ">60s"]),
        .bins(edges: [9, 19, 29], labels: ["<10", "10-20", "20-30", ">30"]),
      ]
    }
  }

  /// How many columns a split may choose from, unless a person decides otherwise.
  public var maximumFeatures: MaximumFeatures {
    self == .binned ? .squareRoot : .all
  }

  /// Whether the classes of the training rows are balanced by SMOTE, unless a person decides
  /// otherwise.
  ///
  /// In `binned` it makes more of the rare drugs right; `continuous` is as often right without it,
  /// and surer than it should be with it (docs/decisions/feature-sets.md has the figures).
  public var appliesSMOTE: Bool { self == .binned }

  /// Trains a forest on measured rows: fits the encoding, balances the classes if asked to, and
  /// grows the trees.
  ///
  /// The bins are made first and the one-hot columns interpolated (SMOTE) in `binned`; in
  /// `continuous` the measured rows are resampled before they are encoded (SMOTE-NC), so that
  /// categories stay categories.
  ///
  /// - Throws: `SamplingError` or `TrainingError`.
  public func train(
    on training: Dataset, _ trainer: ForestTrainer, applySMOTE: Bool,
    progress: ForestTrainer.Progress = { _ in true }
  ) throws -> TrainedForest {
    let schema = FeatureSchema(fitting: training, encodings: encodings)
    let columns = try prepare(training, schema, applySMOTE: applySMOTE, trainer.parameters.seed)
    let result = try trainer.train(columns, schema: schema, progress: progress)
    // Resampling adds its rows behind those that were measured.
    var rest = training.sampleCount
    let measured = columns.weights.prefix { weight in
      defer { rest -= weight }
      return rest > 0
    }.count
    return TrainedForest(
      forest: result.forest, columnImportances: result.columnImportances,
      conformal: result.outOfBag.map {
        ConformalPredictor(calibratingOn: $0, rows: 0..<measured)
      },
      reference: trainer.estimatesOutOfBag ? ReferenceDistribution.all(of: training) : nil)
  }

  /// The encoded rows that a forest is trained on.
  ///
  /// - Throws: `SamplingError` when the classes cannot be balanced.
  public func prepare(
    _ training: Dataset, _ schema: FeatureSchema, applySMOTE: Bool, _ seed: UInt64
  ) throws(SamplingError) -> Dataset {
    guard applySMOTE else { return schema.encode(training) }
    return switch self {
    // Few distinct rows are left in bins: looking for neighbours among those costs next to nothing.
    case .binned: try schema.encode(training).collapsed().oversampled(seed: seed)
    case .continuous: schema.encode(try training.oversampled(seed: seed))
    }
  }
}

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

/// The drugs that the data names.
public enum Drug: String, CaseIterable, Sendable {
  /// Drug Y.
  case drugY = "DrugY"
  /// Drug A.
  case drugA
  /// Drug B.
  case drugB
  /// Drug C.
  case drugC
  /// Drug X.
  case drugX
}
