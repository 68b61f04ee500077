import RandomForest
import TestSupport
import Testing

struct SMOTETests {
  @Test func everyClassGrowsToTheLargest() throws {
    let dataset = syntheticDataset(rowCount: 200, seed: 9)
    let balanced = try dataset.oversampled(seed: 0)
    #expect(Set(balanced.classCounts) == [dataset.classCounts.max()!])
    #expect(Array(balanced.values.prefix(dataset.values.count)) == dataset.values)
  }

  @Test func aSyntheticSampleLiesBetweenTwoOfItsClassAndKeepsTheLevels() throws {
    let dataset = syntheticDataset(rowCount: 60, seed: 10)
    let balanced = try dataset.oversampled(seed: 1)
    for row in dataset.rowCount..<balanced.rowCount {
      let new = Array(balanced.row(row))
      let own = (0..<dataset.rowCount).filter { dataset.labels[$0] == balanced.labels[row] }
        .map { Array(dataset.row($0)) }
      // x and y move by one common step along a line between two samples.
      let liesBetween = own.contains { a in
        own.contains { b in
          let step = b[1] == a[1] ? 0 : (new[1] - a[1]) / (b[1] - a[1])
          return -1e-9...1 + 1e-9 ~= step && abs(a[0] + step * (b[0] - a[0]) - new[0]) < 1e-9
        }
      }
      #expect(liesBetween)
      #expect(own.contains { $0[2] == new[2] })
    }
  }

