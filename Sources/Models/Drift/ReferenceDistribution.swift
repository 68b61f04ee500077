public import RandomForest

/// How a measured field was distributed in the rows that a model was trained on.
public struct ReferenceDistribution: Codable, Sendable, Equatable {
  /// The field's name, for example `Na_to_K`.
  public let feature: String
  /// How often each value occurred; of a category, the index of its level.
  public let distribution: ValueCounts

  /// More values of a field than this are grouped, so that a card stays small.
  public static let maximumValueCount = 256

  /// The distribution of each field.
  ///
  /// - Parameter rows: measured rows, before any resampling.
  public static func all(of rows: Dataset) -> [ReferenceDistribution] {
    rows.features.enumerated().map { column, feature in
      ReferenceDistribution(
        feature: feature.name,
        distribution: rows.valueCounts(ofColumn: column).grouped(limit: maximumValueCount))
    }
  }
}
