/// What is wrong with the rows of a table: the first problems one by one, and all of them in groups of
/// one kind.
public struct TableProblems: Sendable, Equatable {
  /// The problems of one column that are told in the same words.
  private struct Group: Equatable {
    /// What was found, and in how many rows.
    struct Value: Equatable {
      let first: RowProblem
      var rowCount = 1
    }

    /// One more than are told one by one, at most.
    var values: [Value]
    var rowCount = 1

    var first: RowProblem { values[0].first }
    var hasManyValues: Bool { values.count > TableProblems.maximumValueCount }
  }

  private struct Kind: Hashable {
    let column: String?
    let detail: String
  }

  /// More problems than this are counted, not listed.
  public static let maximumCount = 10_000
  /// More different values than this of a column are told together.
  private static let maximumValueCount = 5
  /// So many of them are shown then.
  private static let exampleCount = 3
  /// More kinds than this are counted alone.
  private static let maximumKindCount = 200

  /// The first problems, at most `maximumCount` of them.
  public private(set) var list: [RowProblem] = []
  /// How many problems there are.
  public private(set) var count = 0
  /// How many rows have one.
  public private(set) var rowCount = 0
  private var groups: [Group] = []
  private var places: [Kind: Int] = [:]
  /// The problems of kinds beyond those that are kept.
  private var otherCount = 0

  /// None.
  init() {}

  /// Takes what is wrong with a row.
  mutating func add(_ problems: [RowProblem]) {
    rowCount += problems.isEmpty ? 0 : 1
    count += problems.count
    list += problems.prefix(Self.maximumCount - list.count)
    for problem in problems { group(problem) }
  }

  private mutating func group(_ problem: RowProblem) {
    let kind = Kind(column: problem.column, detail: problem.detail)
    guard let place = places[kind] else {
      guard groups.count < Self.maximumKindCount else {
        otherCount += 1
        return
      }
      places[kind] = groups.count
      groups.append(Group(values: [Group.Value(first: problem)]))
      return
    }
    groups[place].rowCount += 1
    guard !groups[place].hasManyValues else { return }
    if let index = groups[place].values.firstIndex(where: { $0.first.found == problem.found }) {
      groups[place].values[index].rowCount += 1
    } else {
      groups[place].values.append(Group.Value(first: problem))
    }
  }

  /// The problems in words, a line each: those of one kind and value together, unless each of them is
  /// asked for.
  public func lines(each: Bool = false) -> [String] {
    guard !each else {
      return list.map(\.description)
        + (count > list.count ? ["and \(count - list.count) more"] : [])
    }
    let found = groups.flatMap { group in
      group.hasManyValues
        ? [(group.first.line, Self.manyValues(group))]
        : group.values.map { ($0.first.line, $0.first.words(rowCount: $0.rowCount)) }
    }
    // In the order of their first lines, and where these are equal in that of the columns.
    let ordered = found.enumerated().sorted { ($0.1.0, $0.0) < ($1.1.0, $1.0) }.map(\.1.1)
    return ordered + (otherCount > 0 ? ["and \(otherCount) more of other kinds"] : [])
  }

  private static func manyValues(_ group: Group) -> String {
    let examples = group.values.prefix(exampleCount).compactMap(\.first.found).map { "\"\($0)\"" }
    return group.first.words(
      rowCount: group.rowCount, found: examples.joined(separator: ", ") + " and others")
  }

  /// The first kinds in words that repeat no value, and how many problems are left.
  func summaries(limit: Int) -> [String] {
    let shown = groups.prefix(limit)
    let rest = count - shown.reduce(0) { $0 + $1.rowCount }
    let words = shown.map { group in
      "\(group.first.place(rowCount: group.rowCount)): \(group.first.detail)"
    }
    return words + (rest > 0 ? ["and \(rest) more"] : [])
  }
}
