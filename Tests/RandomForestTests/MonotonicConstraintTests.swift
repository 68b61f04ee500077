import TestSupport
import Testing

@testable import RandomForest

/// Probabilities that may only go one way as a number grows.
struct MonotonicConstraintTests {
  /// Two classes, of which the second's share goes up and down with both numbers; the first may be missing.
  private static let dataset: Dataset = {
    var generator = SeededGenerator(seed: 4)
    var dataset = Dataset(
      features: [
        Feature(name: "dose", kind: .numeric), Feature(name: "age", kind: .numeric),
        Feature(name: "level", kind: .categorical(levels: ["p", "q", "r"])),
      ], classes: ["no", "yes"])
    for _ in 0..<600 {
      let (dose, age) = (generator.uniform() * 10, generator.uniform() * 10)
      let level = generator.below(3)
      let share = 0.1 + 0.08 * dose - (4...6 ~= dose ? 0.4 : 0) + (level == 1 && age > 5 ? 0.2 : 0)
      dataset.append(
        [generator.below(6) == 0 ? .nan : dose, age, Double(level)],
        label: generator.uniform() < share ? 1 : 0)
    }
    return dataset
  }()

  private static func train(_ change: (inout ForestParameters) -> Void) throws -> Forest {
    var parameters = ForestParameters()
    parameters.treeCount = 20
    change(&parameters)
    let schema = FeatureSchema(fitting: dataset, encodings: dataset.defaultEncodings)
    return try ForestTrainer(parameters).train(dataset, schema: schema).forest
  }

  /// How far the second class's probability falls at most, from one dose to a greater one.
  private static func greatestFall(_ forest: Forest) throws -> Double {
    let rows = (0..<60).flatMap { row in
      (0...80).flatMap { [Double($0) / 8] + dataset.row(row).dropFirst() }
    }
    let probabilities = try forest.probabilities(of: rows)
    return (0..<60).map { row in
      let curve = (0...80).map { probabilities[(row * 81 + $0) * 2 + 1] }
      return zip(curve, curve.dropFirst()).map { $0 - $1 }.max()!
    }.max()!
  }

  @Test(arguments: [SplitStrategy.best, .random], [nil, 40])
  func theProbabilityGoesOneWay(strategy: SplitStrategy, leaves: Int?) throws {
    func fall(_ constraints: [String: MonotonicConstraint]) throws -> Double {
      try Self.greatestFall(
        Self.train {
          $0.strategy = strategy
          $0.maximumLeafCount = leaves
          $0.monotonicConstraints = constraints
        })
    }
    // Means of trees are rounded.
    #expect(try fall(["dose": .increasing]) < 1e-12)
    #expect(try fall(["dose": .increasing, "age": .decreasing]) < 1e-12)
    #expect(try fall([:]) > 0.1)
    #expect(try fall(["dose": .decreasing]) > 0.02, "it may fall")
  }

  @Test func prunedAndWeightedTreesKeepTheOrder() throws {
    let forest = try Self.train {
      $0.complexityCost = 0.001
      $0.classWeights = .balancedSubsample
      $0.criterion = .entropy
      $0.monotonicConstraints = ["dose": .increasing]
    }
    #expect(try Self.greatestFall(forest) < 1e-12)
    #expect(forest.nodeCount > 40)
  }

  @Test func whatIsMissingHasNoPlaceInTheOrder() throws {
    var dataset = Dataset(
      features: [Feature(name: "dose", kind: .numeric)], classes: ["no", "yes"])
    for row in 0..<60 {
      dataset.append([row < 20 ? .nan : Double(row)], label: row < 20 ? 0 : row % 2)
    }
    var parameters = ForestParameters()
    parameters.treeCount = 1
    parameters.bootstrap = false
    parameters.maximumDepth = 1
    parameters.monotonicConstraints = ["dose": .decreasing]
    let schema = FeatureSchema(fitting: dataset, encodings: dataset.defaultEncodings)
    let forest = try ForestTrainer(parameters).train(dataset, schema: schema).forest
    #expect(try forest.probabilities(of: [.nan, 30]) == [1, 0, 0.5, 0.5])
  }

  @Test(arguments: [
    ("level", "level is no input whose numbers have an order"),
    ("weight", "weight is no input whose numbers have an order"),
  ])
  func inputsWithoutAnOrderAreRefused(name: String, message: String) {
    #expect(throws: TrainingError(description: message)) {
      try Self.train { $0.monotonicConstraints = [name: .increasing] }
    }
  }

  @Test func threeClassesAreRefused() throws {
    let dataset = Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: ["a", "b", "c"], values: [1, 2, 3],
      labels: [0, 1, 2])
    var parameters = ForestParameters()
    parameters.monotonicConstraints = ["x": .increasing]
    #expect(
      throws: TrainingError(
        description: "an order of probabilities is kept between two classes, not 3")
    ) {
      try ForestTrainer(parameters).train(
        dataset, schema: FeatureSchema(fitting: dataset, encodings: [.identity]))
    }
  }

  @Test func theFileNamesThem() throws {
    let forest = try Self.train {
      $0.monotonicConstraints = ["dose": .increasing, "age": .decreasing]
    }
    #expect(
      forest.parameters.suffix(2).map { "\($0.name) \($0.value)" }
        == ["monotonic_cst.age decreasing", "monotonic_cst.dose increasing"])
  }
}
