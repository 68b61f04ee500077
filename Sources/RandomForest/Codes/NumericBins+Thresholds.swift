/// The threshold that a split between two codes has, which a sample of a code between them that was
/// not in the node may lie on either side of.
extension NumericBins {
  /// Up to this many codes an exact column's threshold is the midpoint of its two neighbours in the
  /// node, as in CART: all pairs of so few codes have fewer midpoints than a column can have cuts.
  /// Beyond, it is the cut nearest to that midpoint.
  private static let midpointCodeCount = 362

  private var usesMidpoints: Bool { isExact && codeCount <= Self.midpointCodeCount }

  /// The number of thresholds that splits can have.
  var thresholdCount: Int { usesMidpoints ? codeCount * codeCount : codeCount - 1 }

  /// The index of the threshold of a split between two codes that are neighbours in a node.
  func thresholdIndex(_ low: Int, _ high: Int) -> Int {
    if usesMidpoints { return low * codeCount + high }
    if high == low + 1 { return low }
    if high == missingCode { return high - 1 }
    let middle = Self.between(greatest[low], least[high])
    let above = min(code(of: middle, among: low..<high + 1), high - 1)
    let below = max(above - 1, low)
    return middle - cut(below) <= cut(above) - middle ? below : above
  }

  /// The threshold of an index.
  func threshold(_ index: Int) -> Double {
    guard usesMidpoints else { return cut(index) }
    if index % codeCount == missingCode { return .infinity }
    return Self.between(greatest[index / codeCount], least[index % codeCount])
  }

  /// The last code whose values lie at or below the threshold of a split between two codes.
  func lastCodeLeft(_ low: Int, _ high: Int) -> Int {
    let index = thresholdIndex(low, high)
    guard usesMidpoints else { return index }
    let threshold = threshold(index)
    let code = code(of: threshold)
    return greatest[code] <= threshold ? code : code - 1
  }
}
