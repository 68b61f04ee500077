/// How much of a JSON text is built at most, whatever its length.
struct JSONBudget {
  /// The values of the whole text, the lists and objects among them.
  let values: Int
  /// The elements of each list.
  let elements: Int

  /// Enough for a patient, or for the parameters of anything.
  static let few = JSONBudget(values: 1000, elements: 1000)
  /// For a list of patients, with room for twice as many fields as they have.
  static let patients = JSONBudget(
    values: 12 * BatchRoutes.maximumBatchCount, elements: BatchRoutes.maximumBatchCount)
  /// For what a program of our own has written.
  static let unlimited = JSONBudget(values: .max, elements: .max)
}
