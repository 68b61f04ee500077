import FoundationEssentials
import Models
import RandomForest
import TestSupport
import Testing

@Suite struct ExpectedAccuracyTests {
  private static let promise = AccuracyPromise(.test, accuracy: 0.9, samples: 100)

  private func answers(_ probabilities: [Double], agreed: Bool? = nil) -> [AccuracyReport.Answer] {
    probabilities.enumerated().map {
      .init(time: Int64($0) * 1_000_000, probability: $1, agreed: agreed)
    }
  }

  @Test func itIsTheMeanProbabilityWithThreeSamplingErrorsToBothSides() throws {
    let found = try #require(ExpectedAccuracy([0.95, 0.85, 0.75, 0.65], promise: Self.promise))
    #expect(found.count == 4)
    #expect(abs(found.accuracy - 0.8) < 1e-15)
    // √(0.9 · 0.1) = 0.3, over √4.
    #expect(abs(found.samplingError - 0.15) < 1e-15)
    #expect(abs(found.interval.lowerBound - 0.35) < 1e-15 && found.interval.upperBound == 1)
    #expect(ExpectedAccuracy([], promise: Self.promise) == nil)
  }

  @Test func withoutACardTheExpectedShareSaysHowFarChanceReaches() throws {
    let found = try #require(ExpectedAccuracy([0.9, 0.7], promise: nil))
    // √(0.8 · 0.2) = 0.4, over √2.
    #expect(abs(found.samplingError - 0.4 / 2.0.squareRoot()) < 1e-15)
  }

  @Test func samplesWithoutAMistakeDoNotShowThatThereAreNone() {
    // As if one of 61 had been half a mistake.
    let share = 60.5 / 61
    let none = AccuracyPromise(.test, accuracy: 1, samples: 60)
    #expect(abs(none.deviation - (share * (1 - share)).squareRoot()) < 1e-15)
    // One mistake counts as it is.
    let one = AccuracyPromise(.test, accuracy: 59.0 / 60, samples: 60)
    #expect(abs(one.deviation - (59.0 / 60 / 60).squareRoot()) < 1e-15)
  }

  @Test func anIntervalIsBesideAPromiseWhereTheyHaveNothingInCommon() {
    let promise = Self.promise
    let (low, high) = (promise.interval.lowerBound, promise.interval.upperBound)
    #expect(promise.interval == Proportion(90, of: 100).interval)
    #expect(promise.verdict(on: 0...low) == .within)
    #expect(promise.verdict(on: 0...low.nextDown) == .below)
    #expect(promise.verdict(on: high...1) == .within)
    #expect(promise.verdict(on: high.nextUp...1) == .above)
  }

