/// What a version's recent answers are expected to be worth, beside what is known of them and what its card
/// promised.
public struct AccuracyReport: Sendable, Equatable {
  /// One answer.
  public struct Answer: Sendable, Equatable {
    /// When it was given, in microseconds since 1970-01-01 UTC.
    public let time: Int64
    /// The probability of the recommended drug.
    public let probability: Double
    /// Whether that drug was given; nil while nobody has told.
    public let agreed: Bool?

    /// Creates an answer.
    public init(time: Int64, probability: Double, agreed: Bool?) {
      self.time = time
      self.probability = probability
      self.agreed = agreed
    }
  }

  /// Answers that follow each other.
  public struct Part: Sendable, Equatable {
    /// When the first was given, in microseconds since 1970-01-01 UTC.
    public let start: Int64
    /// When the last was given.
    public let end: Int64
    /// How often they are expected to be right.
    public let expected: ExpectedAccuracy
    /// How many of them have an outcome.
    public let outcomes: Int
    /// In how many of those the recommended drug was given.
    public let agreed: Int

    /// - Precondition: there is an answer.
    init(_ answers: some Collection<Answer>, _ promise: AccuracyPromise?) {
      let times = answers.lazy.map(\.time)
      start = times.min()!
      end = times.max()!
      expected = ExpectedAccuracy(answers.lazy.map(\.probability), promise: promise)!
      let known = answers.compactMap(\.agreed)
      outcomes = known.count
      agreed = known.count { $0 }
    }
  }

  /// So many answers are a chunk, and with fewer nothing is said.
  public static let chunkSize = 100
  /// The newest answers that are looked at.
  public static let windowSize = 1000

  /// What the card promises; nil for a model that was not trained here.
  public let promise: AccuracyPromise?
  /// How many answers there are.
  public let count: Int
  /// All of them; nil with too few.
  public let whole: Part?
  /// The same in chunks, the newest last; the oldest answers that fill none are in no chunk.
  public let chunks: [Part]

  /// Estimates.
  ///
  /// - Parameters:
  ///   - answers: those of one version, the oldest first.
  ///   - promise: what its card says.
  /// - Precondition: a chunk has an answer.
  public init(
    _ answers: [Answer], promise: AccuracyPromise?, chunkSize: Int = chunkSize
  ) {
    precondition(chunkSize > 0, "a chunk has answers")
    self.promise = promise
    count = answers.count
    whole = answers.count < chunkSize ? nil : Part(answers, promise)
    chunks = stride(from: answers.count % chunkSize, to: answers.count, by: chunkSize).map {
      Part(answers[$0..<$0 + chunkSize], promise)
    }
  }

  /// What lies below the promise: the newest chunk, else all answers; nil when neither does.
  public var fallen: Part? {
    guard let promise else { return nil }
    return [chunks.last, whole].compactMap { $0 }
      .first { promise.verdict(on: $0.expected.interval) == .below }
  }
}
