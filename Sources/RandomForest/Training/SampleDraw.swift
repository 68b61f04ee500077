/// Draws bootstrap samples of weighted rows.
struct SampleDraw: Sendable {
  /// How the samples are drawn; both ways give the same distribution.
  private enum Method {
    /// One sample after the other; the row of each.
    case bySample(owners: [UInt32])
    /// One row after the other.
    case byRow(weights: [UInt32])
  }

  private let method: Method
  private let sampleCount: Int
  private let drawCount: Int

  /// - Parameter drawCount: how many samples are drawn, nil for as many as there are.
  /// - Precondition: the weights add up to less than 2³¹.
  init(weights: [UInt32], drawCount: Int? = nil) {
    sampleCount = weights.reduce(0) { $0 + Int($1) }
    self.drawCount = drawCount ?? sampleCount
    // Where rows stand for many samples each, a number for each row is the shorter way.
    if sampleCount > 8 * weights.count {
      method = .byRow(weights: weights)
      return
    }
    var owners: [UInt32] = []
    owners.reserveCapacity(sampleCount)
    for (row, weight) in weights.enumerated() {
      owners.append(contentsOf: repeatElement(UInt32(row), count: Int(weight)))
    }
    method = .bySample(owners: owners)
  }

  /// Draws samples with replacement and counts each row's: an exact
  /// multinomial.
  func draw(
    into counts: UnsafeMutableBufferPointer<UInt32>, _ generator: inout SeededGenerator
  ) {
    counts.update(repeating: 0)
    switch method {
    case .bySample(let owners):
      owners.withUnsafeBufferPointer { owners in
        for _ in 0..<drawCount {
          counts[Int(owners[generator.below(sampleCount)])] += 1
        }
      }
    case .byRow(let weights):
      generator.multinomial(drawCount, weights, total: sampleCount) { counts[$0] = UInt32($1) }
    }
  }
}
