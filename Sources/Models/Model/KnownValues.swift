import Patients
import RandomForest

/// Which values of a field a model was trained on, where they can be counted: of a category, and
/// whether any was missing.
struct KnownValues {
  /// Whether a patient had each category, in the order of their levels; empty for a number, and where
  /// the card groups them.
  let categories: [Bool]
  /// Whether a patient had no value.
  let haveMissing: Bool

  /// - Returns: nil where the card does not tell how the field was distributed.
  init?(of field: PatientField, _ card: ModelCard) {
    guard let found = card.reference?.first(where: { $0.feature == field.name })?.distribution,
      let rows = card.data?.trainingSamples
    else { return nil }
    haveMissing = found.counts.reduce(0, +) < rows
    let levels = Set(found.values)
    categories =
      found.isGrouped ? [] : field.levels.indices.map { levels.contains(Double($0)) }
  }
}

extension DrugModel.Input {
  /// What is to be said of a value that is allowed, but unlike all that the model was trained on; nil for
  /// nothing.
  func warning(of value: Double) -> FieldProblem? {
    if value.isNaN {
      guard let known, !known.haveMissing else { return nil }
      return warning("is missing, as it was for nobody the model was trained on", "a value")
    }
    if let trainingRange {
      guard !trainingRange.contains(value) else { return nil }
      return warning(
        "lies outside of what the model was trained on",
        "\(trainingRange.lowerBound.plain) to \(trainingRange.upperBound.plain)")
    }
    guard let known, !known.categories.isEmpty, !known.categories[Int(value)] else { return nil }
    return warning(
      "is none of those that the model was trained on",
      PatientField.shown(zip(field.levels, known.categories).filter(\.1).map(\.0)))
  }

  private func warning(_ words: String, _ allowed: String) -> FieldProblem {
    FieldProblem(
      pointer: field.pointer, code: .outsideTraining, detail: "\(field.name) \(words)",
      allowed: allowed)
  }
}
