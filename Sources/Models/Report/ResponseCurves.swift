import RandomForest

/// How a model's probabilities follow each measurement: the means over drawn patients of whom that one alone
/// takes other values (Friedman, 2001, section 8.2).
///
/// A version keeps no patients, but how each field was distributed in its training rows. Patients are drawn
/// from that, each field by itself, so what fields have to do with each other is not in them.
struct ResponseCurves: Sendable {
  /// The curves of one field.
  struct Curve: Sendable {
    /// The field's name.
    let field: String
    /// What the field was in training; of a category, the index of its level.
    let distribution: ValueCounts
    /// The values that it takes, shape (gridCount).
    let grid: [Double]
    /// The mean probability of each drug, row-major, shape (gridCount, drugCount).
    let means: [Double]
  }

  /// In the order of the forest's inputs.
  let curves: [Curve]
  /// How many patients were drawn.
  let patientCount: Int

  /// A report of a large forest asks fewer patients.
  private static let most = 200
  private static let gridCount = 60
  private static let greatestWork = 40_000_000

  /// Asks a model; nil when its card does not say how its fields were distributed.
  ///
  /// - Throws: `ForestFileError` when the forest is damaged.
  /// - Complexity: walks down at most about 40 million trees, of forests of up to 2,000 trees and 16 fields.
  init?(of model: DrugModel) throws(ForestFileError) {
    let inputs = model.forest.schema.inputs.map(\.feature)
    let known = Dictionary(
      (model.card.reference ?? []).map { ($0.feature, $0.distribution) },
      uniquingKeysWith: { first, _ in first })
    let distributions = inputs.compactMap { known[$0.name] }
    guard distributions.count == inputs.count, distributions.allSatisfy({ !$0.values.isEmpty })
    else { return nil }
    let work = Self.gridCount * model.treeCount * inputs.count
    patientCount = max(20, min(Self.most, Self.greatestWork / max(1, work)))
    var generator = SeededGenerator(seed: 0)
    let rows = model.card.data?.trainingSamples ?? 0
    var values: [Double] = []
    for _ in 0..<patientCount {
      for (input, found) in zip(inputs, distributions) {
        values.append(Self.draw(found, of: input, among: rows, &generator))
      }
    }
    let dataset = Dataset(
      features: inputs, classes: model.drugs, values: values,
      labels: [Int](repeating: 0, count: patientCount))
    var curves: [Curve] = []
    for (place, found) in distributions.enumerated() {
      let response = try model.forest.partialDependence(
        ofInput: place, on: dataset, at: Self.grid(found, of: inputs[place]))
      curves.append(
        Curve(
          field: inputs[place].name, distribution: found, grid: response.grid,
          means: response.means))
    }
    self.curves = curves
  }

  /// A value as often as training had it; missing as often as it was then.
  private static func draw(
    _ found: ValueCounts, of input: Feature, among rows: Int, _ generator: inout SeededGenerator
  ) -> Double {
    let measured = found.counts.reduce(0, +)
    var place = generator.below(max(rows, measured))
    guard place < measured else { return .nan }
    for (value, count) in zip(found.values, found.counts) {
      if place < count { return isKnown(value, input) ? value : 0 }
      place -= count
    }
    return found.values[0]
  }

  /// Whether a card's value is one of the feature's: a card is a file that anybody may have written.
  private static func isKnown(_ value: Double, _ input: Feature) -> Bool {
    guard case .categorical(let levels) = input.kind else { return true }
    return levels.indices.contains { Double($0) == value }
  }

  /// All levels; of a number, values at equal steps from the least to the greatest of training.
  private static func grid(_ found: ValueCounts, of input: Feature) -> [Double] {
    if case .categorical(let levels) = input.kind { return levels.indices.map(Double.init) }
    let (least, greatest) = (found.values[0], found.values.last!)
    guard greatest > least else { return [least] }
    let step = (greatest - least) / Double(gridCount - 1)
    return (0..<gridCount - 1).map { least + Double($0) * step } + [greatest]
  }
}
