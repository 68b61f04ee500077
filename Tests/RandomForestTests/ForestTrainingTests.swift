import Synchronization
import TestSupport
import Testing

@testable import RandomForest

struct ForestTrainingTests {
  /// Numbers of few and of many values, levels, missing values and zeros of both signs.
  static let dataset: Dataset = {
    var generator = SeededGenerator(seed: 20)
    var dataset = Dataset(
      features: [
        Feature(name: "few", kind: .numeric), Feature(name: "many", kind: .numeric),
        Feature(name: "gaps", kind: .numeric),
        Feature(name: "level", kind: .categorical(levels: ["p", "q", "r"])),
      ], classes: ["first", "second", "third"])
    for row in 0..<900 {
      let few = Double(generator.below(12))
      let many = generator.uniform() * 8
      let zero = row % 2 == 0 ? -0.0 : 0.0
      let gaps = generator.below(4) == 0 ? .nan : many < 1 ? zero : many.rounded()
      let level = generator.below(3)
      let label =
        generator.below(8) == 0 ? generator.below(3) : (few > 5 ? level : many > 3 ? 1 : 0)
      dataset.append([few, many, gaps, Double(level)], label: label)
    }
    return dataset
  }()

  static func parameters(
    _ change: (inout ForestParameters) -> Void = { _ in }
  ) -> ForestParameters {
    var parameters = ForestParameters()
    parameters.treeCount = 12
    change(&parameters)
    return parameters
  }

  static func train(
    _ dataset: Dataset = dataset, _ parameters: ForestParameters = parameters(),
    threadCount: Int = 1
  ) throws -> Forest {
    try ForestTrainer(parameters, threadCount: threadCount)
      .train(dataset, schema: plainSchema(of: dataset)).forest
  }

  struct Setting: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let parameters: ForestParameters