  @Test func neighboursAreTheNearest() throws {
    var dataset = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["few", "many"])
    // Two groups far apart: with one neighbour, nothing can lie between them.
    for value in [0, 1, 100, 101] { dataset.append([Double(value)], label: 0) }
    for value in 0..<200 { dataset.append([Double(value)], label: 1) }
    let balanced = try dataset.oversampled(neighborCount: 1, seed: 2)
    for row in dataset.rowCount..<balanced.rowCount {
      let x = balanced.row(row).first!
      #expect(0...1 ~= x || 100...101 ~= x)
    }
  }

  @Test func mismatchedLevelsAddTheMedianVarianceToTheDistance() throws {
    // Standard deviation of x in the class: 1. From sample 0 the sample of the other level at the
    // same x is √1 away, the one of the same level 2: the mismatch is nearer.
    var dataset = Dataset(
      features: [
        Feature(name: "x", kind: .numeric),
        Feature(name: "c", kind: .categorical(levels: ["p", "q"])),
      ], classes: ["few", "many"])
    dataset.append([0, 0], label: 0)
    dataset.append([0, 1], label: 0)
    dataset.append([2, 0], label: 0)
    dataset.append([2, 1], label: 0)
    for _ in 0..<100 { dataset.append([5, 0], label: 1) }
    let balanced = try dataset.oversampled(neighborCount: 1, seed: 3)
    for row in dataset.rowCount..<balanced.rowCount {
      #expect([0, 2].contains(balanced.row(row).first!), "only samples at the same x are mixed")
    }
  }

  @Test func oneSeedGivesOneResult() throws {
    let dataset = syntheticDataset(rowCount: 100, seed: 11)
    #expect(try dataset.oversampled(seed: 5) == dataset.oversampled(seed: 5))
    #expect(try dataset.oversampled(seed: 5) != dataset.oversampled(seed: 6))
  }

  @Test func aClassOfTwoUsesItsOneNeighbourAndAClassOfOneIsRepeated() throws {
    var dataset = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["a", "b"])
    for value in 0..<10 { dataset.append([Double(value)], label: 0) }
    dataset.append([20], label: 1)
    let repeated = try dataset.oversampled(seed: 0)
    #expect(repeated.classCounts == [10, 10] && repeated.values.suffix(2) == [20, 20])
    dataset.append([21], label: 1)
    let balanced = try dataset.oversampled(seed: 0)
    #expect(balanced.classCounts == [10, 10])
    #expect(balanced.values.suffix(8).allSatisfy { 20...21 ~= $0 })
  }

  @Test func whatCouldNotBeTrainedOnIsRefusedBeforeItIsMade() {
    var dataset = Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: ["a", "b", "c"])
    dataset.append([1], label: 0, weight: 1_500_000_000)
    dataset.append([2], label: 1)
    #expect(
      throws: SamplingError(
        description: "SMOTE would bring every class to the 1500000000 samples of the largest, more "
          + "than 2147483647 in all: train without SMOTE")
    ) { try dataset.oversampled(seed: 0) }
    #expect(!dataset.allowsSMOTE)
  }

  @Test func aMissingValueIsRefusedWithWhatToDo() {
    var dataset = Dataset(
      features: [
        Feature(name: "x", kind: .numeric), Feature(name: "y", kind: .numeric),
        Feature(name: "c", kind: .categorical(levels: ["p", "q"])),
      ], classes: ["a", "b"])
    dataset.append([.nan, 1, 0], label: 0, weight: 3)
    dataset.append([.nan, 1, .nan], label: 1)
    dataset.append([2, 1, 1], label: 1, weight: 6)
    let error = SamplingError(
      description: "SMOTE needs every value, and 4 of 10 samples lack one (x, c): train without "
        + "SMOTE, or fill in these values, or leave these samples out")
    #expect(throws: error) { try dataset.oversampled(seed: 0) }
    #expect(throws: error) { try dataset.requireSMOTE() }
    #expect(!dataset.allowsSMOTE)
    var infinite = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["a"])
    infinite.append([.infinity], label: 0)
    #expect(
      throws: SamplingError(description: "SMOTE needs finite numbers, and one is infinite")
    ) { try infinite.oversampled(seed: 0) }
  }

  @Test func rowsThatLackNothingAreMixedWhereNumbersMayBeMissing() throws {
    let dataset = syntheticDataset(rowCount: 120, seed: 12)
    let schema = schemaWithMissing(of: dataset)
    // A number counts once in the distance, whatever its columns.
    let plain = try plainSchema(of: dataset).encode(dataset).oversampled(seed: 3)
    let balanced = try schema.encode(dataset).oversampled(seed: 3)
    #expect(balanced == plain)
    let forest = try ForestTrainer(ForestParameters()).train(balanced, schema: schema).forest
    #expect(forest.schema == schema && forest.schema.columnCount == 7)
    #expect(!(try forest.predict([.nan, .nan, .nan])).probabilities.contains(where: \.isNaN))
  }

  /// A class of rows at 0, 1, …, with the samples of each, and a larger class.
  private func counted(_ weights: [Int], beside many: Int) -> Dataset {
    var dataset = Dataset(features: [Feature(name: "x", kind: .numeric)], classes: ["few", "many"])
    for (value, weight) in weights.enumerated() {
      dataset.append([Double(value)], label: 0, weight: weight)
    }
    dataset.append([0], label: 1, weight: many)
    return dataset
  }

  @Test func rowsOfManySamplesGiveCopiesOfThemselvesInProportion() throws {
    let weights = [10, 20, 30, 40]
    let dataset = counted(weights, beside: 1_000_100)
    let balanced = try dataset.oversampled(seed: 4)
    #expect(balanced.classCounts == [1_000_100, 1_000_100])
    // As one row each, however many there are.
    #expect(balanced.rowCount == dataset.rowCount + weights.count)
    for row in dataset.rowCount..<balanced.rowCount {
      let share = Double(weights[Int(balanced.row(row).first!)]) / 100
      let deviation = (1e6 * share * (1 - share)).squareRoot()
      #expect(abs(Double(balanced.weights[row]) - 1e6 * share) < 5 * deviation)
    }
  }

  @Test func rowsOfFewSamplesAreMixedAmongRowsOfMany() throws {
    // The row at 1 is one sample: its neighbours are the two around it, 5 samples of them.
    let dataset = counted([3, 1, 996], beside: 21_000)
    let balanced = try dataset.oversampled(seed: 5)
    #expect(balanced.classCounts == [21_000, 21_000])
    let new = dataset.rowCount..<balanced.rowCount
    let copies = new.filter { balanced.row($0).first! == 2 }
    #expect(copies.contains { balanced.weights[$0] > 10_000 })
    let between = new.filter { balanced.row($0).first!.truncatingRemainder(dividingBy: 1) != 0 }
    // From 0 (3 samples, of whose 5 neighbours 2 are copies) and from 1: some 20 a sample.
    #expect(20...120 ~= between.count)
    #expect(between.allSatisfy { balanced.weights[$0] == 1 && 0...2 ~= balanced.row($0).first! })
  }
}
