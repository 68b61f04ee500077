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

  /// For example `line 3, column Sex: Sex must be one of F, M (found "X")`.
  public var description: String {
    let place = column.map { "line \(line), column \($0)" } ?? "line \(line)"
    let value = found.map { " (found \"\($0)\")" } ?? ""
    // Most details end in what is allowed.
    let accepted = allowed.flatMap { detail.hasSuffix($0) ? nil : "; allowed: \($0)" } ?? ""
    return "\(place): \(detail)\(accepted)\(value)"
  }
}

/// Why a CSV file was refused.
public struct TableError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file.
  public internal(set) var path = ""
  /// What is wrong, in words.
  public let message: String
  /// The wrong places, at most `maximumProblemCount` of them.
  public let problems: [RowProblem]
  /// How many wrong places there are.
  public let problemCount: Int
  /// More problems than this are counted, not kept.
  public static let maximumProblemCount = 10_000

  package init(message: String, problems: [RowProblem] = [], problemCount: Int = 0) {
    self.message = message
    self.problems = problems
    self.problemCount = problemCount
  }

  /// The same of another path, as a person named the file.
  package func naming(_ path: String) -> TableError {
    var named = self
    named.path = path
    return named
  }

  /// The message and the first problems, without the path and the values that were found.
  public func summary(limit: Int = 5) -> String {
    let named = problems.prefix(limit).map { problem in
      let place = problem.column.map { "line \(problem.line), column \($0)" }
      return "\(place ?? "line \(problem.line)"): \(problem.detail)"
    }
    let rest = problemCount - named.count
    return ([message] + named + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "; ")
  }

  /// The message and every problem on a line of its own.
  public var description: String {
    var lines = ["\(path): \(message)"] + problems.map { "  \($0)" }
    if problemCount > problems.count { lines.append("  and \(problemCount - problems.count) more") }
    return lines.joined(separator: "\n")
  }
}
