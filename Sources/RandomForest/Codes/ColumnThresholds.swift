/// The thresholds of one column in a grown forest: each split's pair of neighbouring codes, and the
/// cut that separates them.
struct ColumnThresholds {
  /// The thresholds that splits use, ascending, each once.
  private(set) var cuts: [Double] = []
  private let bins: NumericBins?
  /// Whether the cuts were given, and a split's lower code is the place of its own.
  private let isGiven: Bool
  /// For each slot the place of its threshold among `cuts`, `unused` before it is known; empty before the
  /// first use, since most columns of a wide table have none.
  private var places: [UInt16] = []
  private static let unused = UInt16.max
  /// The slots of the thresholds that were noted: few of them, where there are many slots.
  private var used: [Int] = []

  /// - Parameter bins: nil for a one-hot column, whose one threshold is ½.
  init(_ bins: NumericBins?) {
    self.bins = bins
    isGiven = false
  }

  /// - Parameter cuts: ascending, each once; a split's lower code is the place of its threshold.
  init(cuts: [Double]) {
    self.cuts = cuts
    bins = nil
    isGiven = true
  }

  /// Notes that a split uses the threshold between two codes.
  mutating func use(low: Int, high: Int) {
    if places.isEmpty {
      places = Array(repeating: Self.unused, count: bins?.thresholdCount ?? 1)
    }
    let slot = slot(low, high)
    guard places[slot] == Self.unused else { return }
    places[slot] = 0
    used.append(slot)
  }

  /// Orders the thresholds that were noted.
  mutating func finish() {
    cuts = Array(Set(used.map(threshold))).sorted()
    for slot in used { places[slot] = UInt16(cuts.countBelow(threshold(slot))) }
  }

  /// The place among `cuts` of the threshold between two codes.
  func place(low: Int, high: Int) -> UInt16 {
    isGiven ? UInt16(low) : places[slot(low, high)]
  }

  private func slot(_ low: Int, _ high: Int) -> Int { bins?.thresholdIndex(low, high) ?? 0 }

  private func threshold(_ slot: Int) -> Double { bins?.threshold(slot) ?? 0.5 }
}
