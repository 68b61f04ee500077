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

    struct Dependence: Decodable {
      let input: Int
      let points: Int
      let weighted: Bool
      let grid: [Double]
      /// Row-major, shape (grid, classes); of two classes the second alone.
      let means: [Double]
      /// Of the first rows, shape (rows, grid, classes).
      let individuals: [Double]
    }

    struct Texts: Decodable {
      let text: String
      let with_weights: String
      let of_depth_1: String
      /// The label and the colour of each node.
      let nodes: [[String]]
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
    let dependences: [Dependence]
    /// Of the first trees.
    let texts: [Texts]

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

  @Test(arguments: cases, [1, 3])
  func dependencesAreScikitLearns(golden: Case, threadCount: Int) throws {
    let forest = try golden.forest()
    /// Leaves out the first of two classes.
    func stated(_ probabilities: [Double]) -> [Double] {
      golden.class_count > 2
        ? probabilities : stride(from: 1, to: probabilities.count, by: 2).map { probabilities[$0] }
    }
    for theirs in golden.dependences {
      let table = Golden.table(golden.table).dataset(weighted: theirs.weighted)
      let grid = table.grid(ofColumn: theirs.input, count: theirs.points)
      #expect(agree(grid, theirs.grid, within: 0))
      let ours = try forest.partialDependence(
        ofInput: theirs.input, on: table, at: grid, keepsIndividuals: !theirs.weighted,
        threadCount: threadCount)
      #expect(ours.grid == grid)
      #expect(agree(stated(ours.means), theirs.means))
      #expect(
        theirs.weighted
          ? ours.individuals.isEmpty
          : agree(
            Array(stated(ours.individuals).prefix(theirs.individuals.count)), theirs.individuals))
    }
  }

  @Test(arguments: cases)
  func textsAndDrawingsAreScikitLearns(golden: Case) throws {
    let forest = try golden.forest()
    let schema = forest.schema
    for (number, theirs) in golden.texts.enumerated() {
      let tree = try forest.tree(number)
      #expect(tree.text(naming: schema) == theirs.text)
      #expect(tree.text(naming: schema, maximumDepth: 1) == theirs.of_depth_1)
      #expect(
        tree.text(naming: schema, decimals: 3, showsWeights: true) == theirs.with_weights)
      let lines = tree.graphviz(naming: schema).split(separator: "\n")
      for (place, node) in theirs.nodes.enumerated() {
        #expect(
          lines.contains(#"\#(place) [label="\#(node[0])", fillcolor="\#(node[1])"] ;"#), "\(node)")
      }
    }
  }
}
