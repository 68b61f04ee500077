import Patients

/// What a card says of the model's use: the description's own words, or the usual ones.
extension PatientSchema {
  var purpose: String {
    table.purpose
      ?? "Showing and testing a whole prediction service: it recommends one of \(drugs.count.inWords) drugs "
      + "from \(fields.count.inWords) measurements of a patient."
  }

  var notFor: String { table.notFor ?? Self.usualNotFor }

  var limits: [String] { table.limits ?? Self.usualLimits }

  /// What a model must not be used for, when nobody has said.
  static let usualNotFor =
    "Treating anybody. It has seen no clinical validation; a person who knows medicine and the "
    + "patient decides."

  /// What a model does not know, when nobody has said.
  static let usualLimits = [
    "It knows what was measured of a patient, and no allergy, other illness or other medicine.",
    "Between and beyond the values that it was trained on it goes on as at its last split.",
    "It gives no warning for a combination of values that never occurred.",
    "Scores on the table that it was trained with say nothing about other patients.",
  ]
}
