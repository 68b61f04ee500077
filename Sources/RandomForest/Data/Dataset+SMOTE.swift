import Dispatch
import Synchronization

extension Dataset {
  /// Balances the classes with synthetic samples: each class grows to the size of the largest.
  ///
  /// SMOTE (Chawla et al., 2002): a new sample lies at a random place between a sample and one of
  /// its `neighborCount` nearest neighbours of the same class. With categorical features it is
  /// SMOTE-NC (same paper, section 6.1): a categorical mismatch adds the square of the median of
  /// the class's standard deviations to the squared distance, and a new sample takes the level
  /// that most of the neighbours have, ties at random; levels are never interpolated.
  ///
  /// A class of n < `neighborCount` + 1 samples uses its n - 1 neighbours; a single one, which has none,
  /// is repeated.
  ///
  /// The new samples come behind the rows that there were. A sample whose neighbours all equal it
  /// gives nothing but copies of itself, which then come as one row.
  ///
  /// - Parameters:
  ///   - neighborCount: k (`k_neighbors`), at least 1.
  ///   - seed: one seed, one result, for the same rows in the same order.
  /// - Throws: `SamplingError` as `requireSMOTE` does.
  /// - Complexity: for a class of r rows O(r · log r · features) where few numbers tell them apart, up to
  ///   O(r² · features) where many do, or none.
  public func oversampled(
    neighborCount: Int = 5, seed: UInt64
  ) throws(SamplingError) -> Dataset {
    precondition(neighborCount > 0, "SMOTE needs a neighbour")
    try requireSMOTE()
    let counts = classCounts
    let target = counts.max() ?? 0
    var result = self
    for label in classes.indices where counts[label] > 0 && counts[label] < target {
      guard counts[label] > 1 else {
        result.append(Array(row(labels.firstIndex(of: label)!)), label: label, weight: target - 1)
        continue
      }
      var minority = MinorityClass(
        of: self, label: label, neighborCount: min(neighborCount, counts[label] - 1),
        generator: SeededGenerator(seed: seed, stream: UInt64(label)))
      minority.synthesize(target - counts[label]) { result.append($0, label: label, weight: $1) }
    }
    return result
  }
}

extension Dataset {
  /// The most samples that a forest is trained on.
  static let maximumSampleCount = Int(Int32.max)

  /// Whether SMOTE can balance these rows, as `requireSMOTE` says.
  public var allowsSMOTE: Bool { (try? requireSMOTE()) != nil }

  /// Refuses rows that SMOTE cannot balance. Rows whose numbers are in bins or whose levels are one-hot
  /// show no more what is missing: these are to be asked before they are encoded.
  ///
  /// - Throws: `SamplingError`, which says what to do instead, when a value is missing or infinite, since
  ///   nothing lies between a number and none, and when there would be more samples than a forest is
  ///   trained on.
  public func requireSMOTE() throws(SamplingError) {
    let counts = classCounts
    let largest = counts.max() ?? 0
    let (balanced, overflow) = largest.multipliedReportingOverflow(
      by: counts.count { $0 > 0 })
    guard !overflow, balanced <= Self.maximumSampleCount else {
      throw SamplingError(
        description: "SMOTE would bring every class to the \(largest) samples of the largest, more "
          + "than \(Self.maximumSampleCount) in all: train without SMOTE")
    }
    guard !values.allSatisfy(\.isFinite) else { return }
    let names = features.indices.filter { column in
      (0..<rowCount).contains { values[$0 * featureCount + column].isNaN }
    }.map { features[$0].name }
    guard !names.isEmpty else {
      throw SamplingError(description: "SMOTE needs finite numbers, and one is infinite")
    }
    let count = (0..<rowCount).reduce(0) {
      $0 + (row($1).contains(where: \.isNaN) ? weights[$1] : 0)
    }
    let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    throw SamplingError(
      description: "SMOTE needs every value, and \(count) of \(sampleCount) samples lack one "
        + "(\(shown)): train without SMOTE, or fill in these values, or leave these samples out")
  }
}

/// The rows of one class, ready to be interpolated.
private struct MinorityClass {
  let features: [Feature]
  let rows: [ArraySlice<Double>]
  let weights: [Int]
  /// The samples of each row and all before it, so that a row is drawn as often as its weight says.
  let cumulativeWeights: [Int]
  let neighborCount: Int
  let mismatch: Double
  /// Made when the first row needs it: where rows stand for many samples, none may.
  lazy var search = NearestRows(
    rows.indices.filter { weights[$0] > 0 }, of: features, mismatch: mismatch
  ) { rows[$0] }
  /// The nearest neighbours of a row by row index, found when first needed.
  var neighbors: [[Int]?]
  var generator: SeededGenerator

  init(of dataset: Dataset, label: Int, neighborCount: Int, generator: SeededGenerator) {
    var generator = generator
    var members = (0..<dataset.rowCount).filter { dataset.labels[$0] == label }
    // Of neighbours equally far, which encoded rows often are, chance decides, not their order.
    for place in members.indices {
      members.swapAt(place, place + generator.below(members.count - place))
    }
    features = dataset.features
    rows = members.map { dataset.row($0) }
    weights = members.map { dataset.weights[$0] }
    var total = 0
    cumulativeWeights = weights.map { weight in
      total += weight
      return total
    }
    self.neighborCount = neighborCount
    self.generator = generator
    neighbors = Array(repeating: nil, count: rows.count)
    mismatch = Self.medianVariance(features: features, rows: rows, weights: weights)
  }

