import Logging
import Models
import Patients
import RandomForest
import Records
import Tracing

/// Asks models, and keeps what they say before it is told.
struct Predictor: Sendable {
  let log: PredictionLog?
  /// Whether predictions are answered while the log cannot be written.
  let answersWithoutLog: Bool
  let metrics: ServiceMetrics
  let logger: Logger

  func recommend(
    _ served: ServedModel, for patient: Patient
  ) throws(ServiceError) -> DrugModel.Recommendation {
    do throws(ForestFileError) {
      return try served.model.recommend(for: patient)
    } catch {
      throw damaged(error)
    }
  }

  func explain(
    _ served: ServedModel, _ recommendation: DrugModel.Recommendation, _ patient: Patient
  ) throws(ServiceError) -> DrugModel.Explanation {
    do throws(ForestFileError) {
      return try served.model.explain(recommendation, for: patient)
    } catch {
      throw damaged(error)
    }
  }

  /// Says that a model is damaged.
  func damaged(_ error: ForestFileError) -> ServiceError {
    logger.critical("damaged model", metadata: ["reason": "\(error)"])
    return .damagedModel
  }

  /// Keeps records before their predictions are answered.
  ///
  /// - Parameters:
  ///   - served: the model that they come from.
  ///   - trace: the request, which tells who asked and its trace where that need be said.
  func keep(
    _ records: [PredictionRecord], from served: ServedModel, of trace: RequestTrace
  ) throws(ServiceError) {
    if let log {
      var records = records
      if trace.requester != nil || trace.span != nil {
        for index in records.indices {
          records[index].requestedBy = trace.requester
          records[index].trace = trace.span?.trace
        }
      }
      try trace.measure("commit") { () throws(ServiceError) in
        do throws(PredictionLogError) {
          try log.append(records)
        } catch {
          guard answersWithoutLog else { throw .logNotWritable(error.code) }
        }
      }
    }
    for record in records { metrics.predicted(record, by: served.number) }
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
      probability: recommendation.probability, predictionSet: recommendation.predictionSet,
      needsReview: recommendation.needsReview, modelVersion: modelVersion)
  }
}
