import TestSupport
import Testing

@testable import RandomForest

/// Data at the limits of what a forest file holds.
extension ForestTrainingTests {
  /// What the training of rows says is wrong with them.
  private static func refusal(
    _ dataset: Dataset, _ change: (inout ForestParameters) -> Void = { _ in }
  ) throws -> String? {
    do {
      let forest = try train(
        dataset,
        parameters {
          $0.treeCount = 2
          change(&$0)
        })
      try forest.verify()
      return nil
    } catch let error as TrainingError {
      return error.description
    }
  }

  private static func dataset(
    names: [String] = ["x"], classes: [String] = ["a", "b"], levels: [String]? = nil
  ) -> Dataset {
    let kind = levels.map { Feature.Kind.categorical(levels: $0) } ?? .numeric
    let features = names.map { Feature(name: $0, kind: kind) }
    let rows = names.map { _ in 0.0 } + names.map { _ in 1.0 }
    return Dataset(features: features, classes: classes, values: rows, labels: [0, 1])
  }

  @Test func rowsThatMakeNoForestAreNamed() throws {
    let none = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["a"])
    #expect(try Self.refusal(none) == "there are no training rows")
    #expect(try Self.refusal(Self.dataset(names: [])) == "a forest has 1 to 65,535 columns")
    let heavy = Self.dataset().reweighted([1 << 30, 1 << 30])
    #expect(try Self.refusal(heavy) == "a forest trains on at most 2³¹ - 1 samples")
    #expect(try Self.refusal(Self.dataset().reweighted([1 << 30, 1 << 30 - 1])) == nil)
  }

  @Test func treesGrowUntilEachClassHasItsLeaves() throws {
    var dataset = Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: (0..<100).map { "\($0)" })
    for row in 0..<1000 { dataset.append([Double(row)], label: row % 100) }
    var parameters = ForestParameters()
    parameters.treeCount = 1
    parameters.bootstrap = false
    parameters.maximumBinCount = 1000
    let forest = try Self.train(dataset, parameters)
    #expect(forest.nodeCount == 1999)
    let right = try (0..<1000).filter { try forest.predict([Double($0)]).label == $0 % 100 }
    #expect(right.count == 1000)
  }

  @Test func aForestHasAtMost65536Classes() throws {
    let names = (0...65_536).map { "\($0)" }
    #expect(
      try Self.refusal(Self.dataset(classes: names)) == "a forest has at most 65,536 classes")
    #expect(try Self.refusal(Self.dataset(classes: names.dropLast())) == nil)
    #expect(
      try Self.refusal(Self.dataset(classes: names.dropLast())) { $0.classWeights = .balanced }
        == nil)
  }

  @Test func aForestHasAtMost65535Columns() throws {
    let names = (0...65_535).map { "\($0)" }
    #expect(
      try Self.refusal(Self.dataset(names: names)) == "a forest has at most 65,535 inputs")
    #expect(
      try Self.refusal(Self.dataset(levels: names)) == "a forest has 1 to 65,535 columns")
    #expect(try Self.refusal(Self.dataset(names: names.dropLast())) == nil)
    #expect(try Self.refusal(Self.dataset(levels: names.dropLast())) == nil)
  }

  @Test func inputsWithoutColumnsCountAsInputs() throws {
    var dataset = Dataset(
      features: (0...65_535).map { Feature(name: "\($0)", kind: .categorical(levels: [])) }
        + [Feature(name: "x", kind: .numeric)], classes: ["a"])
    dataset.append([Double](repeating: 0, count: 65_537), label: 0)
    #expect(try Self.refusal(dataset) == "a forest has at most 65,535 inputs")
  }

  @Test func namesHaveAtMost65535Bytes() throws {
    let long = String(repeating: "é", count: 32_767) + "x"
    let longer = String(repeating: "é", count: 32_768)
    let message = "a name has at most 65,535 bytes of UTF-8"
    #expect(try Self.refusal(Self.dataset(names: [long], classes: [long, "b"])) == nil)
    #expect(try Self.refusal(Self.dataset(names: [longer])) == message)
    #expect(try Self.refusal(Self.dataset(classes: [longer, "b"])) == message)
    #expect(try Self.refusal(Self.dataset(levels: ["a", longer])) == message)
  }

  @Test(arguments: [[1e-100, 1e100], [1e100, 1e100]])
  func classWeightsMayDifferByTwoHundredOrdersOfMagnitude(weights: [Double]) throws {
    #expect(try Self.refusal(Self.dataset()) { $0.classWeights = .values(weights) } == nil)
  }

  @Test(arguments: [1e101, 9e-101, .greatestFiniteMagnitude, .leastNonzeroMagnitude])
  func classWeightsWhoseSquaresLeaveTheNumbersAreRefused(weight: Double) throws {
    #expect(
      try Self.refusal(Self.dataset()) { $0.classWeights = .values([1, weight]) }
        == "class weights lie between 1e-100 and 1e100, one a class")
  }
}
