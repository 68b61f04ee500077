extension Dataset {
  /// The most orders that levels are put in.
  static let maximumOrderCount = 8

  /// The orders of a categorical feature's levels in which a cut parts the classes well.
  ///
  /// With two classes that is the order of the share of the second one: of all ways to divide the
  /// levels in two, the best lies on it (Breiman, Friedman, Olshen and Stone, "Classification and
  /// regression trees", 1984, section 4.2.2). With more, where no one order has it, there is an order for each
  /// class, by its share: for the eight at most whose shares differ most. Orders are found once, on all rows,
  /// not anew at each split; of equals the level that is named first comes first.
  ///
  /// An order has seen the classes: it belongs to the training rows alone, as a fold's to the fold.
  ///
  /// - Returns: `FeatureEncoding.ordered`; a level that no row has gets no rank.
  /// - Precondition: the feature is categorical.
  /// - Complexity: O(rows + levels · classes).
  public func orderedEncoding(ofColumn column: Int) -> FeatureEncoding {
    guard case .categorical(let levels) = features[column].kind else {
      preconditionFailure("an order needs levels")
    }
    // Shape (levels, classes).
    var shares = [[Double]](
      repeating: Array(repeating: 0, count: classes.count), count: levels.count)
    for row in 0..<rowCount {
      guard let level = Int(exactly: values[row * featureCount + column]), shares.indices ~= level
      else { continue }
      shares[level][labels[row]] += Double(weights[row])
    }
    let counts = shares.map { $0.reduce(0, +) }
    for level in levels.indices where counts[level] > 0 {
      for label in classes.indices { shares[level][label] /= counts[level] }
    }
    let known = levels.indices.filter { counts[$0] > 0 }
    return .ordered(
      orders: labelsToOrderBy(shares, counts).map { label in
        var ranks = [Int?](repeating: nil, count: levels.count)
        let sorted = known.sorted { (shares[$0][label], $0) < (shares[$1][label], $1) }
        for (rank, level) in sorted.enumerated() { ranks[level] = rank }
        return ranks
      })
  }

  /// The classes whose shares differ most between the levels, in their order; of two the second.
  private func labelsToOrderBy(_ shares: [[Double]], _ counts: [Double]) -> [Int] {
    guard classes.count > 2 else { return [classes.count - 1] }
    let total = counts.reduce(0, +)
    let spreads = classes.indices.map { label in
      let mean = zip(shares, counts).reduce(0) { $0 + $1.0[label] * $1.1 } / max(total, 1)
      return zip(shares, counts).reduce(0) { sum, level in
        sum + level.1 * (level.0[label] - mean) * (level.0[label] - mean)
      }
    }
    return classes.indices.sorted { (-spreads[$0], $0) < (-spreads[$1], $1) }
      .prefix(Self.maximumOrderCount).sorted()
  }
}
