import Glibc
import RandomForest

/// A training whose model is compared with the served one, and takes its place unless it is worse.
public struct Retraining: Sendable {
  /// What is asked for.
  public struct Request: Sendable {
    /// The decisions of the training; its cross-validation is chosen by the table.
    public var options: TrainingOptions
    /// The table's name, as the report tells it.
    public var dataset: String
    /// Whether the new model is promoted even when it is worse.
    public var force: Bool

    /// Creates a request.
    public init(options: TrainingOptions, dataset: String, force: Bool = false) {
      self.options = options
      self.dataset = dataset
      self.force = force
    }
  }

  /// The stages in order, as progress names them.
  public static let stages = [
    "load", "prepare", "cross-validate", "train", "evaluate", "save",
  ]

  /// What was found out before anything is saved.
  public struct Trial: Sendable {
    /// The new model.
    public let model: TrainedModel
    /// All candidates; the model is the best of them.
    public let candidates: [Candidate]
    /// The comparison with what is served.
    public let comparison: ModelComparison
    /// What the new model says otherwise.
    public let changed: ChangedPredictions
    /// Why the served model could not be compared with; nil when it could, or there is none.
    public let championProblem: String?
  }

  private let request: Request
  private let registry: ModelRegistry
  private let table: PatientTable
  private let plan: CrossValidation
  private let champion: DrugModel?
  private let championProblem: String?
  private let progress: WorkProgress

  /// Plans a retraining on a table that is loaded.
  ///
  /// - Parameters:
  ///   - isCancelled: whether the work is to end.
  ///   - report: told how far it is; see `WorkProgress`.
  public init(
    _ request: Request, table: PatientTable, registry: ModelRegistry,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    report: @escaping @Sendable (WorkProgress.Report) -> Void = { _ in }
  ) {
    self.table = table
    self.registry = registry
    plan = CrossValidation(
      affordableFor: table.dataset, treeCount: request.options.treeCount,
      seed: request.options.seed)
    var request = request
    request.options.crossValidation = plan
    self.request = request
    (champion, championProblem) = Self.served(in: registry)
    let plans = Self.recipes(request.options, table, champion)
    let folds = plan.foldCount * plan.repeatCount
    let cross = folds * plans.reduce(0) { $0 + $1.key.treeCount }
    let training = request.options.featureSets.count * request.options.treeCount
    // A tree that is kept costs half as much again, for its out-of-bag estimates.
    let whole = Double(cross) + 1.5 * Double(training)
    progress = WorkProgress(
      stages: [
        (Self.stages[0], 1, 0.01 * whole), (Self.stages[1], 1, 0.01 * whole),
        (Self.stages[2], cross, Double(cross)), (Self.stages[3], training, 1.5 * Double(training)),
        (Self.stages[4], 1, 0.02 * whole), (Self.stages[5], 1, 0.05 * whole),
      ], isCancelled: isCancelled, report: report)
  }

  /// The recipes that are fitted in the folds, each once however many models share it.
  private static func recipes(
    _ options: TrainingOptions, _ table: PatientTable, _ champion: DrugModel?
  ) -> [Recipe: TrainingOptions] {
    var found: [Recipe: TrainingOptions] = [:]
    for featureSet in options.featureSets { found[Recipe(featureSet, options)] = options }
    if let champion, champion.card.data?.sha256 == table.digest,
      let own = try? champion.card.options(like: options)
    {
      found[Recipe(champion.card.features, own)] = own
    }
    return found
  }

  /// The served model, or why it can be compared with nothing.
  private static func served(in registry: ModelRegistry) -> (DrugModel?, problem: String?) {
    guard registry.currentVersion != nil else { return (nil, nil) }
    do {
      let model = try registry.load(nil)
      _ = try model.evaluate(
        on: Dataset(features: FeatureSet.features, classes: Drug.allCases.map(\.rawValue)))
      return (model, nil)
    } catch {
      return (nil, "\(error)")
    }
  }

