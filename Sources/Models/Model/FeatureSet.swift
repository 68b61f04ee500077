import Patients
public import RandomForest

/// How a patient's five measurements become the columns of a forest.
public enum FeatureSet: String, CaseIterable, Sendable, Codable {
  /// Everything one-hot, Age in 7 and Na_to_K in 4 bins: 18 columns.
  case binned
  /// Age and Na_to_K as measured, the rest one-hot: 9 columns.
  case continuous

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
}
