import RandomForest

/// What a look inside of a model shows on the patients that it had not seen: a picture of the other files, and
/// so no part of what a version's name stands for.
public struct ModelInspection: Codable, Sendable, Equatable {
  /// How often the sets of drugs held the right one.
  public struct Sets: Codable, Sendable, Equatable {
    /// The share that was promised.
    public let coverage: Double
    /// The patients, those whose drug was in their set, and the interval of the true share.
    public let measured: EvaluationReport.Part
    /// How many patients had a set of one drug, of two, and so on.
    public let sizes: [Int]
  }

  /// What the model says when one measurement takes other values and all else stays as it is.
  public struct Curve: Codable, Sendable, Equatable {
    /// The field.
    public let name: String
    /// The values of a number, ascending; nil for categories.
    public let values: [Double]?
    /// The categories.
    public let levels: [String]?
    /// The mean probability of each drug, shape (values, drugs).
    public let means: [[Double]]
    /// The probabilities of single patients, shape (patients, values, drugs).
    public let patients: [[[Double]]]
  }

  /// The names of the drugs, in the order of the curves.
  public let drugs: [String]
  /// The sets.
  public let sets: Sets
  /// The curves, of the field that counts most first.
  public let curves: [Curve]
  /// How many held-out patients the means are of.
  public let samples: Int
}

extension ModelInspection {
  /// As many patients as the means are taken over, and single curves are drawn of.
  private static let (patientCount, shownCount) = (500, 20)
  /// The most numbers of all curves together, which a page is to load.
  private static let numberCount = 60_000
  /// So many values of a number are asked about.
  private static let gridCount = 60

  /// - Parameters:
  ///   - rows: the held-out patients.
  ///   - trainingRows: the patients that it was trained on, between whose values curves are drawn.
  ///   - importances: by the name of the field.
  /// - Throws: `ForestFileError` when the forest is damaged.
  /// - Precondition: there are rows.
  init(
    _ forest: Forest, _ conformal: ConformalPredictor, on rows: Dataset,
    within trainingRows: Dataset,
    importances: [String: Double], threadCount: Int
  ) throws {
    drugs = rows.classes
    let probabilities = try forest.probabilities(of: rows.values, threadCount: threadCount)
    var sizes = [Int](repeating: 0, count: drugs.count)
    var covered = 0
    for row in 0..<rows.rowCount {
      let own = Array(probabilities[row * drugs.count..<(row + 1) * drugs.count])
      let set = conformal.reviewSet(for: own)
      sizes[set.count - 1] += rows.weights[row]
      covered += set.contains(rows.labels[row]) ? rows.weights[row] : 0
    }
    sets = Sets(
      coverage: conformal.coverage,
      measured: EvaluationReport.Part(samples: rows.sampleCount, correct: covered), sizes: sizes)
    let asked = rows.every(rows.rowCount / Self.patientCount + 1)
    samples = asked.sampleCount
    let grids = rows.features.indices.map {
      trainingRows.steps(ofColumn: $0, count: Self.gridCount)
    }
    let room = Self.numberCount / max(1, grids.reduce(0) { $0 + $1.count } * drugs.count)
    let shown = min(Self.shownCount, asked.rowCount, max(room - 1, 0))
    let order = rows.features.indices.sorted {
      importances[rows.features[$0].name] ?? 0 > importances[rows.features[$1].name] ?? 0
    }
    curves = try order.filter { grids[$0].count > 1 }.map { input in
      let found = try forest.partialDependence(
        ofInput: input, on: asked, at: grids[input], keepsIndividuals: true,
        threadCount: threadCount)
      let (name, kind) = (rows.features[input].name, rows.features[input].kind)
      let (grid, width) = (grids[input], rows.classes.count)
      func curve(_ numbers: [Double], from start: Int) -> [[Double]] {
        grid.indices.map { point in
          numbers[start + point * width..<start + (point + 1) * width].map {
            ($0 * 1000).rounded() / 1000
          }
        }
      }
      let means = curve(found.means, from: 0)
      let patients = (0..<shown).map {
        curve(found.individuals, from: $0 * asked.rowCount / shown * grids[input].count * width)
      }
      guard case .categorical(let levels) = kind else {
        return Curve(
          name: name, values: grid, levels: nil, means: means, patients: patients)
      }
      return Curve(name: name, values: nil, levels: levels, means: means, patients: patients)
    }
  }
}

extension Dataset {
  /// Each so many-th row, the first one first.
  fileprivate func every(_ step: Int) -> Dataset {
    var result = Dataset(features: features, classes: classes)
    for row in stride(from: 0, to: rowCount, by: step) {
      result.append(self.row(row), label: labels[row], weight: weights[row])
    }
    return result
  }

  /// All levels, or a number's values, or equal steps from its least to its greatest one.
  fileprivate func steps(ofColumn column: Int, count: Int) -> [Double] {
    if case .categorical(let levels) = features[column].kind {
      return levels.indices.map(Double.init)
    }
    let own = stride(from: column, to: values.count, by: featureCount).lazy.map { values[$0] }
    let distinct = Set(own.filter(\.isFinite)).sorted()
    guard distinct.count > count, let least = distinct.first, let greatest = distinct.last else {
      return distinct
    }
    return (0..<count).map { least + (greatest - least) * Double($0) / Double(count - 1) }
  }
}
