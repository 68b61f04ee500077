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
  /// What trees grow on: the measured rows, and behind them those that balancing made. They are encoded
  /// where columns were interpolated, and else as measured, so that trees see a column of many levels as one.
  public let training: Dataset

  /// The training rows, encoded: shape (rows, columns of the schema).
  public var columns: Dataset {
    training.features == measured.features ? schema.encode(training) : training
  }

  /// Fits the encoding to rows and, if asked to, balances them.
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
    training =
      switch (featureSet, applySMOTE) {
      case (_, false): measured
      // Few distinct rows are left in bins: looking for neighbours among those costs next to nothing.
      case (.binned, true): try schema.encode(measured).collapsed().oversampled(seed: seed)
      case (.continuous, true): try measured.oversampled(seed: seed)
      }
  }

  /// How many of the training rows were measured: balancing adds its own behind them.
  var measuredRowCount: Int {
    var rest = measured.sampleCount
    return training.weights.prefix { weight in
      defer { rest -= weight }
      return rest > 0
    }.count
  }
}
