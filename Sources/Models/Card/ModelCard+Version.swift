import FoundationEssentials
import POSIX
import Patients
import RandomForest

extension ModelCard {
  /// Gives a card that is otherwise finished its version and its time.
  ///
  /// - Parameters:
  ///   - schema: what the forest knows of patients.
  ///   - evaluation: on the held-out rows; nil for a model that was not trained here.
  mutating func name(_ forest: Forest, _ schema: PatientSchema, _ evaluation: EvaluationReport?) {
    do {
      let digest = try digest(forest, schema, evaluation)
      modelVersion = VersionName.short(digest)
    } catch {
      preconditionFailure("a card without infinite numbers has JSON: \(error)")
    }
    trainedAt = Moment.now.wholeSeconds
  }

  /// The whole digest of the version that this card, a forest, a schema and an evaluation make.
  func digest(
    _ forest: Forest, _ schema: PatientSchema, _ evaluation: EvaluationReport?
  ) throws -> String {
    let card = Array(try RegistryJSON.encode(self))
    var manifest = Manifest([
      "forest.rf": forestSha256 ?? forest.sha256, "card.json": SHA256.digest(of: card),
      "schema.json": schema.digest,
    ])
    if let evaluation {
      let bytes = Array(try RegistryJSON.encode(evaluation))
      manifest.digests["evaluation.json"] = SHA256.digest(of: bytes)
    }
    return VersionName.digest(manifest, card: card)
  }
}

extension Forest {
  /// The SHA-256 digest of the forest file.
  var sha256: String { withBytes(SHA256.digest) }

  /// What the forest says of a patient: the probability of each drug.
  ///
  /// - Precondition: the forest was just made, of the inputs of the patient's schema.
  func answer(to patient: Patient) -> [String: Double] {
    do {
      let found = try predict(patient.sample)
      return Dictionary(uniqueKeysWithValues: zip(schema.classes, found.probabilities))
    } catch {
      preconditionFailure("the forest just made cannot be read: \(error)")
    }
  }
}
