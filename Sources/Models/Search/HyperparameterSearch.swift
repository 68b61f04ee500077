public import Patients
public import RandomForest

/// The values that a search may choose of each parameter.
public struct SearchSpace: Sendable {
  /// The feature sets.
  public var featureSets = FeatureSet.allCases
  /// The numbers of trees.
  public var treeCounts = [25, 50, 100, 200]
  /// The most leaves of a tree.
  public var maximumLeafCounts = [5, 10, 20, 30, 60]
  /// The columns tried at each split.
  public var maximumFeatures: [MaximumFeatures] = [.squareRoot, .fraction(0.5), .all]
  /// The fewest samples in a leaf.
  public var minimumSamplesPerLeaf = [1, 2, 5]
  /// Whether the classes are balanced.
  public var applySMOTE = [false, true]

  /// Creates the default space.
  public init() {}

  /// One choice of each parameter.
  public typealias Choice = (featureSet: FeatureSet, options: TrainingOptions)

  /// How many choices there are.
  public var count: Int {
    featureSets.count * treeCounts.count * maximumLeafCounts.count * maximumFeatures.count
      * minimumSamplesPerLeaf.count * applySMOTE.count
  }

  /// A choice by its place, the feature set changing slowest.
  ///
  /// - Precondition: `index` is 0 or more and below `count`.
  func choice(_ index: Int, from options: TrainingOptions) -> Choice {
    var rest = index
    func take<Value>(_ values: [Value]) -> Value {
      defer { rest /= values.count }
      return values[rest % values.count]
    }
    var own = options
    own.applySMOTE = take(applySMOTE)
    own.minimumSamplesPerLeaf = take(minimumSamplesPerLeaf)
    own.maximumFeatures = take(maximumFeatures)
    own.maximumLeafCount = take(maximumLeafCounts)
    own.treeCount = take(treeCounts)
    return (take(featureSets), own)
  }
}

/// A search for the parameters of the best cross-validated score.
public struct HyperparameterSearch: Sendable {
  /// How choices are made.
  public enum Strategy: String, CaseIterable, Sendable {
    /// At random, none twice (Bergstra and Bengio, "Random search for hyper-parameter optimization",
    /// 2012).
    case random
    /// One after the other, all of them.
    case grid
  }

  /// The values to choose from.
  public var space = SearchSpace()
  /// How choices are made.
  public var strategy = Strategy.random
  /// The most choices that are tried.
  public var trialCount = 40
  /// What is looked for; of equals by one metric the other decides.
  public var metric = SearchMetric.macroF1
  /// The folds of the training rows.
  public var plan = CrossValidation(foldCount: 5)
  /// What is not searched for: the split, the seed and the threads.
  public var options: TrainingOptions

  /// Creates the default search.
  public init(options: TrainingOptions) {
    self.options = options
  }

  /// The number of trials there will be.
  public var plannedTrialCount: Int { min(trialCount, space.count) }

  /// Evaluates a choice on the held-out rows of one fold.
  typealias Evaluator = (SearchSpace.Choice, _ training: Dataset, _ test: Dataset) throws ->
    Evaluation

  /// Tries choices by cross-validation on the training rows of the split; the held-out rows are not
  /// looked at, so that they can judge the model that is trained with what is found.
  ///
  /// A trial is given up when even perfect folds could not make it the best any more; that cannot
  /// change which one is.
  ///
  /// - Parameters:
  ///   - progress: told of each finished trial and the best so far.
  ///   - isCancelled: whether to end with what was found.
  /// - Returns: the trials in their order.
  /// - Throws: `SamplingError` or `TrainingError`.
  public func run(
    on table: PatientTable, isCancelled: () -> Bool = { false },
    progress: (_ trial: SearchTrial, _ best: SearchTrial) throws -> Void = { _, _ in }
  ) throws -> [SearchTrial] {
    try run(on: table.dataset, isCancelled: isCancelled, progress: progress) {
      choice, training, test in
      let rows = try choice.options.prepare(choice.featureSet, table.schema, training)
      return try Evaluation(
        of: try choice.options.train(rows, calibrates: false).forest, on: test)
    }
  }

