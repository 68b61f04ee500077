/// What is wrong with the description of a table.
public struct DescriptionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file; empty when it was none.
  public internal(set) var path = ""
  /// The place as a JSON pointer (RFC 6901), empty for the whole text.
  public let pointer: String
  /// What is wrong there, in words.
  public let detail: String

  package init(_ pointer: String, _ detail: String) {
    self.pointer = pointer
    self.detail = detail.visible
  }

  /// The same of a file, unless its name is known.
  package func naming(_ path: String) -> DescriptionError {
    var named = self
    if named.path.isEmpty { named.path = path }
    return named
  }

  /// For example `data/datapackage.json: /resources/0/schema/fields/2/type: a date is no measurement`.
  public var description: String {
    [path, pointer.visible, detail].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}
