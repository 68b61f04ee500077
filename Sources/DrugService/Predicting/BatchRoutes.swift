import FastCGI
import Logging
import Models
import POSIX
import Patients
import Records

/// Many patients.
struct BatchRoutes: RouteGroup {
  static let routes = [
    Route<Self>("POST", "/predict/batch", isStreamed: true, lane: .tables, predictBatch)
  ]

  let models: ModelStore
  let predictor: Predictor
  let temporaryFolder: String
  /// The most bytes of a table's answer.
  let answerLimit: Int
  let room: Room

  /// The most patients of a JSON list.
  static let maximumBatchCount = 10_000
  /// The longest JSON list, in bytes.
  static let maximumBatchSize = 4 << 20

  /// POST /predict/batch: many patients, as a JSON list or as CSV.
  func predictBatch(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let type = ContentType(trace.head)
    guard type.isJSON || type.isCSV else { throw .unsupportedMediaType(.jsonOrCSV) }
    let served = try models.require()
    let stream = try request.stream
    var outcome = Outcome(
      type.isJSON
        ? try predictList(stream, served, trace)
        : try predictTable(stream, served, trace, isAbandoned: { request.isAbandoned }))
    // Another may be served by now.
    outcome.version = served.version
    return outcome
  }

  /// All patients of a list, or none when one is wrong.
  private func predictList(
    _ stream: BodyStream, _ served: ServedModel, _ trace: RequestTrace
  ) throws(ServiceError) -> Response {
    let id = trace.id
    let bodies = try Self.patients(
      of: try stream.whole(limit: Self.maximumBatchSize), served.model.schema)
    let time = Moment.now.microseconds
    var answers: [(body: PatientBody, recommendation: DrugModel.Recommendation)] = []
    var records: [PredictionRecord] = []
    try trace.measure("predict") { () throws(ServiceError) in
      for body in bodies {
        let recommendation = try predictor.recommend(served, for: body.patient)
        records.append(
          PredictionRecord(
            id: "\(id)-\(answers.count)", time: time, patient: body.patient, recommendation,
            served.version))
        answers.append((body, recommendation))
      }
    }
    try predictor.keep(records, from: served, of: trace)
    return Response { writer in
      writer.object { writer in
        writer.name("status")
        writer.string("success")
        writer.name("predictions")
        writer.array { writer in
          for (index, answer) in answers.enumerated() {
            writer.object { writer in
              writer.write(answer.recommendation, of: served, for: answer.body.members)
              writer.name("id")
              writer.string("\(id)-\(index)")
            }
          }
        }
        writer.name("model_version")
        writer.string(served.version)
        writer.name("id")
        writer.string(id)
      }
    }
  }

  /// The patients of `{"patients":[…]}`.
  private static func patients(
    of bytes: [UInt8], _ schema: PatientSchema
  ) throws(ServiceError) -> [PatientBody] {
    let json: JSONValue
    do throws(ServiceError) {
      json = try JSONValue(body: bytes, .patients(of: schema))
    } catch .malformed(let fault) where fault.isTooLong("/patients") {
      throw .tooManyPatients(limit: maximumBatchCount)
    }
    func wrong(_ pointer: String, _ code: FieldProblem.Code, _ detail: String) -> ServiceError {
      .invalidPatient([
        FieldProblem(pointer: pointer, code: code, detail: detail, allowed: "patients")
      ])
    }
    guard case .object(let members) = json else {
      throw wrong("", .wrongType, "the body must be an object, {\"patients\":[…]}")
    }
    if let other = members.first(where: { !$0.isNamed("patients") }) {
      throw wrong(
        "/\(other.name.jsonPointerEscaped)", .unknownField, "no member has this name")
    }
    guard let list = members.first else {
      throw wrong("/patients", .missing, "patients is missing")
    }
    guard case .array(let elements) = list.value else {
      throw wrong("/patients", .wrongType, "patients must be a list")
    }
    var patients: [PatientBody] = []
    var problems: [FieldProblem] = []
    for (index, element) in elements.enumerated() {
      do throws(PatientError) {
        patients.append(try PatientBody(element, of: schema))
      } catch {
        // Enough to see what is wrong; a list of one mistake many times needs no more.
        guard problems.count < 100 else { continue }
        problems += error.problems.map {
          FieldProblem(
            pointer: "/patients/\(index)\($0.pointer)", code: $0.code, detail: $0.detail,
            allowed: $0.allowed)
        }
      }
    }
    guard problems.isEmpty else { throw .invalidPatient(problems) }
    return patients
  }

  /// Every row of a table in its place, a wrong one with what is wrong; the answer is spooled, since
  /// it may not begin before the body has come whole.
  private func predictTable(
    _ stream: BodyStream, _ served: ServedModel, _ trace: RequestTrace, isAbandoned: () -> Bool
  ) throws(ServiceError) -> Response {
    var batch: TableBatch
    do {
      batch = TableBatch(
        predictor, served, trace,
        try SpoolFile(in: temporaryFolder), limit: answerLimit
      ) { room.isLeft(in: temporaryFolder, for: $0) }
      try batch.read(stream, isAbandoned: isAbandoned)
    } catch let error as ServiceError {
      throw error
    } catch let error as TableError {
      throw .invalidTable(error)
    } catch {
      predictor.logger.error("batch answer not spooled", metadata: ["reason": "\(error)"])
      throw .cannotSpool
    }
    return Response(
      status: 200,
      headers: [
        ("Content-Type", "text/csv; charset=utf-8"), ("Cache-Control", "no-store"),
        ("X-Model-Version", served.version),
      ], file: batch.output)
  }
}