  /// The square of the median, over the numeric features, of the class's standard deviation.
  private static func medianVariance(
    features: [Feature], rows: [ArraySlice<Double>], weights: [Int]
  ) -> Double {
    let count = Double(weights.reduce(0, +))
    func mean(_ value: (ArraySlice<Double>) -> Double) -> Double {
      zip(rows, weights).reduce(0) { $0 + value($1.0) * Double($1.1) } / count
    }
    let deviations = features.indices.filter { !features[$0].isCategorical }.map { column in
      let center = mean { $0[$0.startIndex + column] }
      return mean { row in
        let difference = row[row.startIndex + column] - center
        return difference * difference
      }.squareRoot()
    }.sorted()
    guard !deviations.isEmpty else { return 1 }
    let middle = deviations.count / 2
    let median =
      deviations.count % 2 == 1
      ? deviations[middle] : (deviations[middle - 1] + deviations[middle]) / 2
    return median * median
  }

  /// The rows of the nearest samples: a row stands in the list once for each of its samples.
  private mutating func nearest(to row: Int) -> [Int] {
    if let known = neighbors[row] { return known }
    if standsAlone(row) { return Array(repeating: row, count: neighborCount) }
    let found = nearest(to: row, by: search)
    neighbors[row] = found
    return found
  }

  private func nearest(to row: Int, by search: NearestRows) -> [Int] {
    var found: [Int] = []
    // Each row but its own is a sample at least.
    for other in search.nearest(to: row, rows[row], count: neighborCount + 1)
    where found.count < neighborCount {
      let copies = weights[other] - (other == row ? 1 : 0)
      found += repeatElement(other, count: min(copies, neighborCount - found.count))
    }
    return found
  }

  /// Finds the neighbours of the rows that are about to be drawn, on all processors. Chance is asked as it will be
  /// asked then; a row that was not foreseen is looked at when it is drawn.
  private mutating func foresee(_ count: Int) {
    guard rows.count >= Self.manyRows, features.allSatisfy({ !$0.isCategorical }) else { return }
    var generator = generator
    var isDrawn = [Bool](repeating: false, count: rows.count)
    let partners = min(neighborCount, cumulativeWeights.last! - 1)
    for _ in 0..<count {
      isDrawn[Self.drawRow(cumulativeWeights, &generator)] = true
      _ = generator.below(partners)
      _ = generator.uniform()
    }
    let drawn = rows.indices.filter { isDrawn[$0] && !standsAlone($0) }
    let search = search
    let (known, pieceSize) = (self, 64)
    let found = Mutex(neighbors)
    DispatchQueue.concurrentPerform(iterations: (drawn.count + pieceSize - 1) / pieceSize) {
      piece in
      let piece = drawn[piece * pieceSize..<min((piece + 1) * pieceSize, drawn.count)]
      let lists = piece.map { known.nearest(to: $0, by: search) }
      found.withLock { for (row, list) in zip(piece, lists) { $0[row] = list } }
    }
    neighbors = found.withLock { $0 }
  }

  /// Fewer rows are searched before another thread is awake.
  private static let manyRows = 1000

  /// Whether the neighbours of a row's samples are all among its own.
  private func standsAlone(_ row: Int) -> Bool { weights[row] > neighborCount }

  /// Makes so many new samples.
  ///
  /// - Parameter body: gets each, and how many there are of it.
  mutating func synthesize(_ count: Int, _ body: (_ values: [Double], _ weight: Int) -> Void) {
    // Where rows stand for many samples each, a number for each row is the shorter way.
    guard count > 8 * rows.count else {
      foresee(count)
      for _ in 0..<count { body(synthesize(from: Self.drawRow(cumulativeWeights, &generator)), 1) }
      return
    }
    var draws: [(row: Int, count: Int)] = []
    generator.multinomial(count, weights, total: cumulativeWeights.last!) { draws.append(($0, $1)) }
    for (row, count) in draws {
      if standsAlone(row) {
        body(Array(rows[row]), count)
      } else {
        for _ in 0..<count { body(synthesize(from: row), 1) }
      }
    }
  }

  private static func drawRow(
    _ cumulativeWeights: [Int], _ generator: inout SeededGenerator
  ) -> Int {
    let sample = generator.below(cumulativeWeights.last!)
    var low = 0
    var high = cumulativeWeights.count - 1
    while low < high {
      let middle = (low + high) / 2
      if sample < cumulativeWeights[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func synthesize(from row: Int) -> [Double] {
    let around = nearest(to: row)
    let partner = rows[around[generator.below(around.count)]]
    let step = generator.uniform()
    return features.indices.map { column in
      let base = rows[row][rows[row].startIndex + column]
      guard features[column].isCategorical else {
        return base + step * (partner[partner.startIndex + column] - base)
      }
      var frequency: [Double: Int] = [:]
      for neighbor in around {
        frequency[rows[neighbor][rows[neighbor].startIndex + column], default: 0] += 1
      }
      let most = frequency.values.max()!
      let winners = frequency.filter { $0.value == most }.keys.sorted()
      return winners[generator.below(winners.count)]
    }
  }
}
