import RandomForest
import TestSupport
import Testing

struct PartialDependenceTests {
  private func dataset(_ values: [Double], weights: [Int]? = nil) -> Dataset {
    Dataset(
      features: [Feature(name: "x", kind: .numeric)], classes: ["a"], values: values,
      labels: values.map { _ in 0 }, weights: weights)
  }

  @Test func aCurveIsWhatTheForestSaysOfTheChangedRow() throws {
    let dataset = datasetWithHoles(rowCount: 30, seed: 4).reweighted((0..<30).map { 1 + $0 % 3 })
    let forest = try forestWithHoles(treeCount: 4)
    let grid = [.nan, 5, 12.5, .infinity]
    let found = try forest.partialDependence(
      ofInput: 0, on: dataset, at: grid, keepsIndividuals: true)
    for (point, value) in grid.enumerated() {
      var sums = [0.0, 0, 0]
      for row in 0..<30 {
        let changed = [value] + dataset.row(row).dropFirst()
        let probabilities = try forest.predict(changed).probabilities
        let start = (row * grid.count + point) * 3
        #expect(Array(found.individuals[start..<start + 3]) == probabilities)
        for label in 0..<3 { sums[label] += Double(dataset.weights[row]) * probabilities[label] }
      }
      let means = sums.map { $0 / Double(dataset.sampleCount) }
      #expect(agree(Array(found.means[point * 3..<point * 3 + 3]), means))
    }
  }

  @Test func levelsAreAllAskedAboutAndFewNumbersEachOnce() {
    let few = syntheticDataset(rowCount: 2, seed: 1)
    #expect(few.grid(ofColumn: 2) == [0, 1, 2])
    #expect(dataset([3, .nan, -0.0, 1, 0, .infinity]).grid(ofColumn: 0) == [0, 1, 3])
    #expect(dataset([.nan]).grid(ofColumn: 0) == [])
  }

  @Test func aColumnThatIsNearlyAlwaysTheSameIsAskedAboutFromEndToEnd() {
    let nearly = dataset([0, 1, 2, 3, 4], weights: [1000, 1, 1, 1, 1])
    #expect(nearly.grid(ofColumn: 0, count: 3) == [0, 2, 4])
    #expect(nearly.grid(ofColumn: 0, count: 6) == [0, 1, 2, 3, 4])
  }

  @Test func theGridOfWeightedRowsIsThatOfRepeatedRows() {
    let weighted = dataset((0..<50).map(Double.init), weights: (0..<50).map { 1 + $0 % 4 })
    let repeated = dataset((0..<50).flatMap { repeatElement(Double($0), count: 1 + $0 % 4) })
    #expect(weighted.grid(ofColumn: 0, count: 7) == repeated.grid(ofColumn: 0, count: 7))
  }
}
