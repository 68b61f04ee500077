public import GRDB

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

extension OutcomeRecord: FetchableRecord {
  /// An outcome goes when its prediction does.
  static let createTable = """
    CREATE TABLE IF NOT EXISTS outcome (
      prediction_id TEXT NOT NULL UNIQUE REFERENCES prediction(id) ON DELETE CASCADE,
      time INTEGER NOT NULL,
      user TEXT NOT NULL,
      drug TEXT NOT NULL,
      agreed INTEGER NOT NULL,
      reason TEXT
    ) STRICT;
    """

  /// Passes over a second outcome, and one of a prediction that is not there.
  static let insert = """
    INSERT OR IGNORE INTO outcome (prediction_id, time, user, drug, agreed, reason)
    SELECT id, ?2, ?3, ?4, ?5, ?6 FROM prediction WHERE id = ?1
    """

  var arguments: StatementArguments {
    [predictionID, time, user, drug, agreed, reason?.rawValue]
  }

  /// Reads a row of the table.
  public init(row: Row) {
    predictionID = row["prediction_id"]
    time = row["time"]
    user = row["user"]
    drug = row["drug"]
    agreed = row["agreed"]
    reason = (row["reason"] as String?).flatMap(Reason.init)
  }
}
