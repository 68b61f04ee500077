import GRDB
public import Patients

/// One answered prediction, as it is kept.
public struct PredictionRecord: Sendable, Equatable {
  /// The request's identifier; a second record of it is passed over.
  public let id: String
  /// When it was answered, in microseconds since 1970-01-01 UTC.
  public let time: Int64
  /// The patient's measurements.
  public let patient: Patient
  /// The drug that was recommended.
  public let drug: String
  /// The probability of that drug.
  public let probability: Double
  /// The drugs that could not be ruled out, the likeliest first.
  public let predictionSet: [String]
  /// Whether a person had to look.
  public let needsReview: Bool
  /// The version of the model that answered.
  public let modelVersion: String
  /// Who asked, where that has to be said: a person's name, or a program's behind `key:`.
  public var requestedBy: String?
  /// The trace that the request belonged to (W3C Trace Context): 32 lower-case hexadecimal digits; nil for
  /// none.
  public var trace: String?

  /// Creates a record.
  ///
  /// - Parameter needsReview: nil where the set of drugs alone decides.
  public init(
    id: String, time: Int64, patient: Patient, drug: String, probability: Double,
    predictionSet: [String], needsReview: Bool? = nil, modelVersion: String,
    requestedBy: String? = nil, trace: String? = nil
  ) {
    self.id = id
    self.time = time
    self.patient = patient
    self.drug = drug
    self.probability = probability
    self.predictionSet = predictionSet
    self.needsReview = needsReview ?? (predictionSet.count > 1)
    self.modelVersion = modelVersion
    self.requestedBy = requestedBy
    self.trace = trace
  }
}

extension PredictionRecord {
  /// Reads a row of the table.
  ///
  /// - Throws: `PredictionLogError` for a row that holds no patient.
  init(row: Row, _ descriptions: LogDescriptions) throws {
    id = row["id"]
    time = row["time"]
    drug = row["drug"]
    probability = row["probability"]
    predictionSet = Self.names(row["prediction_set"])
    needsReview = row["needs_review"] ?? (predictionSet.count > 1)
    modelVersion = row["model_version"]
    requestedBy = row["requested_by"]
    trace = row["trace"]
    guard let patient = descriptions.patient(row) else {
      throw PredictionLogError(.corrupt, "prediction \(row["number"] as Int64) holds no patient")
    }
    self.patient = patient
  }

  /// The names of a list in JSON.
  static func names(_ text: String) -> [String] {
    guard case .array(let names)? = try? JSONParser.parse(Array(text.utf8)) else { return [] }
    return names.compactMap { if case .string(let name) = $0 { name } else { nil } }
  }
}