  func run(
    on table: Dataset, isCancelled: () -> Bool,
    progress: (_ trial: SearchTrial, _ best: SearchTrial) throws -> Void, evaluator: Evaluator
  ) throws -> [SearchTrial] {
    let training = try options.split(table).training
    let folds = try plan.evaluateFolds(training) { (training: $0, test: $1) }.flatMap(\.self)
    var trials: [SearchTrial] = []
    var best: SearchTrial?
    for index in order() where !isCancelled() {
      let trial = try self.trial(
        trials.count + 1, space.choice(index, from: options), folds, best, evaluator)
      trials.append(trial)
      if !trial.isRejected, best.map({ isBetter(trial, than: $0) }) ?? true { best = trial }
      try progress(trial, best!)
    }
    return trials
  }

  /// The best of trials; nil of none.
  public func best(of trials: [SearchTrial]) -> SearchTrial? {
    trials.filter { !$0.isRejected }.reduce(nil) { best, trial in
      best.map { isBetter(trial, than: $0) ? trial : $0 } ?? trial
    }
  }

  /// The places of the choices to be tried.
  private func order() -> [Int] {
    var places = Array(0..<space.count)
    guard strategy == .random else { return Array(places.prefix(trialCount)) }
    // The beginning of a Fisher-Yates shuffle.
    var generator = SeededGenerator(seed: options.seed, stream: 1)
    for place in 0..<plannedTrialCount {
      places.swapAt(place, place + generator.below(places.count - place))
    }
    return Array(places.prefix(trialCount))
  }

  private func isBetter(_ trial: SearchTrial, than other: SearchTrial) -> Bool {
    switch metric {
    case .macroF1: (-trial.macroF1, trial.logLoss) < (-other.macroF1, other.logLoss)
    case .logLoss: (trial.logLoss, -trial.macroF1) < (other.logLoss, -other.macroF1)
    }
  }

  private func trial(
    _ number: Int, _ choice: SearchSpace.Choice, _ folds: [(training: Dataset, test: Dataset)],
    _ best: SearchTrial?, _ evaluator: Evaluator
  ) throws -> SearchTrial {
    let start = ContinuousClock.now
    var (macroF1, logLoss, count) = (0.0, 0.0, 0)
    var isRejected = false
    for fold in folds where !isRejected {
      let evaluation = try evaluator(choice, fold.training, fold.test)
      macroF1 += evaluation.confusion.macroAverage.f1
      logLoss += evaluation.logLoss
      count += 1
      let rest = Double(folds.count - count)
      if let best, rest > 0 {
        // A hair's breadth of tolerance: sums of the same numbers may differ in their last bits.
        isRejected =
          switch metric {
          case .macroF1: macroF1 + rest < best.macroF1 * Double(folds.count) - 1e-9
          case .logLoss: logLoss > best.logLoss * Double(folds.count) + 1e-9
          }
      }
    }
    return SearchTrial(
      number: number, featureSet: choice.featureSet, parameters: Self.names(choice),
      macroF1: macroF1 / Double(count), logLoss: logLoss / Double(count), foldCount: count,
      isRejected: isRejected, duration: (ContinuousClock.now - start) / .seconds(1))
  }

  /// The decisions of a choice by their names in the command line.
  static func names(_ choice: SearchSpace.Choice) -> [String: String] {
    let options = choice.options
    return [
      "features": choice.featureSet.rawValue, "n-estimators": "\(options.treeCount)",
      "max-leaf-nodes": options.maximumLeafCount.map { "\($0)" } ?? "none",
      "max-features": (options.maximumFeatures ?? choice.featureSet.maximumFeatures).description,
      "min-samples-leaf": "\(options.minimumSamplesPerLeaf)",
      "smote": (options.applySMOTE ?? choice.featureSet.appliesSMOTE) ? "yes" : "no",
    ]
  }
}
