import FastCGI
import Models
import POSIX
import Patients
import Records

/// The Open Inference Protocol, version 2, beside the service's own addresses.
struct InferenceRoutes: RouteGroup {
  /// What the protocol knows the forest by.
  static let modelName = "drug-classifier"
  private static let model = "/v2/models/\(modelName)"

  static let routes = [
    Route<Self>("GET", "/v2", isBrief: true, server),
    Route("GET", "/v2/health/live", isBrief: true, live),
    Route("GET", "/v2/health/ready", isBrief: true, ready),
    Route("GET", model, metadata),
    Route("GET", "\(model)/ready", isBrief: true, modelReady),
    Route("POST", "\(model)/infer", isStreamed: true, lane: .inference, infer),
    Route("GET", "\(model)/versions/{version}", lane: .inference, metadata),
    Route("GET", "\(model)/versions/{version}/ready", lane: .inference, modelReady),
    Route(
      "POST", "\(model)/versions/{version}/infer", isStreamed: true, lane: .inference, infer),
  ]

  let models: ModelStore
  let versions: VersionStore
  let registry: ModelRegistry
  let health: HealthRoutes
  let predictor: Predictor

  /// Whether an address is the protocol's, whose errors have a form of their own.
  static func own(_ path: String) -> Bool { path == "/v2" || path.hasPrefix("/v2/") }

  /// The model of an address: the version that it names, or the served one.
  private func addressed(_ trace: RequestTrace) throws(ServiceError) -> ServedModel {
    guard trace.pathPart(4) == "versions" else { return try models.require() }
    return try versions.answeringModel(versions.version(trace))
  }

  private func checkReadiness(of model: ServedModel?) throws(ServiceError) {
    let failed = health.readinessChecks(of: model).filter { !$0.isRight }
    guard failed.isEmpty else {
      let words = failed.map { "\($0.name): \($0.detail)" }.joined(separator: "; ")
      throw .inference(.notReady(words))
    }
  }

  private func flag(_ name: String, of model: String? = nil) -> Outcome {
    Outcome(
      Response { writer in
        writer.object { writer in
          if let model {
            writer.name("name")
            writer.string(model)
          }
          writer.name(name)
          writer.bool(true)
        }
      })
  }

  /// GET /v2/health/live: the process answers.
  func live(_: borrowing Request, _: RequestTrace) -> Outcome { flag("live") }

  /// GET /v2/health/ready: whether a prediction of the served model would be answered.
  func ready(_: borrowing Request, _: RequestTrace) throws(ServiceError) -> Outcome {
    try checkReadiness(of: models.served)
    return flag("ready")
  }

  /// GET …/ready: whether a prediction of a model would be answered.
  func modelReady(_: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    try checkReadiness(of: try addressed(trace))
    return flag("ready", of: Self.modelName)
  }

  /// GET /v2: what answers.
  func server(_: borrowing Request, _: RequestTrace) -> Outcome {
    Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("name")
          writer.string(Self.modelName)
          writer.name("version")
          writer.string(programVersion)
          writer.name("extensions")
          writer.array { $0.string("binary_tensor_data") }
        }
      })
  }

  /// GET /v2/models/drug-classifier: what goes in and what comes out.
  func metadata(_: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    let model = try addressed(trace)
    let response = Response { writer in
      writer.object { writer in
        writer.name("name")
        writer.string(Self.modelName)
        writer.name("versions")
        writer.array { writer in registry.versions.forEach { writer.string($0) } }
        writer.name("platform")
        writer.string("drugclassifier_forest")
        writer.name("inputs")
        writer.array { writer in
          for field in model.model.schema.fields {
            writer.tensor(
              field.name, InferenceTensor.datatype(of: field), shape: [-1]
            ) { _ in }
          }
        }
        writer.name("outputs")
        writer.array { writer in
          for name in InferenceRequest.Output.Name.allCases {
            writer.tensor(
              name.rawValue, name.datatype, shape: name.shape(rows: -1, of: model)
            ) { _ in }
          }
        }
      }
    }
    return Outcome(response)
  }

  /// POST …/infer: drugs for the patients of the input tensors, all of them or none.
  func infer(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let model = try addressed(trace)
    let type = ContentType(trace.head)
    guard trace.head.contentType.isEmpty || type.isJSON || type.isBytes else {
      throw .unsupportedMediaType(.tensors)
    }
    let jsonLength = try Self.jsonLength(request)
    let body = try request.stream.whole(limit: BatchRoutes.maximumBatchSize)
    let inference = try InferenceRequest(
      body, jsonLength: jsonLength, of: model.model.schema,
      model: (Self.modelName, model.version))
    var outcome = Outcome(try answer(inference, model, trace))
    outcome.version = model.version
    return outcome
  }

  /// How many bytes of the body are JSON; nil when nothing is told.
  private static func jsonLength(_ request: borrowing Request) throws(ServiceError) -> Int? {
    guard let told = request.parameter("HTTP_INFERENCE_HEADER_CONTENT_LENGTH"), told != "" else {
      return nil
    }
    guard told.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let length = Int(told)
    else {
      throw .inference(.invalid("Inference-Header-Content-Length must be a number of bytes"))
    }
    return length
  }

  private func answer(
    _ inference: InferenceRequest, _ model: ServedModel, _ trace: RequestTrace
  ) throws(ServiceError) -> Response {
    let id = trace.id
    let (patients, wrong) = inference.patients
    guard wrong.isEmpty else {
      predictor.metrics.rejected(wrong.prefix(100).flatMap(\.problems))
      let words = InferenceAnswer.words(wrong)
      throw .inference(.invalid("no drug was recommended, since patients are wrong: \(words)"))
    }
    let time = Moment.now.microseconds
    var answer = InferenceAnswer(inference, model, id: id)
    var records: [PredictionRecord] = []
    records.reserveCapacity(patients.count)
    try trace.measure("predict") { () throws(ServiceError) in
      for patient in patients {
        let recommendation = try predictor.recommend(model, for: patient)
        records.append(
          PredictionRecord(
            id: "\(id)-\(records.count)", time: time, patient: patient, recommendation,
            model.version))
        answer.recommendations.append(recommendation)
      }
    }
    try predictor.keep(records, from: model, of: trace)
    return answer.response
  }
}
