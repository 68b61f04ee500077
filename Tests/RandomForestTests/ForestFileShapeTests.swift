import Testing

@testable import RandomForest

/// Files of shapes that no training makes.
struct ForestFileShapeTests {
  @Test func aFilePutTogetherByHandIsSound() throws {
    let bytes = ForestFileParts().file.bytes
    #expect(try receive(bytes) == .sound)
    let forest = try Forest(copying: bytes)
    #expect(try forest.predict([0.5]).probabilities == [1, 0])
    #expect(try forest.predict([Double(0.5).nextUp]).probabilities == [0, 1])
    #expect(try forest.explain([0]).baseValues == [2.0 / 3, 1.0 / 3])
  }

  @Test func aSectionThatNobodyKnowsIsPassedOverButChecked() throws {
    var parts = ForestFileParts()
    parts.others = [(kind: 99, isRequired: false, bytes: [1, 2, 3])]
    var file = parts.file
    #expect(try receive(file.bytes) == .sound)
    file[file.range(of: .covers).upperBound.nextMultiple(of: 64)] = 9
    #expect(try receive(file.bytes).error?.code == .checksum)
  }

  @Test func aFileWithoutCoversPredictsAndSaysThatItCannotExplain() throws {
    var parts = ForestFileParts()
    parts.covers = []
    #expect(try receive(parts.file.bytes) == .sound)
    let forest = try Forest(copying: parts.file.bytes)
    #expect(try forest.predict([1]).label == 1)
    #expect { try forest.explain([1]) } throws: {
      ($0 as? ForestFileError)?.code == .unsupported
    }
  }

  /// Each node is a child of the two before it, so that the ways through the tree double with
  /// every few nodes and no walk over all of them would end.
  @Test(.timeLimit(.minutes(1)))
  func nodesThatShareChildrenAreRefusedBeforeTheyAreFollowed() throws {
    var parts = ForestFileParts()
    parts.nodes = (0..<300).map { _ in FlatNode(offset: 1, column: 0, cut: 0) }
    parts.nodes += (0..<2).map { _ in
      FlatNode(offset: 0, column: 0, cut: ForestFormat.leafMark)
    }
    parts.covers = Array(repeating: 1, count: parts.nodes.count)
    #expect(try receive(parts.file.bytes).error?.code == .invalid)
    let forest = try Forest(copying: parts.file.bytes)
    #expect(throws: ForestFileError.self) { try forest.explain([0]) }
    #expect(throws: ForestFileError.self) { try forest.tree(0) }
  }

  /// A tree in which each left child is a leaf and each right child the next test.
  private static func chain(depth: Int) -> ForestFileParts {
    var parts = ForestFileParts()
    parts.nodes = []
    parts.covers = []
    for level in 0..<depth {
      parts.nodes.append(FlatNode(offset: 1, column: 0, cut: 0))
      parts.covers.append(Double(depth + 1 - level))
      parts.nodes.append(FlatNode(offset: 0, column: 0, cut: ForestFormat.leafMark))
      parts.covers.append(1)
    }
    parts.nodes.append(FlatNode(offset: 1, column: 0, cut: ForestFormat.leafMark))
    parts.covers.append(1)
    return parts
  }

  @Test(.timeLimit(.minutes(1)), arguments: [512, 513, 1_000_000])
  func aDeepTreePredictsAndIsExplainedOnlyAsFarAsMemoryReaches(depth: Int) throws {
    let forest = try Forest(copying: Self.chain(depth: depth).file.bytes)
    #expect(try forest.predict([1]).label == 1)
    try forest.verify()
    #expect(try forest.predict([1]).label == 1)
    #expect(Result(catching: { try forest.explain([1]) }).isSuccess == (depth <= 512))
    #expect(try forest.tree(0).nodes.count == 2 * depth + 1)
  }

  /// 65,536 cells of 65,536 classes: a table of them would take 50 GB.
  @Test func manyCellsOfManyClassesAreNotKept() throws {
    var parts = ForestFileParts()
    parts.classes = (0..<65_536).map(String.init)
    parts.cuts = (0..<65_535).map(Double.init)
    parts.distributions = Array(repeating: 1.0 / 65_536, count: 2 * 65_536)
    let forest = try Forest(copying: parts.file.bytes)
    #expect(forest.cells == nil)
    #expect(try receive(parts.file.bytes) == .sound)
  }

  @Test func manyContributionsAreRefusedBeforeTheyTakeMemory() throws {
    var parts = ForestFileParts()
    parts.classes = (0..<65_536).map(String.init)
    parts.levels = (0..<2048).map(String.init)
    parts.distributions = Array(repeating: 1.0 / 65_536, count: 2 * 65_536)
    let forest = try Forest(copying: parts.file.bytes)
    try forest.verify()
    #expect { try forest.explain([1]) } throws: {
      ($0 as? ForestFileError)?.code == .unsupported
    }
  }

  @Test func theGreatestCountsAreAllowedAndNotOneMore() throws {
    var parts = ForestFileParts()
    parts.cuts = (0..<65_536).map(Double.init)
    #expect(try receive(parts.file.bytes).error?.code == .invalid)
    parts.cuts.removeLast()
    parts.nodes[0].cut = 65_534
    #expect(try receive(parts.file.bytes) == .sound)
    let forest = try Forest(copying: parts.file.bytes)
    #expect(try forest.predict([65_534]).label == 0)
    #expect(try forest.predict([65_534.5]).label == 1)
    #expect(try forest.predict([.nan]).label == 1)
    #expect(try forest.predict([.infinity]).label == 1)

    parts.classes = Array(repeating: "", count: 65_537)
    parts.distributions = Array(repeating: 0, count: 2 * 65_537)
    #expect(try receive(parts.file.bytes).error?.byteOffset == 36)
  }
}

extension Result {
  fileprivate var isSuccess: Bool { (try? get()) != nil }
}

extension Int {
  fileprivate func nextMultiple(of step: Int) -> Int { (self + step - 1) / step * step }

  @Test func twoOfOneNameAreRefused() throws {
    var parts = ForestFileParts()
    parts.classes = ["a", "a"]
    #expect(try receive(parts.file.bytes).error?.code == .invalid)
    parts = ForestFileParts()
    parts.levels = ["a", "b", "a"]
    #expect(try receive(parts.file.bytes).error?.code == .invalid)
    parts.levels = ["a", "b", "c"]
    #expect(try receive(parts.file.bytes).error == nil)
  }
}
