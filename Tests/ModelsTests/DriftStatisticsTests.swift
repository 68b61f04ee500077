import FoundationEssentials
import RandomForest
import TestSupport
import Testing

@testable import Models

/// The tests by which drift is judged, against SciPy's.
struct DriftStatisticsTests {
  struct Gamma: Decodable { let a: Double, x: Double, q: Double }
  struct Survival: Decodable { let x: Double, survival: Double }
  struct Smirnov: Decodable, CustomTestStringConvertible {
    let name: String, reference: [Double], sample: [Double], statistic: Double, p: Double
    var testDescription: String { name }
  }
  struct Counts: Decodable {
    let reference: [Int], sample: [Int], statistic: Double, p: Double
  }
  struct Golden: Decodable {
    let gamma: [Gamma], kolmogorov: [Survival], smirnov: [Smirnov], homogeneity: [Counts]
    let fisher: [Counts]
  }

  static let golden: Golden = try! JSONDecoder().decode(
    Golden.self,
    from: Data(
      contentsOf: URL(
        filePath: "\(repositoryRoot)/Tests/ModelsTests/Golden/statistics.json")))

  private func expectEqual(
    _ ours: Double, _ theirs: Double, within tolerance: Double = 1e-10,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(ours - theirs) <= tolerance * max(theirs, 1e-300), "\(ours) is not \(theirs)",
      sourceLocation: sourceLocation)
  }

  @Test func theIncompleteGammaFunctionIsSciPys() {
    #expect(Self.golden.gamma.count > 50)
    for golden in Self.golden.gamma {
      expectEqual(upperIncompleteGamma(golden.a, golden.x), golden.q)
    }
    #expect(upperIncompleteGamma(2, .infinity) == 0)
  }

  @Test func kolmogorovsDistributionIsSciPys() {
    for golden in Self.golden.kolmogorov {
      expectEqual(
        KolmogorovSmirnovTest.kolmogorovSurvival(golden.x), golden.survival, within: 1e-9)
    }
  }

  @Test(arguments: golden.smirnov)
  func theDistanceAndItsExactProbabilityAreSciPys(golden: Smirnov) {
    let test = KolmogorovSmirnovTest(
      reference: ValueCounts(of: golden.reference), sample: ValueCounts(of: golden.sample))
    expectEqual(test.statistic, golden.statistic, within: 1e-12)
    expectEqual(test.pValue, golden.p, within: 1e-8)
  }

  @Test func theApproximationIsNearTheExactProbability() {
    // Where the one takes over from the other, and below.
    for (m, n) in [(140, 200), (1000, 1000)] {
      for p in [0.3, 0.05, 0.01, 0.001] {
        var distance = 1
        while KolmogorovSmirnovTest.exactSurvival(distance, m, n) > p { distance += m * n / 200 }
        let exact = KolmogorovSmirnovTest.exactSurvival(distance, m, n)
        let near = KolmogorovSmirnovTest.asymptoticSurvival(
          Double(distance) / Double(m * n), m, n)
        #expect(abs(near / exact - 1) < 0.15, "\(near) for \(exact)")
      }
    }
  }

  @Test func aWeightedReferenceCountsAsItsSamplesDo() {
    let weighted = ValueCounts(values: [1, 2, 5], counts: [2, 1, 3])
    let sample = ValueCounts(of: [1.5, 2, 6])
    #expect(
      KolmogorovSmirnovTest(reference: weighted, sample: sample)
        == KolmogorovSmirnovTest(reference: ValueCounts(of: [1, 5, 2, 1, 5, 5]), sample: sample))
  }

  @Test func groupsChangeTheDistanceByNoMoreThanTheSizeOfOne() {
    var generator = SeededGenerator(seed: 3)
    for shift in [0, 0.05, 0.3, 2, -2] {
      let all = ValueCounts(of: (0..<5000).map { _ in generator.uniform() })
      let grouped = all.grouped(limit: 256)
      #expect(grouped.values.count <= 256 && grouped.isGrouped)
      #expect(grouped.sampleCount == 5000)
      #expect(grouped.counts.max()! < 2 * 5000 / 255)
      let sample = ValueCounts(of: (0..<300).map { _ in generator.uniform() + shift })
      let exact = KolmogorovSmirnovTest(reference: all, sample: sample).statistic
      let found = KolmogorovSmirnovTest(reference: grouped, sample: sample).statistic
      #expect(found <= exact)
      #expect(found >= exact - 2.0 / 255)
    }
    let few = ValueCounts(of: [3, 1, 2])
    #expect(few.grouped(limit: 3) == few)
  }

  @Test func sharesOfLevelsAreComparedAsSciPyDoes() {
    for golden in Self.golden.homogeneity {
      let test = HomogeneityTest(reference: golden.reference, sample: golden.sample)
      #expect(test.method == .chiSquared)
      #expect(abs(test.statistic - golden.statistic) < 1e-9)
      expectEqual(test.pValue, golden.p)
    }
  }

  @Test func twoRareLevelsAreComparedByFishersTest() {
    for golden in Self.golden.fisher {
      let test = HomogeneityTest(reference: golden.reference, sample: golden.sample)
      #expect(test.method == .fisher)
      #expect(abs(test.statistic - golden.statistic) < 1e-9)
      expectEqual(test.pValue, golden.p, within: 1e-9)
    }
  }

  @Test func rareLevelsArePooled() {
    let pooled = HomogeneityTest(reference: [70, 65, 3, 2], sample: [100, 95, 1, 4])
    // The two rarest together are expected 4.1 times on the smaller side, so the third joins them.
    #expect(pooled == HomogeneityTest(reference: [70, 70], sample: [100, 100]))
    #expect(pooled.pValue == 1)
    let kept = HomogeneityTest(reference: [70, 60, 8, 2], sample: [100, 90, 6, 4])
    #expect(kept == HomogeneityTest(reference: [70, 60, 10], sample: [100, 90, 10]))
    // A level that the reference never had is no less a difference.
    #expect(HomogeneityTest(reference: [70, 70, 0], sample: [70, 70, 60]).pValue < 1e-9)
    #expect(HomogeneityTest(reference: [70, 0], sample: [100, 0]).pValue == 1)
  }
}
