/// A patient's measurements under the names of the fields, as JSON has them.
public struct PatientValues: Encodable, Sendable {
  /// The patient.
  public let patient: Patient

  /// Takes the values of a patient.
  public init(_ patient: Patient) {
    self.patient = patient
  }

  /// Writes one key a field, under its own name whatever an encoder makes of other keys.
  public func encode(to encoder: any Encoder) throws {
    // A dictionary as a whole, since an encoder renames the keys of a container.
    var container = encoder.singleValueContainer()
    try container.encode(
      Dictionary(
        uniqueKeysWithValues: patient.schema.fields.map { ($0.name, patient.value(of: $0)) }))
  }
}
