@testable import RandomForest

extension ForestFileForgeryTests {
  // MARK: Roots and nodes

  /// Changes a node of the second tree, by its number in the tree.
  private static func node(
    _ name: String, _ number: Int, offset: UInt32? = nil, column: UInt16? = nil, cut: UInt16? = nil
  ) -> Forgery {
    Forgery(name) {
      let root = Int($0[UInt64.self, at: $0.range(of: .roots).lowerBound + 8])
      let place = $0.range(of: .nodes).lowerBound + 8 * (root + number)
      if let offset { $0[UInt32.self, at: place] = offset }
      if let column { $0[UInt16.self, at: place + 4] = column }
      if let cut { $0[UInt16.self, at: place + 6] = cut }
    }
  }

  /// Changes a root, from the first or, below 0, from the end.
  private static func root(
    _ name: String, _ number: Int, _ value: @escaping @Sendable (UInt64) -> UInt64
  ) -> Forgery {
    Forgery(name) {
      let roots = $0.range(of: .roots)
      let place = (number < 0 ? roots.upperBound : roots.lowerBound) + 8 * number
      $0[UInt64.self, at: place] = value($0[UInt64.self, at: place])
    }
  }

  // Trees of six leaves: node 0 is a split whose children are 1 and 2, node 10 is a leaf.
  static let trees: [Forgery] = [
    root("a first tree behind the first node", 0) { _ in 1 },
    root("an empty tree", 1) { _ in 0 },
    root("a tree that takes a node of the next", 1) { $0 + 1 },
    root("a tree that begins at 2⁶³", 1) { _ in 1 << 63 },
    root("a last tree that ends early", -1) { $0 - 1 },
    root("a last tree that ends beyond the nodes", -1) { $0 + 1 },
    node("a split that leads to itself", 0, offset: 0),
    node("a child beyond the tree", 0, offset: 11),
    node("a right child beyond the tree", 0, offset: 10),
    node("a child 2³² - 1 nodes away", 0, offset: .max),
    node("a node with two parents and one with none", 0, offset: 2),
    node("a column that does not exist", 0, column: 8),
    node("column 65,535", 0, column: .max),
    node("a cut that its column does not have", 0, cut: 0xfffe),
    node("a split that became a leaf", 0, offset: 0, column: 0, cut: ForestFormat.leafMark),
    node("a leaf of a distribution that does not exist", 10, offset: .max),
    node("a leaf with a column", 10, column: 1),
    node("a leaf that became a split", 10, cut: 0),
  ]

  // MARK: Numbers

  private static func number(
    _ name: String, _ section: ForestFormat.Section, _ place: Int = 0,
    _ value: @escaping @Sendable (Double) -> Double
  ) -> Forgery {
    Forgery(name) {
      let offset = $0.range(of: section).lowerBound + 8 * place
      $0[doubleAt: offset] = value($0[doubleAt: offset])
    }
  }

  private static func start(
    _ name: String, _ column: Int, _ value: @escaping @Sendable (UInt32) -> UInt32
  ) -> Forgery {
    Forgery(name) {
      let starts = $0.range(of: .cutStarts)
      let offset = (column < 0 ? starts.upperBound : starts.lowerBound) + 4 * column
      $0[UInt32.self, at: offset] = value($0[UInt32.self, at: offset])
    }
  }

  static let numbers: [Forgery] = [
    number("a cut that is not a number", .cuts) { _ in .nan },
    number("a cut of -0", .cuts) { _ in -0.0 },
    number("a cut above the next", .cuts) { _ in 1e300 },
    number("a cut equal to the one before", .cuts, 1) { _ in -.infinity },
    start("a first column that begins late", 0) { _ in 1 },
    start("columns that do not ascend", 1) { $0 + 1000 },
    start("fewer cuts than the section has", -1) { $0 - 1 },
    start("more cuts than the section has", -1) { $0 + 1 },
    start("2³² - 1 cuts", -1) { _ in .max },
    number("a share that is not a number", .distributions) { _ in .nan },
    number("a share below 0", .distributions) { _ in -0.5 },
    number("an infinite share", .distributions) { _ in .infinity },
    number("shares that do not add up to 1", .distributions) { ($0 + 0.5) / 2 },
    number("a cover that is not a number", .covers) { _ in .nan },
    number("a cover of 0", .covers, 1) { _ in 0 },
    number("a cover below 0", .covers) { -$0 },
    number("an infinite cover", .covers) { _ in .infinity },
    number("a cover that its children do not make up", .covers) { $0 + 1 },
  ]

  // MARK: Texts

  /// Changes what stands behind a name of the schema.
  private static func behind(
    _ text: String, _ name: String,
    _ alter: @escaping @Sendable (inout ForgedForest, _ offset: Int) -> Void
  ) -> Forgery {
    Forgery(name) {
      alter(&$0, $0.offset(ofName: text, in: .schema) + 2 + text.utf8.count)
    }
  }

  /// Gives something of the schema the name of something else, which has as many letters.
  private static func named(_ name: String, _ old: String, _ new: String) -> Forgery {
    Forgery(name) {
      let place = $0.offset(ofName: old, in: .schema) + 2
      for (offset, letter) in new.utf8.enumerated() { $0[place + offset] = letter }
    }
  }

  static let texts: [Forgery] = [
    named("two inputs of one name", "y", "x"),
    named("two bins of one name", "plus", "high"),
    Forgery("a class name that is not UTF-8") { $0[$0.range(of: .schema).lowerBound + 2] = 0xff },
    Forgery("a class name longer than the section") {
      $0[UInt16.self, at: $0.range(of: .schema).lowerBound] = .max
    },
    Forgery("a class name that ends early") {
      $0[UInt16.self, at: $0.range(of: .schema).lowerBound] -= 1
    },
    behind("x", "an encoding that nobody knows") { $0[$1] = 4 },
    behind("x", "a range that does not ascend") { $0[doubleAt: $1 + 9] = -1 },
    behind("x", "one column that is said to be two") { $0[$1] = 3 },
    behind("x", "half a range") { $0[doubleAt: $1 + 9] = .nan },
    behind("y", "2³² - 1 edges") { $0[UInt32.self, at: $1 + 17] = .max },
    behind("y", "an edge less") { $0[UInt32.self, at: $1 + 17] -= 1 },
    behind("y", "edges that do not ascend") { $0[doubleAt: $1 + 21] = 0 },
    behind("y", "an edge that is not a number") { $0[doubleAt: $1 + 37] = .nan },
    behind("c", "2³² - 1 levels") { $0[UInt32.self, at: $1 + 1] = .max },
    behind("c", "a level less") { $0[UInt32.self, at: $1 + 1] -= 1 },
    behind("c", "no level") { $0[UInt32.self, at: $1 + 1] = 0 },
    Forgery("2³² - 1 parameters") {
      $0[UInt32.self, at: $0.range(of: .parameters).lowerBound] = .max
    },
    Forgery("a parameter less") { $0[UInt32.self, at: $0.range(of: .parameters).lowerBound] -= 1 },
    Forgery("a parameter's name that is not UTF-8") {
      $0[$0.range(of: .parameters).lowerBound + 6] = 0xc0
    },
  ]
}