  @Test func theCardPromisesWhatItsCrossValidationFoundElseTheTest() throws {
    try withTemporaryFolder { folder in
      let tested = try ModelRegistry(root: "\(folder)/a").load(saveModel(in: "\(folder)/a"))
      let evaluation = try #require(tested.evaluation)
      #expect(
        AccuracyPromise(tested.card, evaluation)
          == AccuracyPromise(.test, accuracy: evaluation.accuracy, samples: 60))
      #expect(evaluation.keepsItsWord == true)
      let version = try train(in: "\(folder)/b") { training in
        training.options.treeCount = 5
        training.validation = .folds(5, repeats: 1)
      }.version
      let validated = try ModelRegistry(root: "\(folder)/b").load(version)
      let promise = try #require(AccuracyPromise(validated.card, validated.evaluation))
      let scores = try #require(validated.card.featureSets["continuous"]?.crossValidation)
      #expect(promise.source == .crossValidation && promise.samples == 200)
      #expect(promise.accuracy == scores.accuracy.mean)
      let imported = try ModelRegistry(root: "\(folder)/c")
        .load(saveImportedModel(in: "\(folder)/c"))
      #expect(AccuracyPromise(imported.card, imported.evaluation) == nil)
    }
  }

  @Test func chunksEndWithTheNewestAndTheRestIsInNone() throws {
    let report = AccuracyReport(
      answers([0.1, 0.1, 0.6, 0.8, 0.9, 0.7]) + answers([0.9, 0.5], agreed: true),
      promise: Self.promise, chunkSize: 3)
    #expect(report.count == 8 && report.chunks.count == 2)
    #expect(report.chunks.map { ($0.expected.accuracy * 1e6).rounded() } == [766_667, 700_000])
    #expect(report.chunks.map(\.outcomes) == [0, 2] && report.chunks.map(\.agreed) == [0, 2])
    #expect(report.chunks[0].start == 2_000_000 && report.chunks[0].end == 4_000_000)
    let whole = try #require(report.whole)
    #expect(abs(whole.expected.accuracy - 4.6 / 8) < 1e-15 && whole.outcomes == 2)
    let few = AccuracyReport(answers([0.5, 0.5]), promise: Self.promise, chunkSize: 3)
    #expect(few.count == 2 && few.whole == nil && few.chunks.isEmpty && few.fallen == nil)
  }

  @Test func theNewestChunkFallsBeforeTheWhole() throws {
    let good = [Double](repeating: 0.95, count: 900)
    let bad = [Double](repeating: 0.7, count: 100)
    let fine = AccuracyReport(answers(good), promise: Self.promise)
    #expect(fine.fallen == nil && fine.chunks.count == 9)
    let fallen = try #require(AccuracyReport(answers(good + bad), promise: Self.promise).fallen)
    #expect(fallen.expected.count == 100)
    let all = [Double](repeating: 0.75, count: 999) + [Double](repeating: 0.8, count: 100)
    #expect(AccuracyReport(answers(all), promise: Self.promise).fallen?.expected.count == 1099)
    #expect(AccuracyReport(answers(bad), promise: nil).fallen == nil)
  }

  @Test func itIsWhatNannyMLExpects() throws {
    struct Golden: Decodable {
      struct Chunk: Decodable {
        let accuracy: Double, sampling_error: Double, lower: Double, upper: Double
      }
      let version: String, chunk: Int, confusion_matrix: [[Int]], chunks: [Chunk]
    }
    let folder = "\(repositoryRoot)/Tests/ModelsTests/Golden"
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: URL(filePath: "\(folder)/expected-accuracy.json")))
    let text = try String(
      contentsOf: URL(filePath: "\(folder)/expected-accuracy.csv"), encoding: .utf8)
    let rows = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let place = try #require(rows[0].firstIndex(of: "probability"))
    #expect(rows.count == 351 && rows.dropFirst().allSatisfy { $0.count == rows[0].count })
    let matrix = golden.confusion_matrix
    let samples = matrix.joined().reduce(0, +)
    let right = matrix.indices.reduce(0) { $0 + matrix[$1][$1] }
    let report = AccuracyReport(
      answers(try rows.dropFirst().reversed().map { try #require(Double($0[place])) }),
      promise: AccuracyPromise(
        .test, accuracy: Double(right) / Double(samples), samples: samples),
      chunkSize: golden.chunk)
    #expect(report.chunks.count == golden.chunks.count && report.chunks.count == 3)
    for (ours, theirs) in zip(report.chunks.map(\.expected), golden.chunks) {
      #expect(abs(ours.accuracy - theirs.accuracy) < 1e-12)
      #expect(abs(ours.samplingError - theirs.sampling_error) < 1e-12)
      #expect(abs(ours.interval.lowerBound - theirs.lower) < 1e-12)
      #expect(abs(ours.interval.upperBound - theirs.upper) < 1e-12)
    }
  }

  @Test func probabilitiesThatKeepTheirWordExpectWhatComes() throws {
    var outside = 0
    for seed in 0..<200 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let probabilities = (0..<400).map { _ in Double.random(in: 0.5...1, using: &generator) }
      let right = probabilities.count { Double.random(in: 0..<1, using: &generator) < $0 }
      // What such probabilities are worth on average, of as many reference rows.
      let promise = AccuracyPromise(.test, accuracy: 0.75, samples: 400)
      let found = try #require(ExpectedAccuracy(probabilities, promise: promise))
      if !found.interval.contains(Double(right) / 400) { outside += 1 }
      #expect(promise.verdict(on: found.interval) == .within, "seed \(seed)")
    }
    // Three sampling errors: a quarter of a percent at most, half a draw of 200.
    #expect(outside <= 2)
  }

  @Test func aRuleThatHasChangedIsSeenInOutcomesAlone() throws {
    let sure = [Double](repeating: 0.9, count: 200)
    let before = AccuracyReport(answers(sure, agreed: true), promise: Self.promise)
    let after = AccuracyReport(answers(sure, agreed: false), promise: Self.promise)
    #expect(before.whole?.expected == after.whole?.expected && after.fallen == nil)
    #expect(before.whole?.agreed == 200 && after.whole?.agreed == 0)
  }
}
