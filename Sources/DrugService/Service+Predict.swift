import DrugClassifier
import FastCGI
import Logging
import RandomForest

extension Service {
  /// POST /predict: one patient.
  func predict(_ request: borrowing Request) throws(ServiceError) -> Outcome {
    let explains = try Self.explains(request.parameter("QUERY_STRING") ?? "")
    let body = try PatientBody(request)
    let served = try model()
    let id = request.parameter("REQUEST_ID") ?? Self.newIdentifier()
    let recommendation = try recommend(served, for: body.patient)
    let explanation = explains ? try explain(served, recommendation, body.patient) : nil
    let record = PredictionRecord(
      id: id, time: Moment.now.microseconds, patient: body.patient, recommendation, served.version)
    let response = Response { writer in
      writer.object { writer in
        writer.write(recommendation, of: served, for: body.members)
        if let explanation { writer.write(explanation, of: recommendation) }
        writer.name("model_version")
        writer.string(served.version)
        writer.name("id")
        writer.string(id)
      }
    }
    return Outcome(response: response, record: record, model: served.number)
  }

  /// Whether the query asks for an explanation.
  private static func explains(_ query: String) throws(ServiceError) -> Bool {
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

  func recommend(
    _ served: ServedModel, for patient: Patient
  ) throws(ServiceError) -> DrugModel.Recommendation {
    do throws(ForestFileError) {
      return try served.model.recommend(for: patient)
    } catch {
      throw damaged(error)
    }
  }

  private func explain(
    _ served: ServedModel, _ recommendation: DrugModel.Recommendation, _ patient: Patient
  ) throws(ServiceError) -> DrugModel.Explanation {
    do throws(ForestFileError) {
      return try served.model.explain(recommendation, for: patient)
    } catch {
      throw damaged(error)
    }
  }

  private func damaged(_ error: ForestFileError) -> ServiceError {
    logger.critical("damaged model", metadata: ["reason": "\(error)"])
    return .damagedModel
  }

  /// Keeps records before their predictions are answered.
  ///
  /// - Parameter served: the model that they come from.
  func keep(_ records: [PredictionRecord], from served: ServedModel) throws(ServiceError) {
    if let log {
      do throws(PredictionLogError) {
        try log.append(records)
      } catch {
        guard settings.answersWithoutLog else { throw .logNotWritable(error.code) }
      }
    }
    for record in records { metrics.predicted(record, by: served.number) }
  }

  /// An identifier for a request that the web server gave none.
  static func newIdentifier() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(UInt32.random(in: 0 ... .max, using: &generator), radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }
}

extension PredictionRecord {
  /// What is kept of an answer.
  init(
    id: String, time: Int64, patient: Patient, _ recommendation: DrugModel.Recommendation,
    _ modelVersion: String
  ) {
    self.init(
      id: id, time: time, patient: patient, drug: recommendation.drug,
      probability: recommendation.probabilities.max() ?? 0,
      predictionSet: recommendation.predictionSet, modelVersion: modelVersion)
  }
}
