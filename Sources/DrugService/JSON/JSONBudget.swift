import FastCGI

/// How much of a JSON text is built at most, whatever its length.
struct JSONBudget {
  /// The values of the whole text, the lists and objects among them.
  let values: Int
  /// The elements of each list.
  let elements: Int

  /// As many as a body that is read into memory can have: no more than a megabyte.
  static let few = JSONBudget(values: Request.maximumBodySize, elements: Request.maximumBodySize)
  /// For a list of patients, with room for twice as many fields as they have.
  static let patients = JSONBudget(
    values: 12 * BatchRoutes.maximumBatchCount, elements: BatchRoutes.maximumBatchCount)
  /// For what a program of our own has written.
  static let unlimited = JSONBudget(values: .max, elements: .max)
}
