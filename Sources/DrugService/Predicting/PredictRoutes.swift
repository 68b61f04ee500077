import FastCGI
import Models
import POSIX
import Patients
import Records

/// One patient.
struct PredictRoutes: RouteGroup {
  static let routes = [
    Route<Self>("POST", "/predict", isBrief: true, queryLane: .explanations, predict),
    Route("GET", "/model/info", isBrief: true, info),
    Route("GET", "/model/schema", isBrief: true, schema),
  ]

  let models: ModelStore
  let predictor: Predictor

  /// POST /predict: one patient.
  func predict(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let explains = try Self.explains(trace.head.query)
    let served = try models.require()
    let body = try PatientBody(request, of: served.model.schema)
    let recommendation = try trace.measure("predict") { () throws(ServiceError) in
      try predictor.recommend(served, for: body.patient)
    }
    let explanation =
      explains
      ? try trace.measure("explain") { () throws(ServiceError) in
        try predictor.explain(served, recommendation, body.patient)
      } : nil
    var outcome = Outcome(
      Response { writer in
        writer.object { writer in
          writer.write(recommendation, of: served, for: body.members)
          if let explanation { writer.write(explanation, of: recommendation) }
          writer.name("model_version")
          writer.string(served.version)
          writer.name("id")
          writer.string(trace.id)
        }
      })
    outcome.record = PredictionRecord(
      id: trace.id, time: Moment.now.microseconds, patient: body.patient, recommendation,
      served.version)
    outcome.model = served.number
    return outcome
  }

  /// Whether the query asks for an explanation.
  static func explains(_ query: String) throws(ServiceError) -> Bool {
    var explains = false
    for part in query.split(separator: "&") {
      switch part {
      case "explain=true": explains = true
      case "explain=false": explains = false
      default: throw .invalidQuery(allowed: "?explain=true or ?explain=false")
      }
    }
    return explains
  }

  /// GET /model/info: what is known of the served model.
  func info(_: borrowing Request, _: RequestTrace) throws(ServiceError) -> Outcome {
    Outcome(Response(json: try models.require().info))
  }

  /// GET /model/schema: what the served model has to know of a patient, and which drugs it knows.
  func schema(_ request: borrowing Request, _: RequestTrace) throws(ServiceError) -> Outcome {
    let served = try models.require()
    return Outcome(
      Response(
        json: served.schema, tag: served.model.schema.digest,
        unless: request.parameter("HTTP_IF_NONE_MATCH")))
  }
}
