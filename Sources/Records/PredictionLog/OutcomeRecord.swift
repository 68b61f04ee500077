/// What was really given to the patient of a prediction.
public struct OutcomeRecord: Sendable, Equatable {
  /// Why another drug than the recommended one was given.
  public enum Reason: String, CaseIterable, Sendable {
    /// The patient does not tolerate the drug.
    case allergy
    /// Another illness forbids it.
    case contraindication
    /// Another medicine forbids it.
    case interaction
    /// A guideline names another drug for such measurements.
    case guideline
    /// The patient wanted another.
    case patientChoice = "patient_choice"
    /// Anything else.
    case other

    /// Whether the reason lies in something that no field of a patient measures, so that the drug
    /// teaches a model nothing about the measurements.
    public var isBeyondMeasurements: Bool {
      switch self {
      case .allergy, .contraindication, .interaction, .patientChoice: true
      case .guideline, .other: false
      }
    }
  }

  /// The identifier of the prediction.
  public let predictionID: String
  /// When it was told, in microseconds since 1970-01-01 UTC.
  public let time: Int64
  /// Who told it.
  public let user: String
  /// The drug that was given.
  public let drug: String
  /// Whether it is the recommended one.
  public let agreed: Bool
  /// Why it is not; nil when it is.
  public let reason: Reason?

  /// Creates a record.
  public init(
    predictionID: String, time: Int64, user: String, drug: String, agreed: Bool, reason: Reason?
  ) {
    self.predictionID = predictionID
    self.time = time
    self.user = user
    self.drug = drug
    self.agreed = agreed
    self.reason = reason
  }

  /// Whether both say the same of the patient, whoever told it and when.
  public func saysTheSame(as other: OutcomeRecord) -> Bool {
    drug == other.drug && reason == other.reason
  }
}

extension OutcomeRecord {
  /// Inserts it, unless there is one, or no prediction.
  ///
  /// - Parameter replaces: whether it takes the place of the one that there is.
  /// - Returns: whether it was inserted.
  func insert(into log: any LogSession, replaces: Bool = false) throws -> Bool {
    let conflict =
      replaces
      ? """
      UPDATE SET time = excluded.time, "user" = excluded."user", drug = excluded.drug,
        agreed = excluded.agreed, reason = excluded.reason
      """
      : "NOTHING"
    return try log.change(
      """
      INSERT INTO outcome (number, time, "user", drug, agreed, reason)
      SELECT number, ?2, ?3, ?4, ?5, ?6 FROM prediction WHERE number = \(log.numberOfIdentifier)
      \(type(of: log).keepsRow)
      ON CONFLICT (number) DO \(conflict)
      """,
      predictionID, time, user, drug, agreed, reason?.rawValue) == 1
  }
}