  /// Trains and compares; nothing is saved.
  ///
  /// - Throws: `SamplingError` or `TrainingError`, which is `cancelled` when it was.
  public func run() throws -> Trial {
    let options = request.options
    try progress.begin(1)
    _ = progress.advance()
    try progress.begin(2)
    let split = try options.split(table.dataset)
    _ = progress.advance()

    try progress.begin(3)
    var folds: [Recipe: [[Evaluation]]] = [:]
    let isSame = champion.map { $0.card.data?.sha256 == table.digest } ?? false
    // In an order that is the same each time, for the eye alone.
    let recipes = Self.recipes(options, table, champion)
    for recipe in recipes.keys.sorted(by: { "\($0)" < "\($1)" }) {
      let own = recipes[recipe]!
      folds[recipe] = try plan.evaluateFolds(table.dataset) { training, test in
        let forest = try own.train(
          recipe.featureSet, on: training, calibrates: false,
          progress: { _ in progress.advance() }
        ).forest
        return try Evaluation(of: forest, on: test)
      }
    }

    try progress.begin(4)
    let candidates = try options.featureSets.map { featureSet in
      let trained = try options.train(
        featureSet, on: split.training, progress: { _ in progress.advance() })
      let repeats = folds[Recipe(featureSet, options)]!.map { folds in
        folds.reduce(into: Evaluation(classes: table.dataset.classes)) { $0.add($1) }
      }
      return Candidate(
        featureSet: featureSet, training: trained,
        test: try Evaluation(
          of: trained.forest, on: split.test, threadCount: options.threadCount),
        crossValidation: FeatureSetScores.CrossValidated(repeats, folds: plan.foldCount))
    }
    let model = TrainedModel(
      bestOf: candidates, of: table, split: split, options: options)

    try progress.begin(5)
    let comparison = ModelComparison(
      candidate: (
        model.card.modelVersion, model.card.features, folds[Recipe(model.card.features, options)]!
      ),
      champion: try champion.map { champion in
        let own = isSame ? try? champion.card.options(like: options) : nil
        let scores =
          try own.flatMap { folds[Recipe(champion.card.features, $0)] }
          ?? plan.evaluateFolds(table.dataset) { _, test in try champion.evaluate(on: test) }
        return (champion.card.modelVersion, champion.card.features, scores)
      }, sameData: isSame)
    let changed = try champion.map {
      try ChangedPredictions(
        before: $0.forest, after: model.forest, in: table, threadCount: options.threadCount)
    }
    _ = progress.advance()
    return Trial(
      model: model, candidates: candidates, comparison: comparison, changed: changed ?? .none,
      championProblem: championProblem)
  }

  /// Saves the new model and serves it, unless it is worse and nobody forces it.
  ///
  /// - Parameters:
  ///   - trial: what `run` found.
  ///   - start: when the work began, loading included, for the report.
  /// - Throws: `TrainingError.cancelled` when the work is to end; what saving and activating throw.
  ///   No half-written version is left, and what was served stays.
  public func keep(_ trial: Trial, since start: ContinuousClock.Instant) throws -> RetrainingReport
  {
    try progress.begin(6)
    let version = trial.model.card.modelVersion
    let outcome = try registry.save(trial.model, comparison: trial.comparison)
    let isBetter = trial.comparison.favoursCandidate
    let isPromoted = isBetter || request.force
    if isPromoted { try registry.activate(version, cause: .training) }
    _ = progress.advance()
    let options = request.options
    let test = trial.model.test.confusion.accuracy
    return RetrainingReport(
      status: "success", message: message(trial, outcome, isPromoted: isPromoted),
      accuracy: Self.percentage(test),
      parameters: RetrainingReport.Parameters(
        nEstimators: options.treeCount, maxLeafNodes: options.maximumLeafCount,
        testSize: options.testSize,
        applySmote: options.appliesSMOTE(to: trial.model.card.features),
        features: trial.model.card.features, randomState: options.seed,
        dataset: request.dataset, includeOutcomes: table.includesOutcomes, force: request.force),
      modelPath: "models/registry/\(version)/forest.rf", modelVersion: version,
      promoted: isPromoted, alreadyExisted: outcome == .alreadyThere,
      forced: isPromoted && !isBetter, comparison: trial.comparison, changed: trial.changed,
      durationS: ((ContinuousClock.now - start) / .seconds(1) * 1000).rounded() / 1000)
  }

  private func message(
    _ trial: Trial, _ outcome: ModelRegistry.Outcome, isPromoted: Bool
  ) -> String {
    let comparison = trial.comparison
    let version = trial.model.card.modelVersion
    var words = "Model \(version) "
    switch outcome {
    case .saved: words += "trained"
    case .alreadyThere: words += "was there already, byte for byte,"
    }
    if comparison.champion?.version == version { return words + " and is served already" }
    guard let champion = comparison.champion, !comparison.favoursCandidate else {
      return words + (outcome == .saved ? " and promoted" : " and is promoted")
    }
    let tenThousandths = Int((-(comparison.difference?.mean ?? 0) * 10_000).rounded())
    let difference = "0." + String(10_000 + tenThousandths).dropFirst()
    let worse = "its macro-F1 is \(difference) lower than that of model \(champion.version)"
    let isNew = outcome == .saved
    return isPromoted
      ? words + (isNew ? " and promoted by force: " : " and is promoted by force: ") + worse
      : words + (isNew ? ", not promoted: " : " and is not promoted: ") + worse
  }

  /// A share with two decimal places, for example `98.33%`.
  static func percentage(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    let rest = String(100 + hundredths % 100).dropFirst()
    return "\(hundredths / 100).\(rest)%"
  }
}
