import RandomForest
import TestSupport
import Testing

struct ValueCountsTests {
  private func dataset(_ values: [Double], weights: [Int]) -> Dataset {
    Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: ["any"], values: values,
      labels: values.map { _ in 0 }, weights: weights)
  }

  @Test(arguments: [
    [3, 0, 3, 255, -0.0], [3, 0.5, 3, -1, -0.0], [3, 0, 3, 256, .nan], [1e300, .infinity, 2, 2, 1],
  ])
  func aColumnIsCountedInSamples(values: [Double]) {
    let weights = [1, 2, 4, 8, 16]
    let found = dataset(values, weights: weights).valueCounts(ofColumn: 0)
    var expected: [Double: Int] = [:]
    for (value, weight) in zip(values, weights) where value.isFinite {
      expected[value + 0, default: 0] += weight
    }
    #expect(found.values == expected.keys.sorted())
    #expect(found.counts == found.values.map { expected[$0]! })
    #expect(!found.isGrouped)
    #expect(!found.values.contains { $0.sign == .minus && $0 == 0 })
  }

  @Test func rowsAndValuesAreCountedAlike() {
    var generator = SeededGenerator(seed: 1)
    for scale in [10.0, 3] {
      let values = (0..<500).map { _ in (generator.uniform() * 60).rounded() / scale * 10 }
      let rows = dataset(values, weights: values.map { _ in 1 })
      #expect(rows.valueCounts(ofColumn: 0) == ValueCounts(of: values))
    }
  }

  @Test func groupsHoldAllSamplesAndAscend() {
    var generator = SeededGenerator(seed: 2)
    for limit in [2, 3, 10, 256] {
      let values = (0..<3000).map { _ in generator.uniform() * generator.uniform() }
      let all = ValueCounts(of: values + Array(repeating: 0.25, count: 1000))
      let grouped = all.grouped(limit: limit)
      #expect(grouped.isGrouped && grouped.values.count <= limit)
      #expect(grouped.sampleCount == 4000)
      #expect(grouped.values.first == all.values.first && grouped.values.last == all.values.last)
      // Up to the end of each group there are as many samples as before.
      for (index, end) in grouped.values.enumerated() {
        let below = zip(all.values, all.counts).filter { $0.0 <= end }.reduce(0) { $0 + $1.1 }
        #expect(below == grouped.counts[...index].reduce(0, +))
      }
    }
  }
}
