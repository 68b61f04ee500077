import FoundationEssentials
import RandomForest
import TestSupport

/// What Golden/make-golden.py wrote.
enum Golden {
  static let folder = "\(repositoryRoot)/Tests/RandomForestTests/Golden"

  /// Reads one of the files, for example `trees` for Golden/trees.json.
  static func read<Values: Decodable>(_ name: String, as _: Values.Type = Values.self) -> Values {
    let url = URL(filePath: "\(folder)/\(name).json")
    return try! JSONDecoder().decode(Values.self, from: Data(contentsOf: url))
  }

  /// A shared table by name.
  static func table(_ name: String) -> Table { tables.tables[name]! }

  private static let tables: Tables = read("datasets")

  private struct Tables: Decodable {
    let tables: [String: Table]
  }

  /// Rows of numbers and levels with a class label and a weight each.
  struct Table: Decodable {
    /// The levels of each feature, none for a number.
    let levels: [[String]]
    /// Where the bins of each feature end, none for no bins.
    let edges: [[Double]]
    /// Row-major, shape (rows, features).
    let values: [Double]
    let labels: [Int]
    let weights: [Int]
    /// Samples to predict, row-major; none when they are the rows themselves.
    private let grid: [Double]

    var samples: [Double] { grid.isEmpty ? values : grid }
    var classCount: Int { labels.max()! + 1 }

    func dataset(weighted: Bool = false) -> Dataset {
      Dataset(
        features: levels.enumerated().map { index, levels in
          Feature(
            name: "x\(index)", kind: levels.isEmpty ? .numeric : .categorical(levels: levels))
        },
        classes: (0..<classCount).map { "class \($0)" }, values: values, labels: labels,
        weights: weighted ? weights : nil)
    }

    /// One-hot columns for levels, and numbers as they are or in their bins.
    func schema(binned: Bool = false) -> FeatureSchema {
      FeatureSchema(
        fitting: dataset(),
        encodings: zip(levels, edges).map { levels, edges in
          if !levels.isEmpty { return .oneHot }
          guard binned else { return .identity }
          return .bins(edges: edges, labels: (0...edges.count).map { "bin \($0)" })
        })
    }
  }
}

/// Whether two lists of numbers are the same but for rounding.
func agree(_ a: [Double], _ b: [Double], within tolerance: Double = 1e-12) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
}
