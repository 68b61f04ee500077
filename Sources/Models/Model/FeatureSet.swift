public import Patients
public import RandomForest

/// How a patient's measurements become the columns of a forest.
public enum FeatureSet: String, CaseIterable, Sendable, Codable {
  /// Everything one-hot, numbers in bins: of drug200 18 columns.
  case binned
  /// Numbers as measured, the rest one-hot: of drug200 9 columns.
  case continuous

  /// The feature sets that follow from a description: bins have to be told.
  public static func all(of schema: PatientSchema) -> [FeatureSet] {
    schema.fields.contains { $0.description.bins != nil } ? [.binned, .continuous] : [.continuous]
  }

  /// The encoding of each input.
  ///
  /// - Parameter rows: the training rows, whose quantiles make the bins of a number that has none of its own.
  public func encodings(_ schema: PatientSchema, fitting rows: Dataset) -> [FeatureEncoding] {
    schema.inputs.enumerated().map { column, field in
      guard field.levels.isEmpty else { return .oneHot }
      guard self == .binned else {
        return rows.hasMissingValues(inColumn: column) ? .identityWithMissing : .identity
      }
      if let bins = field.description.bins { return .bins(edges: bins.edges, labels: bins.labels) }
      return rows.quantileBins(ofColumn: column)
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

extension Dataset {
  fileprivate func hasMissingValues(inColumn column: Int) -> Bool {
    stride(from: column, to: values.count, by: featureCount).contains { values[$0].isNaN }
  }

  /// Bins of a number that hold about as many samples each, four at most.
  fileprivate func quantileBins(ofColumn column: Int) -> FeatureEncoding {
    let quartiles = NumericSummary(of: self, column: column).quartiles[1...3]
    var edges: [Double] = []
    for quartile in quartiles where quartile.isFinite && quartile > edges.last ?? -.infinity {
      edges.append(quartile)
    }
    guard let first = edges.first, let last = edges.last else { return .identity }
    let middle = zip(edges, edges.dropFirst()).map { "\($0.plain) to \($1.plain)" }
    return .bins(edges: edges, labels: ["to \(first.plain)"] + middle + ["above \(last.plain)"])
  }
}
