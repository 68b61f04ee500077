import TestSupport
import Testing

@testable import RandomForest

struct LeafTests {
  private func samples(_ dataset: Dataset) -> [[Double]] {
    (0..<dataset.rowCount).map { Array(dataset.row($0)) }
  }

  @Test func theMeanOfTheLeavesSharesIsThePrediction() throws {
    let dataset = datasetWithHoles(rowCount: 700, seed: 9)
    let forest = try forestWithHoles(treeCount: 7, maximumLeafCount: nil)
    let trees = try (0..<7).map(forest.tree)
    let leaves = try forest.leaves(of: dataset.values, threadCount: 2)
    #expect(leaves.count == 700 * 7)
    for (row, sample) in samples(dataset).enumerated() {
      var sums = [0.0, 0, 0]
      for (number, tree) in trees.enumerated() {
        guard case .leaf(let shares) = tree.nodes[Int(leaves[row * 7 + number])] else {
          Issue.record("no leaf")
          continue
        }
        for label in sums.indices { sums[label] += shares[label] }
      }
      #expect(try forest.predict(sample).probabilities == sums.map { $0 / 7 })
    }
  }

  @Test func leavesAreTheSameWhetherTheFileWasCheckedOrNotAndByAnyNumberOfThreads() throws {
    let dataset = syntheticDataset(rowCount: 1000, seed: 2)
    let forest = try smallForest(maximumLeafCount: nil)
    let leaves = try forest.leaves(of: dataset.values)
    let copy = try Forest(copying: forest.fileBytes)
    #expect(try copy.leaves(of: dataset.values, threadCount: 5) == leaves)
    #expect(try forest.leaves(of: []) == [])
  }

  @Test func proximitiesAreAsTheyAreDefined() throws {
    let dataset = syntheticDataset(rowCount: 40, seed: 5)
    let forest = try smallForest(treeCount: 9)
    let leaves = try forest.leaves(of: dataset.values)
    let found = try forest.proximities(of: dataset.values)
    for a in 0..<40 {
      for b in 0..<40 {
        let same = (0..<9).count { leaves[a * 9 + $0] == leaves[b * 9 + $0] }
        #expect(found[a * 40 + b] == Double(same) / 9)
      }
      #expect(found[a * 40 + a] == 1)
    }
    let few = Array(dataset.values.suffix(2 * 3))
    #expect(
      try forest.proximities(of: few, to: dataset.values, threadCount: 2)
        == Array(found.suffix(80)))
    #expect(try forest.proximities(of: []) == [])
  }

  @Test(arguments: [0, 1 << 30, .max] as [UInt32])
  func aWalkThatADamagedFileSendsAwayEndsInAnError(offset: UInt32) throws {
    let forest = try smallForest()
    var forged = ForgedForest(forest.fileBytes)
    forged[UInt32.self, at: forged.range(of: .nodes).lowerBound] = offset
    let damaged = try Forest(copying: forged.signed)
    let samples = syntheticDataset(rowCount: 600, seed: 1).values
    #expect(throws: ForestFileError.self) { try damaged.leaves(of: samples, threadCount: 2) }
    #expect(throws: ForestFileError.self) { try damaged.proximities(of: samples) }
  }
}