    init(_ description: String, _ change: (inout ForestParameters) -> Void = { _ in }) {
      testDescription = description
      parameters = ForestTrainingTests.parameters(change)
    }
  }

  /// Settings that take each way through the training.
  static let settings = [
    Setting("defaults"),
    Setting("full trees") { $0.maximumLeafCount = nil },
    Setting("all rows") { $0.bootstrap = false },
    Setting("few columns") { $0.maximumFeatures = .log2 },
    Setting("random thresholds") { $0.strategy = .random },
    Setting("entropy") { $0.criterion = .entropy },
    Setting("weights") { $0.classWeights = .balanced },
    Setting("weights of each tree") { $0.classWeights = .balancedSubsample },
    Setting("fewer samples") { $0.maximumSamples = .fraction(0.4) },
    Setting("pruned") { $0.complexityCost = 0.002 },
    Setting("few bins") { $0.maximumBinCount = 16 },
    Setting("many bins") { $0.maximumBinCount = 65_536 },
  ]

  @Test(arguments: settings)
  func oneSeedGivesOneFileAtAnyThreadCount(setting: Setting) throws {
    let parameters = setting.parameters
    let bytes = try Self.train(Self.dataset, parameters).fileBytes
    for threadCount in [2, 3, 64] {
      #expect(try Self.train(Self.dataset, parameters, threadCount: threadCount).fileBytes == bytes)
    }
    var other = parameters
    other.seed = 1
    #expect(try Self.train(Self.dataset, other).fileBytes != bytes)
    try Forest(copying: bytes).verify()
  }

  @Test(arguments: settings)
  func theOrderAndGroupingOfTheRowsChangeNothing(setting: Setting) throws {
    var generator = SeededGenerator(seed: printedSeed())
    let weights = Self.dataset.labels.map { _ in 1 + generator.below(3) }
    let grouped = Self.dataset.reweighted(weights)
    let bytes = try Self.train(grouped, setting.parameters).fileBytes
    var order = weights.enumerated().flatMap { repeatElement($0.offset, count: $0.element) }
    for _ in 0..<2 {
      order.shuffle(using: &generator)
      var single = Dataset(features: Self.dataset.features, classes: Self.dataset.classes)
      for row in order { single.append(Self.dataset.row(row), label: Self.dataset.labels[row]) }
      #expect(try Self.train(single, setting.parameters).fileBytes == bytes)
      #expect(try Self.train(single.collapsed(), setting.parameters).fileBytes == bytes)
    }
  }

  @Test func rowsEncodedBeforehandGiveTheSameTrees() throws {
    let schema = plainSchema(of: Self.dataset)
    let trainer = ForestTrainer(Self.parameters())
    let measured = try trainer.train(Self.dataset, schema: schema).forest
    let encoded = try trainer.train(schema.encode(Self.dataset), schema: schema).forest
    #expect(try NaiveForest(measured).trees == NaiveForest(encoded).trees)
  }

  // MARK: Progress

  @Test(arguments: [1, 2, 3])
  func progressCountsToTheNumberOfTrees(threadCount: Int) throws {
    let counts = Mutex([Int]())
    _ = try ForestTrainer(Self.parameters(), threadCount: threadCount)
      .train(Self.dataset, schema: plainSchema(of: Self.dataset)) { finished in
        counts.withLock { $0.append(finished) }
        return true
      }
    #expect(counts.withLock { $0.sorted() } == Array(1...12))
  }

  @Test(arguments: [1, 2, 3], [1, 5, 12])
  func aTrainingThatIsCancelledStops(threadCount: Int, tree: Int) {
    let calls = Atomic(0)
    let trainer = ForestTrainer(Self.parameters(), threadCount: threadCount)
    #expect(throws: TrainingError.cancelled) {
      try trainer.train(Self.dataset, schema: plainSchema(of: Self.dataset)) { finished in
        calls.add(1, ordering: .relaxed)
        return finished < tree
      }
    }
    // Other threads may have finished trees meanwhile.
    if threadCount == 1 { #expect(calls.load(ordering: .relaxed) == tree) }
  }

  // MARK: Errors

  @Test(arguments: [
    (["x", "x", "c"], ["p", "q"], ["a", "b"], "two inputs have one name, x"),
    (["x", "y", "c"], ["p", "q"], ["a", "a"], "two classes have one name, a"),
    (["x", "y", "c"], ["p", "p"], ["a", "b"], "two levels of c have one name, p"),
  ])
  func aNameThatStandsTwiceIsRefused(
    names: [String], levels: [String], classes: [String], message: String
  ) {
    var dataset = Dataset(
      features: names.map {
        Feature(name: $0, kind: $0 == "c" ? .categorical(levels: levels) : .numeric)
      }, classes: classes)
    dataset.append([1, 2, 0], label: 0)
    let schema = FeatureSchema(fitting: dataset)
    #expect(throws: TrainingError(description: message)) {
      try Self.train(dataset, Self.parameters())
    }
    let tree = DecisionTree(nodes: [.leaf(distribution: [1, 0])])
    #expect {
      try Forest(schema: schema, trees: [tree])
    } throws: { "\($0)".contains(message) }
  }

  @Test(arguments: [
    Setting("a forest has 1 to 2³¹ - 1 trees") { $0.treeCount = 0 },
    Setting("a tree needs 2 leaves or more") { $0.maximumLeafCount = 1 },
    Setting("a tree needs a depth of 1 or more") { $0.maximumDepth = 0 },
    Setting("a split needs 2 samples or more") { $0.minimumSamplesPerSplit = 1 },
    Setting("a leaf needs a sample") { $0.minimumSamplesPerLeaf = 0 },
    Setting("an impurity decrease cannot be negative") { $0.minimumImpurityDecrease = -1e-9 },
    Setting("an impurity decrease cannot be negative") { $0.minimumImpurityDecrease = .nan },
    Setting("the cost of a leaf is a number from 0 on") { $0.complexityCost = -0.1 },
    Setting("the cost of a leaf is a number from 0 on") { $0.complexityCost = .nan },
    Setting("a column has 2 to 65,536 bins") { $0.maximumBinCount = 1 },
    Setting("a column has 2 to 65,536 bins") { $0.maximumBinCount = 65_537 },
    Setting("a share of the columns is above 0 and at most 1") {
      $0.maximumFeatures = .fraction(0)
    },
    Setting("a share of the columns is above 0 and at most 1") {
      $0.maximumFeatures = .fraction(1.01)
    },
    Setting("a share of the columns is above 0 and at most 1") {
      $0.maximumFeatures = .fraction(.nan)
    },
    Setting("a number of samples is drawn where samples are drawn: with bootstrap") {
      $0.bootstrap = false
      $0.maximumSamples = .fraction(0.5)
    },
    Setting("a tree draws 1 to as many samples as there are") { $0.maximumSamples = .count(0) },
    Setting("a tree draws 1 to as many samples as there are") { $0.maximumSamples = .count(901) },
    Setting("a share of the samples is above 0 and at most 1") {
      $0.maximumSamples = .fraction(0)
    },
    Setting("a share of the samples is above 0 and at most 1") {
      $0.maximumSamples = .fraction(.nan)
    },
    Setting("class weights lie between 1e-100 and 1e100, one a class") {
      $0.classWeights = .values([1, 1])
    },
    Setting("class weights lie between 1e-100 and 1e100, one a class") {
      $0.classWeights = .values([1, 0, 1])
    },
    Setting("class weights lie between 1e-100 and 1e100, one a class") {
      $0.classWeights = .values([1, .infinity, 1])
    },
  ])
  func aSettingThatMakesNoForestIsNamed(setting: Setting) {
    #expect(throws: TrainingError(description: setting.testDescription)) {
      try Self.train(Self.dataset, setting.parameters)
    }
  }
}
