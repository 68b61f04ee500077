public import Patients
public import RandomForest

/// A training, from a table to a version of the registry: load, prepare, cross-validate, train, evaluate,
/// save and promote. The command line, the service's jobs and the tests all run this one.
public struct Training: Sendable {
  /// The table that a training begins with.
  public struct Source: Sendable {
    /// The CSV file.
    public var path: String
    /// What the table is called in reports.
    public var name: String
    /// What is measured of the patients.
    public var schema: PatientSchema
    /// Whether rows that are wrong are left out instead of refusing the file.
    public var skipsInvalidRows = false
    /// Whether each problem of the table is told, and not those of one kind in a line.
    public var tellsEachProblem = false
    /// Gives patients whose drug was told later, to be trained on too; nil for none.
    public var outcomes: (@Sendable () throws -> [LabelledPatient])?

    /// Names a file.
    public init(path: String, schema: PatientSchema, name: String? = nil) {
      self.path = path
      self.schema = schema
      self.name = name ?? path
    }
  }

  /// When the new model is served.
  public enum Promotion: Sendable {
    /// Always; it is compared with nothing.
    case always
    /// Unless the served model is better, or cannot be compared with.
    case unlessWorse
    /// Always; the comparison is made and told.
    case byForce
    /// Not by itself: the comparison is made and told, and a person decides.
    case never
  }

  /// How the feature sets are judged before one is chosen.
  public enum Validation: Sendable {
    /// By the held-out rows alone.
    case none
    /// By cross-validation, in as many folds and repeats as said; nil for what the table can pay for.
    case folds(Int? = nil, repeats: Int? = nil)
  }

  /// A part of the work, as progress names it.
  public enum Stage: String, Sendable {
    case load, explore, prepare
    case crossValidate = "cross-validate"
    case train, evaluate, save
  }

  /// What a training tells while it runs.
  public enum Event {
    /// How far it is, told from any thread, one at a time.
    case progress(WorkProgress.Report)
    /// The table is read.
    case loaded(PatientTable)
    /// There is time to show the table.
    case explored(PatientTable)
    /// The rows are split, encoded and, if asked to, balanced.
    case prepared([PreparedRows], test: Dataset)
    /// A forest is grown.
    case trained(Candidate)
    /// The better candidate is chosen and judged.
    case evaluated(Judgement)
    /// It is saved, and served if it may be.
    case saved(Result)
  }

  /// What was found out before anything is saved.
  public struct Judgement: Sendable {
    /// The table.
    public let table: PatientTable
    /// The new model.
    public let model: TrainedModel
    /// All candidates; the model is the best of them.
    public let candidates: [Candidate]
    /// The comparison with what is served; nil when none was asked for.
    public let comparison: ModelComparison?
    /// What the new model says otherwise.
    public let changed: ChangedPredictions
    /// Why the served model could not be compared with; nil when it could, or there is none.
    public let championProblem: ChampionProblem?

    /// The drugs of the served model of which the table has fewer than `leastPatientCount` patients, with how
    /// many it has; empty where nothing is served.
    public let scarceDrugs: [(drug: String, count: Int)]

    /// In what the new model's questions and drugs are other than the served one's; nil when they are not, or
    /// nothing is served.
    public let differences: ModelDifferences?

    /// With fewer patients of a drug that is recommended now, a model replaces none by itself.
    public static let leastPatientCount = 10

    /// Whether nothing speaks against serving the new model.
    public var favoursCandidate: Bool {
      guard scarceDrugs.isEmpty else { return false }
      return switch championProblem {
      case .incomparable: false
      // What cannot be served anyway is no reason to keep a sound model from it.
      case .damaged, nil: comparison?.favoursCandidate ?? true
      }
    }
  }

  /// What came of a training.
  public struct Result: Sendable {
    /// What was found out.
    public let judgement: Judgement
    /// Whether the version is new.
    public let outcome: ModelRegistry.Outcome
    /// Whether the new model is served.
    public let isPromoted: Bool
    /// Why the new model is not served although nothing else speaks against it; nil for no such reason.
    public let refusal: String?
    /// How long all took.
    public let duration: Duration

    /// The new model.
    public var model: TrainedModel { judgement.model }
    /// Its version.
    public var version: String { model.card.modelVersion }
  }

