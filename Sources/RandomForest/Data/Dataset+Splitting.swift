extension Dataset {
  /// Splits the samples at random into training and test parts that keep the class proportions.
  ///
  /// The test part has ⌈testFraction · n⌉ samples, given to the classes by largest remainder, but
  /// never a class's last sample. Samples are chosen by selection sampling (Knuth, TAOCP 2, 3.4.2
  /// S), in time linear in samples and memory linear in rows.
  ///
  /// - Throws: `SamplingError` when the fraction is not between 0 and 1 or a part would be empty.
  public func stratifiedSplit(
    testFraction: Double, seed: UInt64
  ) throws(SamplingError) -> (training: Dataset, test: Dataset) {
    guard testFraction > 0, testFraction < 1 else {
      throw SamplingError(description: "the test fraction must lie between 0 and 1")
    }
    let counts = classCounts
    let wanted = Int((testFraction * Double(sampleCount)).rounded(.up))
    var remaining = Self.apportion(wanted, among: counts)
    guard remaining.contains(where: { $0 > 0 }) else {
      throw SamplingError(
        description: "\(sampleCount) samples are too few for a test part of \(wanted)")
    }
    var generator = SeededGenerator(seed: seed)
    var left = counts
    var testWeights = [Int](repeating: 0, count: rowCount)
    for row in 0..<rowCount {
      let label = labels[row]
      for _ in 0..<weights[row] {
        if generator.below(left[label]) < remaining[label] {
          testWeights[row] += 1
          remaining[label] -= 1
        }
        left[label] -= 1
      }
    }
    return (
      reweighted(zip(weights, testWeights).map { $0 - $1 }), reweighted(testWeights)
    )
  }

  /// Shares `total` among classes in proportion to their counts, largest remainder first, leaving
  /// each class at least one sample.
  private static func apportion(_ total: Int, among counts: [Int]) -> [Int] {
    let sum = counts.reduce(0, +)
    guard sum > 0 else { return counts }
    var shares = counts.map { $0 * total / sum }
    let byRemainder = counts.indices.sorted {
      let (a, b) = (counts[$0] * total % sum, counts[$1] * total % sum)
      return a == b ? $0 < $1 : a > b
    }
    var missing = total - shares.reduce(0, +)
    for index in byRemainder where missing > 0 && counts[index] > 0 {
      shares[index] += 1
      missing -= 1
    }
    return zip(shares, counts).map { min($0, max($1 - 1, 0)) }
  }

  /// Deals the samples at random into `count` folds whose sizes differ by at most one in each class.
  ///
  /// - Returns: the weight of each row in each fold, shape (count, rowCount); they add up to the
  ///   rows' weights.
  /// - Throws: `SamplingError` when there are fewer than two folds or fewer samples than folds.
  public func stratifiedFolds(
    _ count: Int, seed: UInt64
  ) throws(SamplingError) -> [[Int]] {
    guard count >= 2 else { throw SamplingError(description: "cross-validation needs 2 folds") }
    guard sampleCount >= count else {
      throw SamplingError(description: "\(sampleCount) samples are too few for \(count) folds")
    }
    var generator = SeededGenerator(seed: seed)
    // What each class has left to give to each fold. The folds that get one more go on from class
    // to class, so that the folds' own sizes differ by at most one as well.
    var quotas = [[Int]]()
    var next = 0
    for total in classCounts {
      var quota = [Int](repeating: total / count, count: count)
      for _ in 0..<total % count {
        quota[next % count] += 1
        next += 1
      }
      quotas.append(quota)
    }
    var left = classCounts
    var folds = [[Int]](repeating: [Int](repeating: 0, count: rowCount), count: count)
    for row in 0..<rowCount {
      let label = labels[row]
      for _ in 0..<weights[row] {
        var draw = generator.below(left[label])
        let fold = quotas[label].firstIndex { quota in
          if draw < quota { return true }
          draw -= quota
          return false
        }!
        quotas[label][fold] -= 1
        left[label] -= 1
        folds[fold][row] += 1
      }
    }
    return folds
  }

  /// The training and test parts of one fold of `stratifiedFolds`.
  public func parts(ofFold weightsInFold: [Int]) -> (training: Dataset, test: Dataset) {
    (reweighted(zip(weights, weightsInFold).map { $0 - $1 }), reweighted(weightsInFold))
  }
}
