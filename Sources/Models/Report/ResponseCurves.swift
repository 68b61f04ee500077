import RandomForest

/// How a model's probabilities follow each measurement, as its inspection found it on the held-out patients.
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

  /// Takes the means over; what does not fit the model is left out, since a file may be anybody's.
  init(_ inspection: ModelInspection, of model: DrugModel) {
    let distributions = Dictionary(
      (model.card.reference ?? []).map { ($0.feature, $0.distribution) },
      uniquingKeysWith: { first, _ in first })
    let found = Dictionary(
      inspection.curves.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    curves = model.forest.schema.inputs.compactMap { input in
      let name = input.feature.name
      guard inspection.drugs == model.drugs, let curve = found[name],
        let distribution = distributions[name], !distribution.values.isEmpty
      else { return nil }
      var grid = curve.values ?? []
      if case .categorical(let levels) = input.feature.kind {
        guard curve.levels == levels else { return nil }
        grid = levels.indices.map(Double.init)
      }
      guard !grid.isEmpty, grid.allSatisfy(\.isFinite), curve.means.count == grid.count,
        curve.means.allSatisfy({ shares in
          shares.count == model.drugs.count && shares.allSatisfy { 0...1 ~= $0 }
        })
      else { return nil }
      return Curve(
        field: name, distribution: distribution, grid: grid, means: curve.means.flatMap(\.self))
    }
  }
}
