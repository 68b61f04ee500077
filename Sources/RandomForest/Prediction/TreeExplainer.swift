/// Adds up the Shapley values of samples, tree by tree.
///
/// What a leaf gives a sample is a product over the columns of its path: of a column that is known
/// `one`, which is 1 or 0, and of one that is not `zero`, the share of the training samples that it
/// lets through. In a product the Shapley value of column i is
///
///     (oneᵢ - zeroᵢ) · ∫₀¹ ∏ⱼ≠ᵢ (t · oneⱼ + (1 - t) · zeroⱼ) dt
///
/// (Owen, "Multilinear extensions of games", 1972). The integrand is a polynomial, whose integral
/// Gauss–Legendre quadrature gives exactly with half as many points as there are columns. No factor is
/// negative, so that hardly anything cancels. Products are built on the way down and leaves summed up
/// on the way back, so that a node costs a few points instead of the square of its depth (as in Yu, Xu
/// and Li, "Linear TreeShap", 2022, whose polynomials are kept here as their values).
final class TreeExplainer {
  /// A tree that has been checked.
  struct Tree: @unchecked Sendable {
    // `@unchecked Sendable` because nobody writes where the pointers lead.
    let nodes: UnsafeBufferPointer<FlatNode>
    /// How many training samples came to each node.
    let covers: UnsafePointer<Double>
    /// What the leaves say, shape (distributionCount, classCount).
    let distributions: UnsafePointer<Double>

    /// Adds the mean of the leaves over the training samples, shape (classCount).
    func addMean(to sums: inout [Double]) {
      var shares = [Double](repeating: 1, count: nodes.count)
      for (index, node) in nodes.enumerated() {
        if node.isLeaf {
          let leaf = distributions + Int(node.offset) * sums.count
          for label in sums.indices { sums[label] += shares[index] * leaf[label] }
        } else {
          let left = index + Int(node.offset)
          let total = covers[left] + covers[left + 1]
          for child in left...left + 1 {
            shares[child] = total > 0 ? shares[index] * covers[child] / total : 0
          }
        }
      }
    }
  }

  /// How the last test of a column lets a path through, at some points of a quadrature.
  private struct Test {
    var zero = 1.0
    var one = true
    /// 1 / (t · one + (1 - t) · zero).
    var inverse = GaussLegendre.Lanes(repeating: 1)
    /// The weight of the points times (one - zero), divided by the factor.
    var gain = GaussLegendre.Lanes.zero
    /// The product of the factors down to here.
    var product = GaussLegendre.Lanes(repeating: 1)
  }

  /// Below this a share counts as none: it could not be divided by.
  private static let smallestShare = 0x1p-900

  private let classCount: Int
  /// For each column the one that it is known with.
  private let measurements: [Int]
  private let quadrature: GaussLegendre
  /// The tests of the path, shape (depth + 1); the first is the root's, which tests nothing.
  private let tests: UnsafeMutablePointer<Test>
  /// What the leaves below each test give, shape (depth + 1, classCount).
  private let sums: UnsafeMutablePointer<GaussLegendre.Lanes>
  /// For each column the number of the last test of it on the path, or 0, shape (columnCount).
  private let lastTests: UnsafeMutablePointer<Int>

  /// How many points the integrals of paths of a length take: half as many as there can be columns.
  static func pointCount(depth: Int, _ schema: FeatureSchema) -> Int {
    (min(depth, Set(schema.measurementOfColumn).count) + 1) / 2
  }

  /// - Parameter depth: the most tests between a root and a leaf.
  init(depth: Int, _ schema: FeatureSchema) {
    classCount = schema.classes.count
    measurements = schema.measurementOfColumn
    let columnCount = measurements.count
    quadrature = GaussLegendre(pointCount: Self.pointCount(depth: depth, schema))
    tests = .allocate(capacity: depth + 1)
    tests.initialize(repeating: Test(), count: depth + 1)
    sums = .allocate(capacity: (depth + 1) * classCount)
    sums.initialize(repeating: .zero, count: (depth + 1) * classCount)
    lastTests = .allocate(capacity: columnCount)
    lastTests.initialize(repeating: 0, count: columnCount)
  }

  deinit {
    tests.deallocate()
    sums.deallocate()
    lastTests.deallocate()
  }

  /// Adds up what trees say of some samples.
  ///
  /// - Parameters:
  ///   - trees: none is deeper than said.
  ///   - samples: the ranks of each, shape (columnCount).
  /// - Returns: for each sample the contributions, shape (columnCount, classCount); a column that is
  ///   known with another leaves its own to that one.
  func contributions(of trees: [Tree], to samples: [[UInt16]]) -> [[Double]] {
    var sums = samples.map { [Double](repeating: 0, count: $0.count * classCount) }
    for tree in trees where !tree.nodes[0].isLeaf {
      for (index, ranks) in samples.enumerated() {
        sums[index].withUnsafeMutableBufferPointer { sums in
          for points in quadrature.points {
            visit(0, level: 0, tree, ranks, points, sums.baseAddress!)
          }
        }
      }
    }
    return sums
  }

  /// - Parameters:
  ///   - index: a node that is no leaf.
  ///   - level: the number of tests above it.
  private func visit(
    _ index: Int, level: Int, _ tree: Tree, _ ranks: UnsafePointer<UInt16>,
    _ points: GaussLegendre.Points, _ contributions: UnsafeMutablePointer<Double>
  ) {
    let nodes = tree.nodes.baseAddress!
    let covers = tree.covers
    let node = nodes[index]
    let left = index &+ Int(node.offset)
    let goesRight = ranks[Int(node.column)] > node.cut
    let total = covers[left] + covers[left &+ 1]
    let column = measurements[Int(node.column)]
    // A column that was tested before enters with all its tests together.
    let lastTest = lastTests[column]
    let last = tests[lastTest]
    let product = tests[level].product * last.inverse
    lastTests[column] = level &+ 1
    let own = contributions + column &* classCount
    let sum = sums + level &* classCount
    let below = sum + classCount
    for label in 0..<classCount { sum[label] = .zero }
    for side in 0...1 {
      let child = left &+ side
      let one = last.one && goesRight == (side == 1)
      let zero = total > 0 ? last.zero * covers[child] / total : 0
      guard one || zero > Self.smallestShare else { continue }
      var factor = points.rest * zero
      if one { factor += points.places }
      let inverse = 1 / factor
      let gain = points.weights * inverse * ((one ? 1 : 0) - zero)
      // What the tests before of this column have added for the leaves below is taken back.
      let difference = gain - last.gain
      let reached = product * factor
      if nodes[child].isLeaf {
        let leaf = tree.distributions + Int(nodes[child].offset) &* classCount
        let weight = (reached * difference).sum()
        for label in 0..<classCount {
          own[label] += weight * leaf[label]
          sum[label] += reached * leaf[label]
        }
      } else {
        tests[level &+ 1] = Test(
          zero: zero, one: one, inverse: inverse, gain: gain, product: reached)
        visit(child, level: level &+ 1, tree, ranks, points, contributions)
        for label in 0..<classCount {
          own[label] += (below[label] * difference).sum()
          sum[label] += below[label]
        }
      }
    }
    lastTests[column] = lastTest
  }
}
