import FoundationEssentials
import POSIX
import Patients
import RandomForest

extension ModelCard {
  /// Gives a card that is otherwise finished its version and its time.
  mutating func name(_ forest: Forest) {
    let hash = SHA256()
    forest.withBytes { hash.update($0) }
    do {
      try RegistryJSON.encode(self).withUnsafeBytes { hash.update($0) }
    } catch {
      preconditionFailure("a card without infinite numbers has JSON: \(error)")
    }
    modelVersion = String(hash.finish().prefix(12))
    trainedAt = Moment.now.wholeSeconds
  }
}

extension Forest {
  /// The SHA-256 digest of the forest file.
  var sha256: String { withBytes(SHA256.digest) }

  /// What the forest says of the documented patient: the probability of each drug.
  ///
  /// - Precondition: the forest was just made, of the inputs of `PatientField.features`.
  var selfTest: [String: Double] {
    do {
      let found = try predict(PatientField.inputs.map { DocumentedPatient.first[$0] })
      return Dictionary(uniqueKeysWithValues: zip(schema.classes, found.probabilities))
    } catch {
      preconditionFailure("the forest just made cannot be read: \(error)")
    }
  }
}
