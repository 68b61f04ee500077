import RandomForest
import Testing

/// Contributions against those that shap gives for the same trees.
struct GoldenExplanationTests {
  private struct Values: Decodable {
    let samples: [Double?]
    let base_values: [Double]
    /// For each sample, shape (columns, classes).
    let contributions: [[Double]]
  }

  @Test func contributionsAreShaps() throws {
    let golden = Golden.read("forest-v1", as: Values.self)
    let forest = try Forest(mapping: ForestFileV1Tests.path)
    let width = forest.schema.inputs.count
    for (row, contributions) in golden.contributions.enumerated() {
      let sample = golden.samples[row * width..<(row + 1) * width].map { $0 ?? .nan }
      let explanation = try forest.explain(sample)
      #expect(agree(explanation.baseValues, golden.base_values, within: 1e-9))
      #expect(agree(explanation.columns, contributions, within: 1e-9), "sample \(sample)")
    }
  }
}
