/// How much of a JSON text is built at most, whatever its length.
package struct JSONBudget: Sendable {
  /// The values of the whole text, the lists and objects among them.
  package let values: Int
  /// The elements of each list.
  package let elements: Int
  /// The members of each object: each new name is compared with all before it.
  package let members: Int

  /// States the most.
  package init(values: Int, elements: Int, members: Int = 64) {
    self.members = members
    self.values = values
    self.elements = elements
  }

  /// As many as a text of 64 kB can have.
  package static let few = JSONBudget(values: 1 << 16, elements: 1 << 16)
  /// For what a program of our own has written.
  package static let unlimited = JSONBudget(values: .max, elements: .max)
}
