import DrugClassifier
import FastCGI

/// The Open Inference Protocol, version 2, beside the service's own addresses.
extension Service {
  /// What the protocol knows the forest by.
  static let inferenceModelName = "drug-classifier"
  private static let inferenceModel = "/v2/models/\(inferenceModelName)"

  static let inferenceRoutes: [String: [String: Route]] = [
    "/v2": ["GET": { (service, _) in .init(service.inferenceServer()) }],
    "/v2/health/live": ["GET": { (_, _) in .init(Service.flag("live")) }],
    "/v2/health/ready": [
      "GET": { (service, _) throws(ServiceError) in
        try service.checkReadiness(of: service.models.served)
        return .init(Service.flag("ready"))
      }
    ],
    inferenceModel: [
      "GET": { (service, request) throws(ServiceError) in
        .init(service.inferenceMetadata(of: try service.addressed(request)))
      }
    ],
    "\(inferenceModel)/versions/{version}": [
      "GET": { (service, request) throws(ServiceError) in
        .init(service.inferenceMetadata(of: try service.addressed(request)))
      }
    ],
    "\(inferenceModel)/ready": [
      "GET": { (service, request) throws(ServiceError) in
        try service.checkReadiness(of: try service.addressed(request))
        return .init(Service.flag("ready", of: inferenceModelName))
      }
    ],
    "\(inferenceModel)/versions/{version}/ready": [
      "GET": { (service, request) throws(ServiceError) in
        try service.checkReadiness(of: try service.addressed(request))
        return .init(Service.flag("ready", of: inferenceModelName))
      }
    ],
    "\(inferenceModel)/infer": [
      "POST": { (service, request) throws(ServiceError) in try service.infer(request) }
    ],
    "\(inferenceModel)/versions/{version}/infer": [
      "POST": { (service, request) throws(ServiceError) in try service.infer(request) }
    ],
  ]

  /// Whether an address is the protocol's, whose errors have a form of their own.
  static func isInference(_ path: String) -> Bool { path == "/v2" || path.hasPrefix("/v2/") }

  /// The model of an address: the version that it names, or the served one.
  private func addressed(_ request: borrowing Request) throws(ServiceError) -> ServedModel {
    guard request.pathPart(4) == "versions", let version = request.pathPart(5) else {
      return try model()
    }
    if let served = models.served, served.version == version { return served }
    return try versions.model(version)
  }

  private func checkReadiness(of model: ServedModel?) throws(ServiceError) {
    let failed = readinessChecks(of: model).filter { !$0.isRight }
    guard failed.isEmpty else {
      throw .notReady(failed.map { "\($0.name): \($0.detail)" }.joined(separator: "; "))
    }
  }

  private static func flag(_ name: String, of model: String? = nil) -> Response {
    Response { writer in
      writer.object { writer in
        if let model {
          writer.name("name")
          writer.string(model)
        }
        writer.name(name)
        writer.bool(true)
      }
    }
  }

  /// GET /v2: what answers.
  private func inferenceServer() -> Response {
    Response { writer in
      writer.object { writer in
        writer.name("name")
        writer.string(Self.inferenceModelName)
        writer.name("version")
        writer.string(programVersion)
        writer.name("extensions")
        writer.array { $0.string("binary_tensor_data") }
      }
    }
  }

  /// GET /v2/models/drug-classifier: what goes in and what comes out.
  private func inferenceMetadata(of model: ServedModel) -> Response {
    Response { writer in
      writer.object { writer in
        writer.name("name")
        writer.string(Self.inferenceModelName)
        writer.name("versions")
        writer.array { writer in registry.versions.forEach { writer.string($0) } }
        writer.name("platform")
        writer.string("drugclassifier_forest")
        writer.name("inputs")
        writer.array { writer in
          for field in PatientField.allCases {
            writer.tensor(
              field.rawValue, InferenceTensor.datatype(of: field), shape: [-1]
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
  }

  /// POST …/infer: drugs for the patients of the input tensors, all of them or none.
  private func infer(_ request: borrowing Request) throws(ServiceError) -> Outcome {
    let model = try addressed(request)
    let type = ContentType(request)
    let isTyped = request.parameter("CONTENT_TYPE") ?? "" != ""
    guard !isTyped || type.isJSON || type.isBytes else { throw .unsupportedMediaType(.tensors) }
    let coding = request.parameter("HTTP_CONTENT_ENCODING") ?? ""
    guard coding.isEmpty || coding == "identity" else { throw .compressedBody }
    guard case .stream(let stream) = request.body else { throw .brokenBody }
    let jsonLength = try Self.jsonLength(request)
    let body = try Self.whole(stream)
    let inference = try InferenceRequest(
      body, jsonLength: jsonLength, model: (Self.inferenceModelName, model.version))
    let id = request.parameter("REQUEST_ID") ?? Self.newIdentifier()
    var outcome = Outcome(try answer(inference, model, id: id))
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
    else { throw .invalidInference("Inference-Header-Content-Length must be a number of bytes") }
    return length
  }

  private func answer(
    _ inference: InferenceRequest, _ model: ServedModel, id: String
  ) throws(ServiceError) -> Response {
    let (patients, wrong) = inference.patients
    guard wrong.isEmpty else {
      metrics.rejected(wrong.prefix(100).flatMap(\.problems))
      throw .invalidInference(
        "no drug was recommended, since patients are wrong: \(InferenceAnswer.words(wrong))")
    }
    let time = Moment.now.microseconds
    var answer = InferenceAnswer(inference, model, id: id)
    var records: [PredictionRecord] = []
    records.reserveCapacity(patients.count)
    for patient in patients {
      let recommendation = try recommend(model, for: patient)
      records.append(
        PredictionRecord(
          id: "\(id)-\(records.count)", time: time, patient: patient, recommendation,
          model.version))
      answer.recommendations.append(recommendation)
    }
    try keep(records, from: model)
    return answer.response
  }
}
