import TestSupport
import Testing

@testable import RandomForest

/// The samples of a node, counted and sorted.
struct CodeRunsTests {
  /// Numbers of few and of many values, beside many classes.
  private static func table<Code>(_: Code.Type, classCount: Int, valueCount: Int) -> TrainingTable<
    Code
  > {
    var generator = SeededGenerator(seed: 50)
    var dataset = Dataset(
      features: ["x", "y"].map { Feature(name: $0, kind: .numeric) },
      classes: (0..<classCount).map { "\($0)" })
    for _ in 0..<3000 {
      let values = [Double(generator.below(valueCount)), Double(generator.below(9))]
      dataset.append(values, label: generator.below(classCount), weight: 1 + generator.below(3))
    }
    let coded = CodedDataset(
      dataset, FeatureSchema(fitting: dataset).inputs, binLimit: 65_536, threadCount: 1)
    return TrainingTable(
      coded, labels: dataset.labels, samples: dataset.weights, weights: nil, classCount: classCount,
      keepsSources: false)
  }

  private struct Sample: Hashable {
    let code: Int
    let label: Int
  }

  private static func samples(
    of runs: some CodeRuns, _ node: NodeSamples
  ) -> (counts: [Sample: Int], codes: [Int]) {
    var counts: [Sample: Int] = [:]
    for run in 0..<runs.count {
      runs.forEach(run) { label, weight in
        let sample = Sample(code: runs.code(run), label: Int(node.labels[label]))
        counts[sample, default: 0] += Int(weight)
      }
    }
    return (counts.filter { $0.value > 0 }, (0..<runs.count).map { runs.code($0) })
  }

  private static func check<Code>(_ table: TrainingTable<Code>) {
    var generator = SeededGenerator(seed: printedSeed())
    let targets = UnsafeMutablePointer<Target>.allocate(capacity: table.rowCount)
    defer { targets.deallocate() }
    for row in 0..<table.rowCount {
      targets[row] = Target(weight: table.weights[row], label: UInt32(table.labels[row]))
    }
    let gatherer = NodeGatherer(rowCount: table.rowCount, classCount: table.classCount)
    let histograms = CodeHistograms(table)
    let sorter = CodeSorter(table)
    for size in [1, 2, 7, 48, 49, 300, 2000, table.rowCount] {
      let rows = (0..<UInt32(table.rowCount)).shuffled(using: &generator).prefix(size).sorted()
      rows.withUnsafeBufferPointer { rows in
        let node = gatherer.gather(rows, targets)
        let labels = (0..<node.classCount).map { Int(node.labels[$0]) }
        #expect(labels == Set(rows.map { Int(table.labels[Int($0)]) }).sorted())
        #expect(node.sampleCount == rows.reduce(0) { $0 + Int(table.weights[Int($1)]) })
        for input in 0..<2 {
          var expected: [Sample: Int] = [:]
          for row in rows.map(Int.init) {
            let code = Int(table.codes.row(row)[input * table.codes.inputStride])
            let sample = Sample(code: code, label: Int(table.labels[row]))
            expected[sample, default: 0] += Int(table.weights[row])
          }
          let codes = Set(expected.keys.map(\.code)).sorted()
          let sorted = samples(of: sorter.runs(of: node, input: input), node)
          #expect(sorted.counts == expected && sorted.codes == codes)
          guard histograms.isFull(input, of: node) else { continue }
          #expect(histograms.include(input, of: node))
          histograms.count(node)
          let counted = samples(of: histograms.runs(ofInput: input, of: node), node)
          #expect(counted.counts == expected && counted.codes == codes)
        }
        histograms.clear(node)
      }
    }
  }

  @Test(arguments: [2, 5, 200], [3, 200, 100_000])
  func countedOrSortedTheyAreTheSame(classCount: Int, valueCount: Int) {
    if valueCount < 256 {
      Self.check(Self.table(UInt8.self, classCount: classCount, valueCount: valueCount))
    }
    Self.check(Self.table(UInt16.self, classCount: classCount, valueCount: valueCount))
  }
}
