import Models
import Patients

extension JSONWriter {
  /// Writes the members of an answered prediction.
  mutating func write(
    _ recommendation: DrugModel.Recommendation, of served: ServedModel,
    for members: [JSONValue.Member]
  ) {
    name("prediction")
    string(recommendation.drug)
    name("patient_data")
    value(.object(members))
    name("status")
    string("success")
    writeGrounds(of: recommendation, by: served)
  }

  /// Writes the members that say what speaks for a prediction and how far it may be relied on.
  mutating func writeGrounds(of recommendation: DrugModel.Recommendation, by served: ServedModel) {
    let drugs = served.model.drugs
    name("probabilities")
    object { writer in
      for (drug, probability) in zip(drugs, recommendation.probabilities) {
        writer.name(drug)
        writer.number(probability)
      }
    }
    name("votes")
    object { writer in
      for (drug, votes) in zip(drugs, recommendation.votes) {
        writer.name(drug)
        writer.number(votes)
      }
    }
    name("prediction_set")
    array { writer in recommendation.predictionSet.forEach { writer.string($0) } }
    name("needs_review")
    bool(recommendation.needsReview)
    name("warnings")
    array { writer in
      for warning in recommendation.warnings {
        writer.write(
          pointer: warning.pointer, code: warning.code.rawValue, detail: warning.detail,
          allowed: warning.allowed)
      }
    }
  }

  /// Writes why a drug was recommended.
  mutating func write(
    _ explanation: DrugModel.Explanation, of recommendation: DrugModel.Recommendation
  ) {
    name("explanation")
    object { writer in
      writer.name("drug")
      writer.string(recommendation.drug)
      writer.name("base_value")
      writer.number(explanation.baseValue)
      writer.name("contributions")
      if explanation.baseValue == nil {
        writer.null()
      } else {
        writer.object { writer in
          for (field, value) in explanation.contributions {
            writer.name(field.name)
            writer.number(value)
          }
        }
      }
      if !explanation.omissions.isEmpty {
        writer.name("omitted")
        writer.array { writer in explanation.omissions.forEach { writer.string($0.rawValue) } }
      }
      writer.name("nearest_flip")
      guard let flip = explanation.nearestFlip else {
        writer.null()
        return
      }
      writer.object { writer in
        writer.name("field")
        writer.string(flip.field.name)
        writer.name("from")
        writer.value(flip.from)
        writer.name("to")
        writer.value(flip.to)
        writer.name("prediction")
        writer.string(flip.drug)
        writer.name("detail")
        writer.string(flip.words)
      }
    }
  }
}

extension DrugModel.Flip {
  /// For example `Na_to_K 14.8: from about 15.02 it would be DrugY`.
  fileprivate var words: String {
    switch (from, to) {
    case (.number(let old), .number(let new)) where field.levels.isEmpty:
      let way = new > old ? "from about" : "down to about"
      return "\(field.name) \(old.plain): \(way) \(new.plain) it would be \(drug)"
    default: return "\(field.name) \(from.text): with \(to.text) it would be \(drug)"
    }
  }
}
