import RandomForest
import Testing

/// Synthetic samples against imbalanced-learn's, in distribution over 200 fixed seeds, and stratified
/// parts against scikit-learn's.
struct GoldenSamplingTests {
  struct Synthetic: Decodable, CustomTestStringConvertible {
    struct Class: Decodable {
      let label: Int
      let count: Int
      let statistics: GoldenMoments
      let events: [Event]
    }

    /// That some features of a sample have their value, or for a number lie at or below it.
    struct Event: Decodable {
      struct Condition: Decodable {
        let feature: Int
        let value: Double
      }

      let conditions: [Condition]
      let share: Double
    }

    let name: String
    let table: String
    let weighted: Bool
    let neighbors: Int
    let classes: [Class]

    var testDescription: String { name }
  }

  struct Split: Decodable {
    let counts: [Int]
    let fraction: Double
    let test: [Int]
  }

  struct Folds: Decodable {
    let counts: [Int]
    /// The samples of each class in each fold.
    let folds: [[Int]]
  }

  struct Values: Decodable {
    let synthetic: [Synthetic]
    let splits: [Split]
    let folds: [Folds]
  }

  static let golden: Values = Golden.read("sampling")

  @Test(arguments: golden.synthetic)
  func syntheticSamplesVaryAsImbalancedLearnsDo(golden: Synthetic) throws {
    let dataset = Golden.table(golden.table).dataset(weighted: golden.weighted)
    var samples = [[[Double]]](repeating: [], count: dataset.classes.count)
    for seed in UInt64(0)..<200 {
      let result = try dataset.oversampled(neighborCount: golden.neighbors, seed: seed)
      for row in dataset.rowCount..<result.rowCount {
        samples[result.labels[row]].append(Array(result.row(row)))
      }
    }
    let numeric = dataset.features.indices.filter { !dataset.features[$0].isCategorical }
    for golden in golden.classes {
      let samples = samples[golden.label]
      #expect(samples.count == golden.count)
      golden.statistics.expectAgreement(with: samples.map { sample in numeric.map { sample[$0] } })
      for event in golden.events {
        let happened = samples.count { sample in
          event.conditions.allSatisfy { condition in
            let value = sample[condition.feature]
            return dataset.features[condition.feature].isCategorical
              ? value == condition.value : value <= condition.value
          }
        }
        let share = Double(happened) / Double(samples.count)
        let pooled = (share + event.share) / 2
        let error = (pooled * (1 - pooled) * 2 / Double(samples.count)).squareRoot()
        #expect(abs(share - event.share) <= 4 * error, "\(event.conditions)")
      }
    }
  }

  /// Rows that differ, one a sample.
  private func dataset(of counts: [Int]) -> Dataset {
    var dataset = Dataset(
      features: [Feature(name: "x", kind: .numeric)],
      classes: counts.indices.map { "class \($0)" })
    for (label, count) in counts.enumerated() {
      for _ in 0..<count { dataset.append([Double(dataset.rowCount)], label: label) }
    }
    return dataset
  }

  @Test(arguments: golden.splits)
  func aSplitSharesTheClassesAsScikitLearnDoes(golden: Split) throws {
    let dataset = dataset(of: golden.counts)
    let (training, test) = try dataset.stratifiedSplit(testFraction: golden.fraction, seed: 3)
    #expect(test.classCounts == golden.test)
    #expect(training.classCounts == zip(golden.counts, golden.test).map { $0 - $1 })
  }

  @Test(arguments: golden.splits)
  func everySampleOfAClassIsAsLikelyToBeTested(golden: Split) throws {
    let dataset = dataset(of: golden.counts)
    var tested = [Int](repeating: 0, count: dataset.rowCount)
    for seed in UInt64(0)..<200 {
      let test = try dataset.stratifiedSplit(testFraction: golden.fraction, seed: seed).test
      for value in test.values { tested[Int(value)] += 1 }
    }
    for label in golden.counts.indices {
      let size = Double(golden.counts[label])
      let share = Double(golden.test[label]) / size
      guard share > 0, share < 1 else { continue }
      // A sample that is drawn keeps another of its class from it, hence the last factor.
      let statistic = dataset.labels.indices.reduce(0.0) { sum, row in
        guard dataset.labels[row] == label else { return sum }
        let excess = Double(tested[row]) - 200 * share
        return sum + excess * excess / (200 * share * (1 - share)) * (size - 1) / size
      }
      #expect(statistic < chiSquaredLimit(degrees: golden.counts[label] - 1))
    }
  }

  @Test(arguments: golden.folds)
  func foldsShareTheClassesAsScikitLearnDoes(golden: Folds) throws {
    let dataset = dataset(of: golden.counts)
    let folds = try dataset.stratifiedFolds(golden.folds.count, seed: 3)
    #expect(folds.map { dataset.parts(ofFold: $0).test.classCounts } == golden.folds)
  }
}
