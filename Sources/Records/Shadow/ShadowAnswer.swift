/// What the shadow says of a patient whose prediction is kept in the log.
public struct ShadowAnswer: Sendable, Equatable {
  /// The prediction's place in the log, which another may get when it is deleted.
  public let number: Int64
  /// The prediction's identifier.
  public let id: String
  /// What it says.
  public let drug: String
  /// The probability of that drug, 0 to 1.
  public let probability: Double
  /// The drugs that it cannot rule out, the likeliest first.
  public let predictionSet: [String]
  /// Whether a person would have to look.
  public let needsReview: Bool

  /// Creates an answer.
  public init(
    number: Int64, id: String, drug: String, probability: Double, predictionSet: [String],
    needsReview: Bool
  ) {
    self.number = number
    self.id = id
    self.drug = drug
    self.probability = probability
    self.predictionSet = predictionSet
    self.needsReview = needsReview
  }
}

/// A row of the log that the shadow has looked at.
public enum ShadowLook: Sendable {
  /// It has answered.
  ///
  /// - Parameters:
  ///   - kept: what the patient was answered.
  ///   - change: how much the probability of the drug that was recommended is other, 0 to 1.
  ///   - seconds: the processor's time of the served model's answer and of the shadow's; nil where the served
  ///     model is not the one that had answered.
  case answered(
    ShadowAnswer, kept: PredictionRecord, change: Double,
    seconds: (champion: Double, shadow: Double)?)
  /// The patient has other fields, or the row holds none.
  case leftOut(number: Int64, id: String, time: Int64)
  /// The version itself has given the answer, or it is of before the shadow began.
  case passedOver(number: Int64, id: String)

  /// The row's place in the log, and its identifier.
  public var place: ShadowPlace {
    switch self {
    case .answered(let answer, _, _, _): ShadowPlace(number: answer.number, id: answer.id)
    case .leftOut(let number, let id, _), .passedOver(let number, let id):
      ShadowPlace(number: number, id: id)
    }
  }
}

/// A row of the log.
public struct ShadowPlace: Sendable, Equatable {
  /// Its number, 0 before the first.
  public let number: Int64
  /// Its identifier; nil before the first.
  public let id: String?

  /// Before the first row.
  public static let start = ShadowPlace(number: 0, id: nil)

  /// Creates a place.
  public init(number: Int64, id: String?) {
    self.number = number
    self.id = id
  }
}
