import FastCGI
import Records

/// Requests of one subject, each route beside the method that answers it.
protocol RouteGroup: Sendable {
  static var routes: [Route<Self>] { get }
}

/// Answers a request.
typealias Answer = @Sendable (borrowing Request, RequestTrace) throws(ServiceError) -> Outcome

/// Says of a request whether its sender is known already, without waiting for anything.
typealias SenderTest = @Sendable (borrowing Request) -> Bool

/// An address, a method, and what answers there.
struct Route<Group>: Sendable {
  let method: String
  /// The path; a part in braces stands for any text without a slash.
  let path: String
  /// Whether the answer reads the body piece by piece.
  let isStreamed: Bool
  /// Whether the answer takes microseconds and waits for nothing.
  let isBrief: Bool
  /// Whose requests are brief although others are not; nil for nobody's.
  let isBriefFor: (@Sendable (Group) -> SenderTest)?
  /// Where it waits, when it is not brief.
  let lane: ServiceLane
  /// Where it waits when something is asked for behind the question mark; nil when that changes nothing.
  let queryLane: ServiceLane?
  /// The method of the group that answers.
  let answer: @Sendable (Group) -> Answer

  init(
    _ method: String, _ path: String, isStreamed: Bool = false, isBrief: Bool = false,
    isBriefFor: (@Sendable (Group) -> SenderTest)? = nil,
    lane: ServiceLane = .quick, queryLane: ServiceLane? = nil,
    _ answer: @escaping @Sendable (Group) -> Answer
  ) {
    self.method = method
    self.path = path
    self.isStreamed = isStreamed
    self.isBrief = isBrief
    self.isBriefFor = isBriefFor
    self.lane = lane
    self.queryLane = queryLane
    self.answer = answer
  }
}

extension Route {
  /// How it is answered when nothing stands behind the question mark.
  var treatment: Treatment {
    Treatment(isBrief ? .brief : isStreamed ? .streamed : .whole, lane: lane.rawValue)
  }

  /// How it is answered when something does.
  var queryTreatment: Treatment {
    queryLane.map { Treatment(isStreamed ? .streamed : .whole, lane: $0.rawValue) } ?? treatment
  }
}

/// An answer, and what is to be kept of it before it is sent.
struct Outcome {
  var response: Response
  var problem: Problem?
  var record: PredictionRecord?
  /// The number of the model that the record comes from.
  var model: UInt64 = 0
  /// The version that has answered, when it is not the record's nor the served one.
  var version: String?

  init(_ response: Response) { self.response = response }
}
