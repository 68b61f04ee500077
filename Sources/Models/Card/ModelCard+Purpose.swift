extension ModelCard {
  static let purposeText = """
    Showing and testing a whole prediction service: it recommends one of five drugs from five \
    measurements of a patient.
    """

  static let notForText = """
    Treating anybody. It has seen no clinical validation; a person who knows medicine and the \
    patient decides.
    """

  static let limitTexts = [
    "It knows five numbers of a patient, and no allergy, other illness or other medicine.",
    "Between and beyond the values that it was trained on it goes on as at its last split.",
    "It gives no warning for a combination of values that never occurred.",
    "Scores on the table that it was trained with say nothing about other patients.",
  ]
}
