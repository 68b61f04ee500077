import RandomForest
import Testing

/// Forests of tables with holes against scikit-learn's, on the same divisions of the rows.
struct GoldenMissingTests {
  struct Table: Decodable, CustomTestStringConvertible {
    let name: String
    /// The levels of each feature, none for a number.
    let levels: [[String]]
    /// Row-major, shape (rows, features), nil where a value is missing.
    let values: [Double?]
    let labels: [Int]
    let trees: Int
    /// For each seed the rows to be predicted.
    let tests: [[Int]]
    /// The share of them that scikit-learn's forest of the seed gets right.
    let forest: [Double]
    let extra_trees: [Double]

    var testDescription: String { name }

    var dataset: Dataset {
      Dataset(
        features: levels.enumerated().map { index, levels in
          Feature(
            name: "x\(index)", kind: levels.isEmpty ? .numeric : .categorical(levels: levels))
        },
        classes: (0...labels.max()!).map { "class \($0)" }, values: values.map { $0 ?? .nan },
        labels: labels)
    }
  }

  struct Values: Decodable {
    let tables: [Table]
  }

  static let golden: Values = Golden.read("missing")

  @Test(arguments: golden.tables, [SplitStrategy.best, .random])
  func accuracyLiesWithinScikitLearnsSpread(table: Table, strategy: SplitStrategy) throws {
    let dataset = table.dataset
    let schema = schemaWithMissing(of: dataset)
    var parameters = ForestParameters()
    parameters.treeCount = table.trees
    parameters.maximumLeafCount = nil
    parameters.strategy = strategy
    var own: [Double] = []
    for (seed, test) in table.tests.enumerated() {
      let isTest = Set(test)
      let training = dataset.reweighted(dataset.labels.indices.map { isTest.contains($0) ? 0 : 1 })
      parameters.seed = UInt64(seed)
      let forest = try ForestTrainer(parameters).train(training, schema: schema).forest
      let right = try test.count { row in
        try forest.predict(Array(dataset.row(row))).label == dataset.labels[row]
      }
      own.append(Double(right) / Double(test.count))
    }
    let others = Moments(of: strategy == .best ? table.forest : table.extra_trees)
    let mean = Moments(of: own).mean
    print("\(table.name), \(strategy): \(mean), scikit-learn \(others.mean)")
    #expect(abs(mean - others.mean) < others.variance.squareRoot())
  }
}
