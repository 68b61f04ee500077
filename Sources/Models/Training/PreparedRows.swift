import Patients
public import RandomForest

/// The rows that a forest of one feature set is trained on.
public struct PreparedRows: Sendable {
  /// The feature set.
  public let featureSet: FeatureSet
  /// The rows as they were measured.
  public let measured: Dataset
  /// How they become columns, fitted to them.
  public let schema: FeatureSchema
  /// The encoded rows, and behind them those that balancing made.
  public let columns: Dataset

  /// Encodes and, if asked to, balances rows.
  ///
  /// The bins are made first and the one-hot columns interpolated (SMOTE) in `binned`; in
  /// `continuous` the measured rows are resampled before they are encoded (SMOTE-NC), so that
  /// categories stay categories.
  init(
    _ featureSet: FeatureSet, _ patients: PatientSchema, measured: Dataset, applySMOTE: Bool,
    seed: UInt64
  ) throws(SamplingError) {
    if applySMOTE { try measured.requireSMOTE() }
    self.featureSet = featureSet
    self.measured = measured
    schema = FeatureSchema(
      fitting: measured, encodings: featureSet.encodings(patients, fitting: measured))
    columns =
      switch (featureSet, applySMOTE) {
      case (_, false): schema.encode(measured)
      // Few distinct rows are left in bins: looking for neighbours among those costs next to nothing.
      case (.binned, true): try schema.encode(measured).collapsed().oversampled(seed: seed)
      case (.continuous, true): schema.encode(try measured.oversampled(seed: seed))
      }
  }

  /// How many of the encoded rows were measured: balancing adds its own behind them.
  var measuredColumnCount: Int {
    var rest = measured.sampleCount
    return columns.weights.prefix { weight in
      defer { rest -= weight }
      return rest > 0
    }.count
  }
}
