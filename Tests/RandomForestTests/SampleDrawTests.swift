import Testing

@testable import RandomForest

/// Bootstrap samples of weighted rows. Rows of few samples each are drawn one sample after the other,
/// rows of many one row after the other.
struct SampleDrawTests {
  /// 10, 20 and 30 samples as three rows and as fifteen: the two ways to draw.
  private let groups: [[UInt32]] = [[10, 20, 30], [2, 4, 6]]

  /// The samples drawn of each group of equal rows, one list a draw.
  private func draws(_ weights: [UInt32], copies: Int, count: Int, seed: UInt64) -> [[Double]] {
    let draw = SampleDraw(
      weights: weights.flatMap { Array(repeating: $0, count: copies) })
    let counts = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: weights.count * copies)
    defer { counts.deallocate() }
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      draw.draw(into: counts, &generator)
      return weights.indices.map { group in
        Double(counts[group * copies..<(group + 1) * copies].reduce(0, +))
      }
    }
  }

  /// A draw's groups and the products of two, whose means hold the covariances.
  private func statistics(_ draw: [Double]) -> [Double] {
    draw + [draw[0] * draw[1], draw[0] * draw[2], draw[1] * draw[2]]
  }

  @Test(arguments: [1, 5])
  func everyDrawHasAsManySamplesAsThereAre(copies: Int) {
    let weights = groups[copies == 1 ? 0 : 1]
    for draw in draws(weights, copies: copies, count: 500, seed: 2) {
      #expect(draw.reduce(0, +) == 60)
    }
  }

  @Test(arguments: [1, 5], [1, 20, 60])
  func fewerSamplesAreDrawnOnRequest(copies: Int, count: Int) {
    let weights = groups[copies == 1 ? 0 : 1].flatMap { Array(repeating: $0, count: copies) }
    let draw = SampleDraw(weights: weights, drawCount: count)
    let counts = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: weights.count)
    defer { counts.deallocate() }
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<100 {
      draw.draw(into: counts, &generator)
      #expect(counts.reduce(0) { $0 + Int($1) } == count)
    }
  }

  @Test(arguments: [1, 5])
  func theCountsOfRowsAreMultinomial(copies: Int) {
    let draws = draws(groups[copies == 1 ? 0 : 1], copies: copies, count: 20_000, seed: 3)
    let shares = [1.0 / 6, 1.0 / 3, 1.0 / 2]
    for (group, share) in shares.enumerated() {
      let binomial = BinomialTests.Case(trials: 60, probability: share)
      var (statistic, degrees) = (0.0, -1)
      for successes in 0...60 {
        let expected = 20_000 * binomial.mass(successes)
        guard expected >= 5 else { continue }
        let observed = Double(draws.count { $0[group] == Double(successes) })
        statistic += (observed - expected) * (observed - expected) / expected
        degrees += 1
      }
      #expect(statistic < chiSquaredLimit(degrees: degrees))
    }
    // Each pair of groups: n (n - 1) p q is the mean of the product.
    for (place, (a, b)) in [(0, 1), (0, 2), (1, 2)].enumerated() {
      let products = Moments(of: draws.map { statistics($0)[3 + place] })
      let error = (products.variance / products.count).squareRoot()
      #expect(abs(products.mean - 60 * 59 * shares[a] * shares[b]) < 4 * error)
    }
  }

  @Test func bothWaysToDrawVaryAlike() {
    let byRow = draws(groups[0], copies: 1, count: 10_000, seed: 4).map(statistics)
    let bySample = draws(groups[1], copies: 5, count: 10_000, seed: 5).map(statistics)
    for place in byRow[0].indices {
      let distances = Moments(of: byRow.map { $0[place] })
        .distances(to: Moments(of: bySample.map { $0[place] }))
      #expect(distances.mean < 4 && distances.variance < 4)
    }
  }
}
