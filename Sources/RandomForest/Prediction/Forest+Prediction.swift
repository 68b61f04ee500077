/// What a forest says of one sample.
public struct Prediction: Sendable, Equatable {
  /// The index of the class with the highest probability, of equals the first.
  public let label: Int
  /// The mean of the trees' class distributions, shape (classCount), adding up to 1.
  public let probabilities: [Double]
  /// How many trees give each class their highest share, shape (classCount).
  public let votes: [Int]

  /// Creates a prediction from what the trees say.
  public init(probabilities: [Double], votes: [Int]) {
    label = probabilities.indexOfLargest
    self.probabilities = probabilities
    self.votes = votes
  }
}

extension Forest {
  /// Predicts one sample of measured values, shape (schema.inputs.count); a categorical value is
  /// its level's index.
  ///
  /// A missing number (NaN) goes right at each test, or where the split has learned that it goes, if the
  /// schema says that it may be missing. A missing value of a binned or one-hot feature,
  /// or a level that does not exist, is 0 in every column of the feature.
  ///
  /// Of a forest that came from a file and was not verified the answer may be that of a damaged file.
  ///
  /// - Throws: `ForestFileError` when the walk meets a node that a sound file cannot have.
  /// - Precondition: the sample has one value an input.
  /// - Complexity: O(treeCount · depth).
  public func predict(_ sample: [Double]) throws(ForestFileError) -> Prediction {
    precondition(sample.count == schema.inputs.count, "one value an input")
    let count = layout.classCount
    return try withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) {
      votes throws(ForestFileError) in
      let probabilities = try [Double](unsafeUninitializedCapacity: count) {
        buffer, initializedCount throws(ForestFileError) in
        try sample.withUnsafeBufferPointer { sample throws(ForestFileError) in
          try predict(sample.baseAddress!, buffer.baseAddress!, votes.baseAddress!)
        }
        initializedCount = count
      }
      let votes = [Int](unsafeUninitializedCapacity: count) { buffer, initializedCount in
        for label in 0..<count { buffer[label] = Int(votes[label]) }
        initializedCount = count
      }
      return Prediction(probabilities: probabilities, votes: votes)
    }
  }

  /// Predicts one sample into memory of the caller's, without allocating any; with more than 512
  /// columns it may.
  ///
  /// - Parameters:
  ///   - sample: as in `predict(_:)`.
  ///   - probabilities: overwritten, shape (classCount).
  ///   - votes: overwritten, shape (classCount).
  /// - Throws: `ForestFileError` when the walk meets a node that a sound file cannot have.
  public func predict(
    _ sample: Span<Double>, probabilities: inout MutableSpan<Double>,
    votes: inout MutableSpan<Int32>
  ) throws(ForestFileError) {
    precondition(
      sample.count == schema.inputs.count && probabilities.count == layout.classCount
        && votes.count == layout.classCount, "one value an input, one result a class")
    try sample.withUnsafeBufferPointer { sample throws(ForestFileError) in
      try probabilities.withUnsafeMutableBufferPointer {
        probabilities throws(ForestFileError) in
        try votes.withUnsafeMutableBufferPointer { votes throws(ForestFileError) in
          try predict(
            sample.baseAddress!, probabilities.baseAddress!, votes.baseAddress!)
        }
      }
    }
  }

  func predict(
    _ sample: UnsafePointer<Double>, _ probabilities: UnsafeMutablePointer<Double>,
    _ votes: UnsafeMutablePointer<Int32>
  ) throws(ForestFileError) {
    let cuts = cuts
    let walk = verifiedWalk
    let cell = walk != nil && cells != nil ? encoder.cell(of: sample, cuts) : 0
    if walk != nil, let cells, cells.read(cell, probabilities, votes) { return }
    probabilities.update(repeating: 0, count: layout.classCount)
    votes.update(repeating: 0, count: layout.classCount)
    try withRanks { ranks throws(ForestFileError) in
      encoder.encode(sample, cuts, into: ranks)
      if let walk {
        walk.descend(ranks, sums: probabilities, votes: votes)
      } else {
        try descendChecking(ranks, sums: probabilities, votes: votes)
      }
    }
    let count = Double(layout.treeCount)
    for label in 0..<layout.classCount { probabilities[label] /= count }
    if walk != nil { cells?.write(cell, probabilities, votes) }
  }

  /// Lends memory for the ranks of one sample: on the stack, unless there are very many columns.
  private func withRanks(
    _ body: (UnsafeMutablePointer<UInt16>) throws(ForestFileError) -> Void
  ) throws(ForestFileError) {
    try withUnsafeTemporaryAllocation(of: UInt16.self, capacity: layout.columnCount) {
      ranks throws(ForestFileError) in
      try body(ranks.baseAddress!)
    }
  }

  /// Walks a sample down all trees of a file that nobody has checked yet.
  ///
  /// Each step is: children come after their parent and within the tree, so the walk ends and stays
  /// inside the file whatever the file says.
  func descendChecking(
    _ ranks: UnsafePointer<UInt16>, sums: UnsafeMutablePointer<Double>,
    votes: UnsafeMutablePointer<Int32>?
  ) throws(ForestFileError) {
    let classCount = layout.classCount
    let distributions = values(.distributions, of: Double.self)
    for tree in 0..<layout.treeCount {
      let start = try leafDistribution(ofTree: tree, ranks) * classCount
      var largest = 0
      for label in 0..<classCount {
        let share = distributions[start + label]
        sums[label] += share
        if share > distributions[start + largest] { largest = label }
      }
      votes?[largest] += 1
    }
  }

  private func leafDistribution(
    ofTree tree: Int, _ ranks: UnsafePointer<UInt16>
  ) throws(ForestFileError) -> Int {
    let nodes = try self.nodes(ofTree: tree)
    var index = 0
    while true {
      let node = nodes[index]
      if node.isLeaf {
        guard Int(node.offset) < layout.distributionCount else { throw damaged(tree, index) }
        return Int(node.offset)
      }
      let left = index + Int(node.offset)
      guard left > index, left + 1 < nodes.count, Int(node.column) < layout.columnCount else {
        throw damaged(tree, index)
      }
      index = left + (ranks[Int(node.column)] > node.cut ? 1 : 0)
    }
  }

  /// The nodes of one tree, at least one.
  func nodes(ofTree tree: Int) throws(ForestFileError) -> UnsafeBufferPointer<FlatNode> {
    let roots = values(.roots, of: UInt64.self)
    let (start, end) = (roots[tree], roots[tree + 1])
    guard start < end, end <= UInt64(layout.nodeCount) else {
      throw ForestFileError(
        .invalid, at: layout.sections[.roots]!.range.lowerBound + 8 * tree,
        "tree \(tree) does not lie within the nodes")
    }
    return UnsafeBufferPointer(
      rebasing: values(.nodes, of: FlatNode.self)[Int(start)..<Int(end)])
  }

  /// The error for a node that a sound file cannot have.
  func damaged(_ tree: Int, _ index: Int) -> ForestFileError {
    let node = Int(values(.roots, of: UInt64.self)[tree]) + index
    return ForestFileError(
      .invalid,
      at: layout.sections[.nodes]!.range.lowerBound + node * MemoryLayout<FlatNode>.size,
      "node \(index) of tree \(tree) cannot be where it is")
  }
}

extension RandomAccessCollection<Double> where Index == Int {
  /// The place of the largest element, counted from the first, of equals the first.
  @inlinable
  package var indexOfLargest: Int {
    indices.reduce(startIndex) { self[$1] > self[$0] ? $1 : $0 } - startIndex
  }
}