  /// The table.
  public var source: Source
  /// The decisions.
  public var options: TrainingOptions
  /// How the feature sets are judged.
  public var validation = Validation.folds()
  /// When the new model is served.
  public var promotion: Promotion
  /// Whether there is a stage to show the table in.
  public var explores = false
  /// Asked from any thread whether the work is to end.
  public var isCancelled: @Sendable () -> Bool = { false }
  /// Where models are kept.
  public let registry: ModelRegistry

  /// Plans a training.
  public init(
    _ source: Source, options: TrainingOptions, promotion: Promotion, registry: ModelRegistry
  ) {
    self.source = source
    self.options = options
    self.promotion = promotion
    self.registry = registry
  }

  /// The stages in order.
  public var stages: [Stage] {
    var stages: [Stage] = [.load, .prepare, .train, .evaluate, .save]
    if case .folds = validation { stages.insert(.crossValidate, at: 2) }
    if explores { stages.insert(.explore, at: 1) }
    return stages
  }

  /// Does all of it.
  ///
  /// - Parameter tell: told what happens.
  /// - Throws: `TableError`, `SamplingError`, `TrainingError` (`cancelled` when it was), and what
  ///   reading outcomes, saving and activating throws. No half-written version is left, and what was
  ///   served stays.
  @discardableResult
  public func run(
    tell: @escaping @Sendable (Event) throws -> Void = { _ in }
  ) throws -> Result {
    precondition(
      promotion == .always || stages.contains(.crossValidate), "a comparison is made in folds")
    let start = ContinuousClock.now
    let progress = WorkProgress(stages: stages.map(\.rawValue), isCancelled: isCancelled) {
      try? tell(.progress($0))
    }
    func stage<Value>(_ stage: Stage, _ work: () throws -> Value) throws -> Value {
      try progress.begin(stages.firstIndex(of: stage)!)
      let value = try work()
      progress.end()
      return value
    }

    let table = try stage(.load) {
      var table = try PatientTable(
        path: source.path, schema: source.schema, skipInvalid: source.skipsInvalidRows,
        tellsEachProblem: source.tellsEachProblem)
      if let outcomes = source.outcomes { table.append(try outcomes()) }
      try tell(.loaded(table))
      return table
    }
    let champion = promotion == .always ? Champion.none : Champion(in: registry, for: table.schema)
    // Trained on the same rows, both recipes are fitted anew in each fold.
    // Equal rows are merged once, here: whatever splits, deals or balances finds them merged.
    let rows = table.dataset.collapsed(threadCount: options.threadCount)
    let refitted = recipe(of: champion.model(trainedOn: table.digest), rows)
    let featureSets = options.featureSets(of: table.schema)
    let plan = plan(for: rows)
    let recipes = recipes(featureSets, rows, with: refitted)
    progress.plan(work(plan, recipes, featureSets.count))
    if explores { try stage(.explore) { try tell(.explored(table)) } }

    let (split, prepared) = try stage(.prepare) {
      if options.applySMOTE == true { try rows.requireSMOTE() }
      let split = try options.split(rows)
      let prepared = try featureSets.map { try options.prepare($0, table.schema, split.training) }
      try tell(.prepared(prepared, test: split.test))
      return (split, prepared)
    }

    var folds: [Recipe: [[Evaluation]]] = [:]
    if let plan {
      try stage(.crossValidate) {
        for (recipe, own) in recipes {
          folds[recipe] = try own.crossValidate(
            recipe.featureSet, of: table.schema, on: rows, plan,
            progress: { _ in progress.advance() })
        }
      }
    }

    let candidates = try stage(.train) {
      try prepared.map { rows in
        let trained = try options.train(rows, progress: { _ in progress.advance() })
        let candidate = Candidate(
          featureSet: rows.featureSet, training: trained,
          test: try Evaluation(
            of: trained.forest, on: split.test, threadCount: options.threadCount),
          crossValidation: FeatureSetScores.CrossValidated(
            folds[Recipe(rows.featureSet, options, table.dataset)] ?? []))
        try tell(.trained(candidate))
        return candidate
      }
    }

    let judgement = try stage(.evaluate) {
      let model = TrainedModel(bestOf: candidates, of: table, split: split, options: options)
      let judgement = Judgement(
        table: table, model: model, candidates: candidates,
        comparison: try plan.flatMap {
          try compare(model, champion, refitted?.0, $0, rows, folds, table.digest)
        },
        changed: try champion.model.map {
          try ChangedPredictions(
            before: $0.forest, after: model.forest, in: table, threadCount: options.threadCount)
        } ?? .none,
        championProblem: champion.problem, scarceDrugs: champion.scarceDrugs(in: table),
        differences: champion.differences(to: table))
      try tell(.evaluated(judgement))
      return judgement
    }

    return try stage(.save) {
      let version = judgement.model.card.modelVersion
      let outcome = try registry.save(judgement.model, comparison: judgement.comparison)
      var isPromoted =
        switch promotion {
        case .always, .byForce: true
        case .unlessWorse: judgement.favoursCandidate
        case .never: false
        }
      var refusal: String?
      do {
        if isPromoted { try registry.activate(version, cause: .training) }
      } catch let error as RegistryError where error.code == .notSigned {
        // A training holds no key: whoever does looks at the model first.
        isPromoted = false
        refusal = error.description
      }
      let result = Result(
        judgement: judgement, outcome: outcome, isPromoted: isPromoted, refusal: refusal,
        duration: .now - start)
      try tell(.saved(result))
      return result
    }
  }

