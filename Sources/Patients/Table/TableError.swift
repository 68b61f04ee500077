/// What is wrong in one place of a CSV file.
public struct RowProblem: Sendable, Equatable, CustomStringConvertible {
  /// The line of the file, from 1.
  public let line: Int
  /// The column's name; nil when the row as a whole is wrong.
  public let column: String?
  /// What is wrong, in words.
  public let detail: String
  /// What is accepted; nil when the detail says it.
  public let allowed: String?
  /// The text that was found, nil when there was none.
  public let found: String?
  /// The names of which one may have been meant.
  var names: [String] = []

  /// The name that was probably meant.
  public var suggestion: String? { found.flatMap { closest(to: $0, among: names) } }

  /// For example `line 3, column Sex: Sex must be one of F, M (found "f"; did you mean F?)`.
  public var description: String { words(rowCount: 1) }

  /// What is wrong in so many rows, of which this is the first; of several rows with one value that was
  /// probably meant otherwise, that alone: `91 rows, first line 2: Drug is drugY; did you mean DrugY?`.
  func words(rowCount: Int) -> String {
    guard let found else { return words(rowCount: rowCount, found: nil) }
    guard let suggestion else { return words(rowCount: rowCount, found: "\"\(found)\"") }
    let question = "did you mean \(suggestion.printable)?"
    guard rowCount > 1, let column else {
      return words(rowCount: rowCount, found: "\"\(found)\"; \(question)")
    }
    return "\(place(rowCount: rowCount)): \(column) is \(found); \(question)"
  }

  /// What is wrong in so many rows, in which this was found.
  func words(rowCount: Int, found: String?) -> String {
    // Most details end in what is allowed.
    let accepted = allowed.flatMap { detail.hasSuffix($0) ? nil : "; allowed: \($0)" } ?? ""
    return "\(place(rowCount: rowCount)): \(detail)\(accepted)"
      + (found.map { " (found \($0))" } ?? "")
  }

  /// Where it is; the details of several rows name the column.
  func place(rowCount: Int) -> String {
    if rowCount > 1 { return "\(rowCount) rows, first line \(line)" }
    return column.map { "line \(line), column \($0)" } ?? "line \(line)"
  }
}

/// Why a CSV file was refused.
public struct TableError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file.
  public internal(set) var path = ""
  /// What is wrong, in words.
  public let message: String
  /// What is wrong with its rows.
  public let found: TableProblems
  /// Whether the description tells every problem, and not those of one kind in a line.
  public var tellsEachProblem = false

  /// The wrong places, at most `TableProblems.maximumCount` of them.
  public var problems: [RowProblem] { found.list }
  /// How many wrong places there are.
  public var problemCount: Int { found.count }

  package init(message: String, found: TableProblems? = nil) {
    self.message = message
    self.found = found ?? TableProblems()
  }

  /// The same of another path, as a person named the file.
  package func naming(_ path: String) -> TableError {
    var named = self
    named.path = path
    return named
  }

  /// The message and the first kinds of problems, without the path and the values that were found.
  public func summary(limit: Int = 5) -> String {
    ([message] + found.summaries(limit: limit)).joined(separator: "; ")
  }

  /// The message and the problems, those of one kind on one line.
  public var description: String {
    (["\(path): \(message)"] + found.lines(each: tellsEachProblem).map { "  \($0)" })
      .joined(separator: "\n")
  }
}
