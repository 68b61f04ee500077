import TestSupport
import Testing

@testable import RandomForest

/// The rows of a node, listed by their levels.
@Suite struct CodeListsTests {
  /// Two inputs of levels, and a number by which no two rows are equal.
  private static func table(rowCount: Int) -> TrainingTable<UInt16> {
    var generator = SeededGenerator(seed: 51)
    let levelCounts = [3000, 3]
    var dataset = Dataset(
      features: levelCounts.map { count in
        Feature(name: "\(count)", kind: .categorical(levels: (0..<count).map { "\($0)" }))
      } + [Feature(name: "x", kind: .numeric)],
      classes: ["a", "b"])
    for row in 0..<rowCount {
      let levels = levelCounts.map { Double(generator.below($0)) }
      dataset.append(levels + [Double(row)], label: generator.below(2), weight: 1)
    }
    let coded = CodedDataset(
      dataset, FeatureSchema(fitting: dataset).inputs, binLimit: 65_536, threadCount: 1)
    return TrainingTable(
      coded, labels: dataset.labels, samples: dataset.weights, weights: nil, classCount: 2,
      keepsSources: false)
  }

  @Test func rowsAreListedUnderTheirCodesAndNoOthers() {
    let table = Self.table(rowCount: 4000)
    let lists = CodeLists(table)
    Self.inNodes(of: table, [1, 2, 50, 4000]) { node in
      for input in 0..<2 {
        #expect(!lists.includes(input))
        #expect(lists.include(input, of: node) && lists.includes(input))
      }
      for input in 0..<2 {
        var expected: [Int: [Int]] = [:]
        for (place, row) in node.rows.enumerated() {
          let code = table.codes.row(Int(row))[input * table.codes.inputStride]
          expected[Int(code), default: []].append(place)
        }
        for code in 0..<table.columns.inputs[input].codeCount {
          var places: [Int] = []
          lists.forEach(of: code, ofInput: input) { places.append($0) }
          #expect(places.reversed() == expected[code] ?? [])
          #expect(lists.lacks(code, ofInput: input) == places.isEmpty)
        }
      }
      lists.clear(node)
    }
  }

  @Test func anInputThatDoesNotFitBesideOthersIsLeftToTheNextTurn() {
    let table = Self.table(rowCount: 6000)
    let lists = CodeLists(table)
    Self.inNodes(of: table, [6000]) { node in
      for input in 0..<2 {
        #expect(lists.include(input, of: node))
        #expect(!lists.include(1 - input, of: node) && !lists.includes(1 - input))
        lists.clear(node)
      }
    }
  }

  private static func inNodes(
    of table: TrainingTable<UInt16>, _ sizes: [Int], _ body: (NodeSamples) -> Void
  ) {
    var generator = SeededGenerator(seed: printedSeed())
    let targets = (0..<table.rowCount).map {
      Target(weight: table.weights[$0], label: UInt32(table.labels[$0]))
    }
    let gatherer = NodeGatherer(rowCount: table.rowCount, classCount: table.classCount)
    for size in sizes {
      let rows = (0..<UInt32(table.rowCount)).shuffled(using: &generator).prefix(size).sorted()
      rows.withUnsafeBufferPointer { body(gatherer.gather($0, targets)) }
    }
  }
}
