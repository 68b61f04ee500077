import Models
import Patients
import Records

/// A kept prediction, asked anew of the version that answered it. It leaves no row among the predictions.
struct PredictionReplay {
  fileprivate let served: ServedModel
  fileprivate let recommendation: DrugModel.Recommendation
  fileprivate let explanation: DrugModel.Explanation
  /// Whether the answer is the one that was kept.
  fileprivate let isSame: Bool

  /// Asks; there is none when the version is not kept any more, or cannot be read.
  ///
  /// - Throws: `ServiceError` when the version is damaged.
  init?(
    of record: PredictionRecord, _ versions: VersionStore, _ predictor: Predictor
  ) throws(ServiceError) {
    guard
      let served = try? versions.model(record.modelVersion),
      let patient = served.model.schema.adopt(record.patient)
    else { return nil }
    self.served = served
    recommendation = try predictor.recommend(served, for: patient)
    explanation = try predictor.explain(served, recommendation, patient)
    isSame =
      recommendation.drug == record.drug && recommendation.probability == record.probability
      && recommendation.predictionSet == record.predictionSet
  }
}

extension JSONWriter {
  /// Writes what came of asking anew.
  mutating func write(_ replay: PredictionReplay) {
    object { writer in
      writer.name("same")
      writer.bool(replay.isSame)
      writer.name("prediction")
      writer.string(replay.recommendation.drug)
      writer.writeGrounds(of: replay.recommendation, by: replay.served)
      writer.write(replay.explanation, of: replay.recommendation)
    }
  }
}
