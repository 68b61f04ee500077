/// Class distributions without the classes that have nothing of them: of thousands of classes a leaf
/// has few.
struct ClassShares: Sendable {
  private(set) var labels: [UInt16] = []
  private(set) var shares: [Double] = []
  /// Where each distribution begins, and where the last one ends.
  private var starts = [0]

  /// The number of distributions.
  var count: Int { starts.count - 1 }

  /// Where a distribution stands among `labels` and `shares`.
  func range(of index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

  /// Adds a distribution, its labels ascending.
  mutating func append(_ distribution: some Sequence<(label: Int, share: Double)>) {
    for (label, share) in distribution where share != 0 {
      labels.append(UInt16(label))
      shares.append(share)
    }
    starts.append(labels.count)
  }

  /// Adds a distribution of others.
  mutating func append(_ index: Int, of other: ClassShares) {
    labels += other.labels[other.range(of: index)]
    shares += other.shares[other.range(of: index)]
    starts.append(labels.count)
  }

  /// Whether a distribution is one of others.
  func equals(_ index: Int, _ other: ClassShares, _ otherIndex: Int) -> Bool {
    let (own, others) = (range(of: index), other.range(of: otherIndex))
    return labels[own] == other.labels[others] && shares[own] == other.shares[others]
  }

  /// A number that equal distributions share.
  func hash(of index: Int) -> UInt64 {
    var hash = UInt64(0)
    for place in range(of: index) {
      // The bits of 1 and of most shares are the upper ones: a product alone would leave the lower 0.
      hash = (hash ^ shares[place].bitPattern ^ UInt64(labels[place])) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 32
    }
    return hash
  }
}