  /// The folds of a table; nil without a cross-validation.
  private func plan(for rows: Dataset) -> CrossValidation? {
    guard case .folds(let folds, let repeats) = validation else { return nil }
    return CrossValidation(
      affordableFor: rows, treeCount: options.treeCount, seed: options.seed, foldCount: folds,
      repeatCount: repeats)
  }

  /// How a served model is fitted again; nil when there is none, or its card does not say.
  private func recipe(of champion: DrugModel?, _ rows: Dataset) -> (Recipe, TrainingOptions)? {
    guard let champion, var own = try? champion.card.options(like: options) else { return nil }
    // Its own table may have had no holes.
    own.applySMOTE = own.applySMOTE == true && rows.allowsSMOTE
    return (Recipe(champion.card.features, own, rows), own)
  }

  /// The recipes that are fitted in the folds, each once however many models share it.
  private func recipes(
    _ featureSets: [FeatureSet], _ rows: Dataset, with refitted: (Recipe, TrainingOptions)?
  ) -> [(Recipe, TrainingOptions)] {
    let own = featureSets.map { (Recipe($0, options, rows), options) }
    guard let refitted, !own.contains(where: { $0.0 == refitted.0 }) else { return own }
    return own + [refitted]
  }

  /// How much work each stage is, in trees where trees are grown.
  private func work(
    _ plan: CrossValidation?, _ recipes: [(Recipe, TrainingOptions)], _ featureSetCount: Int
  ) -> [WorkProgress.Work] {
    let folds = plan.map { $0.foldCount * $0.repeatCount } ?? 0
    let cross = folds * recipes.reduce(0) { $0 + $1.0.treeCount }
    let training = featureSetCount * options.treeCount
    // A tree that is kept costs half as much again, for its out-of-bag estimates.
    let whole = Double(cross) + 1.5 * Double(training)
    return stages.map { stage in
      switch stage {
      case .crossValidate: .init(units: cross, weight: Double(cross))
      case .train: .init(units: training, weight: 1.5 * Double(training))
      case .load, .explore, .prepare: .init(units: 1, weight: 0.01 * whole)
      case .evaluate: .init(units: 1, weight: 0.02 * whole)
      case .save: .init(units: 1, weight: 0.05 * whole)
      }
    }
  }

  /// The new model beside the served one, both judged on the same held-out rows; nil when no comparison
  /// was asked for.
  ///
  /// - Parameter recipe: the served one's, if it has been fitted again; else it is judged as it is.
  private func compare(
    _ model: TrainedModel, _ champion: Champion, _ recipe: Recipe?, _ plan: CrossValidation,
    _ rows: Dataset, _ folds: [Recipe: [[Evaluation]]], _ digest: String
  ) throws -> ModelComparison? {
    guard promotion != .always, let own = folds[Recipe(model.card.features, options, rows)]
    else {
      return nil
    }
    return ModelComparison(
      candidate: (model.card.modelVersion, model.card.features, own),
      champion: try champion.model.map { served in
        (
          served.card.modelVersion, served.card.features,
          try recipe.flatMap { folds[$0] }
            ?? plan.evaluateFolds(rows) { _, test in try served.evaluate(on: test) }
        )
      }, sameData: champion.model(trainedOn: digest) != nil)
  }
}
