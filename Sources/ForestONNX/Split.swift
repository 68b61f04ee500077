/// A test that a node of a folded tree can make.
enum Split: Hashable, Comparable {
  case cut(input: Int, Double)
  case level(input: Int, Int)
  /// Whether a number is missing.
  case missing(input: Int)

  /// The column and the threshold of a node of a tree that makes it.
  ///
  /// - Parameter starts: for each input its first column.
  func test(_ starts: [Int]) -> (column: Int, threshold: Double) {
    switch self {
    case .cut(let input, let cut): (starts[input], cut)
    case .level(let input, let level): (starts[input] + level, 0.5)
    case .missing(let input): (starts[input], .infinity)
    }
  }

  func isOfSameInput(as other: Split) -> Bool {
    switch (self, other) {
    case (.cut(let one, _), .cut(let other, _)): one == other
    case (.level(let one, _), .level(let other, _)): one == other
    case (.missing(let one), .missing(let other)): one == other
    default: false
    }
  }
}

extension Question {
  /// The splits that answer it together.
  var splits: [Split] {
    switch self {
    case .always: []
    case .atMost(let input, let cut, _): [.cut(input: input, cut)]
    case .within(let input, let above, let upTo, _):
      [.cut(input: input, above), .cut(input: input, upTo)]
    case .levels(let input, let answers):
      answers.indices.filter { answers[$0] }.map { .level(input: input, $0) }
    case .unlessMissing(let input, let missing, .levels(_, let answers)):
      answers.indices.filter { answers[$0] != missing }.map { .level(input: input, $0) }
    case .unlessMissing(let input, _, let otherwise):
      [.missing(input: input)] + otherwise.splits
    }
  }
}
