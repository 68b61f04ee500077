import RandomForest
import Testing
@testable import Models

@Suite struct DriftHistogramTests {
  private func counts(_ values: some Sequence<Double>) -> ValueCounts { ValueCounts(of: values) }

  @Test func binsOfNumbersAreRoundAndTakeWhatLiesBeyond() throws {
    let histogram = try #require(
      DriftHistogram(
        reference: counts((15...74).map(Double.init)),
        sample: counts([3, 20, 39.5, 40, 120] + (0..<245).map { _ in 60 }), isWhole: true))
    #expect(histogram.bounds == [20, 30, 40, 50, 60, 70])
    #expect(histogram.reference == [5, 10, 10, 10, 10, 10, 5])
    #expect(histogram.sample == [1, 1, 1, 1, 0, 245, 1])
    #expect(histogram.levels.isEmpty && histogram.size == .large)
  }

  @Test(arguments: [(0.0003, 0.0009), (-7, 1e9), (1e-300, 1e300)])
  func anyRangeHasAFewBins(low: Double, high: Double) throws {
    let values = (0...1000).map { low + (high - low) * Double($0) / 1000 }
    let histogram = try #require(
      DriftHistogram(reference: counts(values), sample: counts(values), isWhole: false))
    #expect(2...11 ~= histogram.reference.count && histogram.reference == histogram.sample)
    #expect(histogram.reference.reduce(0, +) == 1001)
    #expect(histogram.stabilityIndex == 0 && histogram.size == .small)
  }

  @Test func oneFarValueDoesNotPressAllOthersIntoABin() throws {
    let values = (0..<500).map { Double($0 % 50) } + [1e6]
    let histogram = try #require(
      DriftHistogram(reference: counts(values), sample: counts(values), isWhole: true))
    #expect(histogram.reference.filter { $0 > 0 }.count >= 5)
  }

  @Test func aNumberThatNeverVariesHasNone() {
    #expect(
      DriftHistogram(
        reference: counts(Array(repeating: 4, count: 60)), sample: counts([4, 5]), isWhole: false)
        == nil)
  }

  @Test func rareCategoriesShareABin() {
    let levels = (0..<30).map { "level \($0)" }
    let reference = (0..<30).map { $0 == 7 ? 1000 : $0 }
    let histogram = DriftHistogram(levels: levels, reference: reference, sample: reference)
    #expect(histogram.levels.count == 10 && histogram.levels.last == .some(nil))
    #expect(histogram.levels.contains("level 7") && histogram.levels.contains("level 29"))
    #expect(histogram.reference.reduce(0, +) == reference.reduce(0, +))
  }

  @Test func theIndexIsThatOfItsFormula() {
    // (0.7 − 0.5) ln(0.7 / 0.5) + (0.3 − 0.5) ln(0.3 / 0.5), with half a patient in each bin.
    let histogram = DriftHistogram(
      levels: ["F", "M"], reference: [499_999, 499_999], sample: [699_999, 299_999])
    #expect(abs(histogram.stabilityIndex - 0.169459) < 1e-5)
    #expect(histogram.size == .moderate)
  }
}
