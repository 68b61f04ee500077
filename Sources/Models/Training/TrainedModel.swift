public import Patients
public import RandomForest

/// The version of this program.
public let programVersion = "0.1.0"

/// One feature set's forest with its scores.
public struct Candidate: Sendable {
  /// The feature set.
  public let featureSet: FeatureSet
  /// The forest and its importances.
  public let training: TrainedForest
  /// The evaluation on the held-out rows.
  public let test: Evaluation
  /// The scores that it is compared by.
  public let scores: FeatureSetScores

  /// Puts a forest and its scores together.
  public init(
    featureSet: FeatureSet, training: TrainedForest, test: Evaluation,
    crossValidation: FeatureSetScores.CrossValidated?
  ) {
    self.featureSet = featureSet
    self.training = training
    self.test = test
    scores = FeatureSetScores(crossValidation: crossValidation, test: test)
  }
}

/// A model ready to be saved: the better candidate and what is known of it.
public struct TrainedModel: Sendable {
  /// The forest.
  public let forest: Forest
  /// The evaluation on the held-out rows.
  public let test: Evaluation
  /// What it was trained to know of patients.
  public let schema: PatientSchema
  /// The evaluation on the held-out rows of each value of the schema's group field.
  let testByGroup: [String: Evaluation]
  /// What a look inside shows on the held-out rows; nil where there are none.
  let inspection: ModelInspection?
  /// The card.
  public internal(set) var card: ModelCard

  /// Chooses the candidate with the higher rank, of equals the first, and writes its card.
  ///
  /// - Precondition: there is a candidate.
  public init(
    bestOf candidates: [Candidate], of table: PatientTable,
    split: (training: Dataset, test: Dataset), options: TrainingOptions
  ) {
    precondition(!candidates.isEmpty, "a model needs a candidate")
    let best = candidates.reduce(candidates[0]) { $1.scores.rank > $0.scores.rank ? $1 : $0 }
    forest = best.training.forest
    test = best.test
    schema = table.schema
    testByGroup =
      (try? Self.byGroup(table.schema, forest, split.test, options.threadCount)) ?? [:]
    let columns = forest.schema
    let importances = columns.inputs.indices.map { input in
      let own = columns.columnStarts[input]..<columns.columnStarts[input + 1]
      return (
        columns.inputs[input].feature.name,
        // A sum of shares may be 1 and a rounding error.
        min(1, best.training.columnImportances[own].reduce(0, +))
      )
    }
    let conformal =
      best.training.conformal
      ?? ConformalPredictor(score: .leastAmbiguous, coverage: 0.95, threshold: .infinity)
    inspection =
      split.test.rowCount == 0
      ? nil
      : try? ModelInspection(
        forest, conformal, on: split.test, within: split.training,
        importances: Dictionary(uniqueKeysWithValues: importances), threadCount: options.threadCount
      )
    let classes = table.dataset.classes
    var card = ModelCard(
      programVersion: programVersion, forestSha256: forest.sha256,
      purpose: schema.purpose, notFor: schema.notFor, limits: schema.limits,
      features: best.featureSet,
      parameters: ModelCard.Parameters(
        nEstimators: options.treeCount, maxLeafNodes: options.maximumLeafCount,
        maxFeatures: (options.maximumFeatures ?? best.featureSet.maximumFeatures).description,
        minSamplesLeaf: options.minimumSamplesPerLeaf, testSize: options.testSize,
        applySmote: options.appliesSMOTE(to: best.featureSet, split.training),
        randomState: options.seed),
      data: ModelCard.TrainingData(
        sha256: table.digest, outcomes: table.outcomeCount > 0 ? table.outcomeCount : nil,
        samples: table.dataset.sampleCount,
        classCounts: Dictionary(uniqueKeysWithValues: zip(classes, table.dataset.classCounts)),
        trainingSamples: split.training.sampleCount, testSamples: best.test.confusion.total),
      importances: Dictionary(uniqueKeysWithValues: importances),
      conformal: ModelCard.Conformal(conformal),
      selfTest: forest.answer(to: schema.probe),
      featureSets: Dictionary(
        uniqueKeysWithValues: candidates.map { ($0.featureSet.rawValue, $0.scores) }))
    card.reference = best.training.reference
    self.card = card
    self.card.name(forest, schema, evaluation)
  }

  /// What is kept of its evaluation.
  var evaluation: EvaluationReport { EvaluationReport(test, of: schema.group, testByGroup) }

  private static func byGroup(
    _ schema: PatientSchema, _ forest: Forest, _ rows: Dataset, _ threadCount: Int
  ) throws -> [String: Evaluation] {
    guard let group = schema.group, let column = schema.inputs.firstIndex(of: group) else {
      return [:]
    }
    return try Dictionary(
      uniqueKeysWithValues: group.levels.enumerated().map { level, name in
        var part = Dataset(features: rows.features, classes: rows.classes)
        for row in 0..<rows.rowCount
        where rows.values[row * rows.featureCount + column] == Double(level) {
          part.append(rows.row(row), label: rows.labels[row], weight: rows.weights[row])
        }
        return (name, try Evaluation(of: forest, on: part, threadCount: threadCount))
      })
  }
}
