import RandomForest
import Testing

/// What is found by looking into forests of scikit-learn's, against what it finds itself.
struct GoldenInspectionTests {
  struct Case: Decodable, CustomTestStringConvertible {
    struct Tree: Decodable {
      let columns: [Int]
      let thresholds: [Double]
      let lefts: [Int]
      /// Row-major, shape (nodes, classes).
      let shares: [Double]
      let covers: [Double]

      func tree(classCount: Int) -> DecisionTree {
        DecisionTree(
          nodes: columns.indices.map { place in
            lefts[place] > 0
              ? .split(column: columns[place], threshold: thresholds[place], left: lefts[place])
              : .leaf(
                distribution: Array(shares[place * classCount..<(place + 1) * classCount]))
          }, covers: covers)
      }
    }

    let name: String
    let table: String
    let class_count: Int
    let trees: [Tree]
    /// Of the table's samples, row-major, shape (samples, trees).
    let leaves: [UInt32]
    /// Of the table's samples to as many of them, row-major.
    let rows: Int
    let proximities: [Double]

    var testDescription: String { name }

    func forest() throws -> Forest {
      try Forest(
        schema: FeatureSchema(
          inputs: Golden.table(table).schema().inputs,
          classes: (0..<class_count).map { "class \($0)" }),
        trees: trees.map { $0.tree(classCount: class_count) })
    }
  }

  private struct Values: Decodable {
    let forests: [Case]
  }

  static let cases = Golden.read("inspection", as: Values.self).forests

  @Test(arguments: cases, [1, 3])
  func leavesAreScikitLearns(golden: Case, threadCount: Int) throws {
    let samples = Golden.table(golden.table).samples
    let forest = try golden.forest()
    #expect(try forest.leaves(of: samples, threadCount: threadCount) == golden.leaves)
    let width = forest.schema.inputs.count
    let others = Array(samples.prefix(golden.rows * width))
    #expect(
      agree(
        try forest.proximities(of: samples, to: others, threadCount: threadCount),
        golden.proximities))
  }
}
