import Patients
import RandomForest
import TestSupport
import Testing
@testable import Models

@Suite struct HyperparameterSearchTests {
  private func search(trials: Int = 8) -> HyperparameterSearch {
    var search = HyperparameterSearch(options: TrainingOptions())
    search.space.treeCounts = [2, 4]
    search.space.maximumLeafCounts = [3, 8]
    search.trialCount = trials
    search.plan = CrossValidation(foldCount: 3)
    return search
  }

  @Test func theHeldOutRowsAreNeverLookedAt() throws {
    let table = try drug200().dataset
    let split = try TrainingOptions().split(table)
    func rows(_ dataset: Dataset) -> Set<[Double]> {
      Set((0..<dataset.rowCount).map { Array(dataset.row($0)) + [Double(dataset.labels[$0])] })
    }
    // No two of the 200 patients are alike, so that a row says which part it is of.
    let heldOut = rows(split.test)
    #expect(heldOut.count == 60 && heldOut.isDisjoint(with: rows(split.training)))
    var seen: Set<[Double]> = []
    let found = try search().run(
      on: table, isCancelled: { false }, progress: { _, _ in }
    ) { choice, training, test in
      seen.formUnion(rows(training))
      seen.formUnion(rows(test))
      let rows = try choice.options.prepare(choice.featureSet, .drug200, training)
      return try Evaluation(
        of: choice.options.train(rows, calibrates: false).forest, on: test)
    }
    #expect(found.count == 8)
    #expect(seen == rows(split.training))
  }

  @Test func aTrialThatIsGivenUpCouldNotHaveBeenTheBest() throws {
    let table = try drug200().dataset
    for metric in SearchMetric.allCases {
      var search = search(trials: 30)
      search.metric = metric
      let found = try search.run(on: try drug200())
      #expect(found.count { $0.isRejected } > 0)
      let best = try #require(search.best(of: found))
      #expect(!best.isRejected && best.foldCount == 3)
      // The same trials to their ends.
      let training = try TrainingOptions().split(table).training
      let order = found.map(\.parameters)
      for trial in found where trial.isRejected {
        #expect(trial.foldCount < 3)
        let choice = try #require(
          (0..<search.space.count).map { search.space.choice($0, from: search.options) }.first {
            HyperparameterSearch.names($0) == trial.parameters
          })
        let folds = try search.plan.evaluateFolds(training) { training, test in
          let rows = try choice.options.prepare(choice.featureSet, .drug200, training)
          return try Evaluation(
            of: choice.options.train(rows, calibrates: false).forest, on: test)
        }.flatMap(\.self)
        switch metric {
        case .macroF1:
          let mean = folds.reduce(0) { $0 + $1.confusion.macroAverage.f1 } / 3
          #expect(mean < best.macroF1)
        case .logLoss:
          #expect(folds.reduce(0) { $0 + $1.logLoss } / 3 > best.logLoss)
        }
      }
      #expect(Set(order).count == order.count)
    }
  }

  @Test func oneSeedGivesOneSearchAndAnotherGivesAnother() throws {
    let table = try drug200()
    func found(_ seed: UInt64) throws -> [[String: String]] {
      var search = search()
      search.options.seed = seed
      return try search.run(on: table).map(\.parameters)
    }
    #expect(try found(1) == found(1))
    #expect(try found(1) != found(2))
  }

  @Test func aGridTriesEveryChoiceOnceInOrder() throws {
    var search = search(trials: 1000)
    search.strategy = .grid
    search.space.featureSets = [.continuous]
    search.space.maximumFeatures = [.all]
    search.space.applySMOTE = [false]
    search.space.minimumSamplesPerLeaf = [1, 5]
    let found = try search.run(on: drug200())
    #expect(found.count == search.space.count && found.count == 8)
    #expect(found.map(\.number) == Array(1...8))
    #expect(Set(found.map(\.parameters)).count == 8)
    #expect(found[0].parameters["min-samples-leaf"] == "1")
    #expect(found[1].parameters["min-samples-leaf"] == "5")
    search.trialCount = 3
    #expect(
      try search.run(on: drug200()).map(\.parameters) == found[..<3].map(\.parameters))
  }

  @Test func aSearchThatIsCancelledKeepsWhatItFound() throws {
    var count = 0
    let found = try search().run(
      on: drug200(), isCancelled: { count == 2 }, progress: { _, _ in count += 1 })
    #expect(found.count == 2)
  }

  @Test func fewestSamplesInALeafReachTheForest() throws {
    var options = TrainingOptions()
    options.treeCount = 3
    let rows = try options.prepare(.continuous, .drug200, options.split(drug200().dataset).training)
    let small = try options.train(rows, calibrates: false).forest
    options.minimumSamplesPerLeaf = 20
    let large = try options.train(rows, calibrates: false).forest
    #expect(large.nodeCount < small.nodeCount)
    #expect(large.parameters.contains { $0.name == "min_samples_leaf" && $0.value == "20" })
  }
}
