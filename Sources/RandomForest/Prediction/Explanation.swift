/// How each column of a sample moved a forest's probabilities away from their mean.
///
/// The mean plus all contributions is the prediction: `baseValues[k] + Σ columns[c, k]` equals the
/// probability of class k to about 1e-12.
public struct Explanation: Sendable, Equatable {
  /// The mean prediction over the training samples, as the nodes' covers tell it, shape
  /// (classCount).
  public let baseValues: [Double]
  /// The contributions of the encoded columns, row-major, shape (columnCount, classCount). Of the two
  /// columns of a number that may be missing, or of the orders of levels, the first has what all contribute.
  public let columns: [Double]
  /// The contributions of the measured inputs, row-major, shape (inputCount, classCount): the sum
  /// over the columns of each, so that a one-hot feature has one contribution.
  public let inputs: [Double]
}

extension Forest {
  /// The longest path that can be explained: the memory for one grows with it, and so does the stack.
  public static let maximumExplainedDepth = 512
  /// The most contributions, whatever a file says of its columns and classes: 512 MB.
  static let maximumContributionCount = 1 << 26

  /// Explains a prediction by Shapley values of the trees.
  ///
  /// Exact path-dependent TreeSHAP (Lundberg, Erion and Lee, "Consistent individualized feature
  /// attribution for tree ensembles", 2018). A column that is not known is replaced by the shares in
  /// which the training samples went left and right. The two columns of a number that may be missing
  /// are known together or not at all.
  ///
  /// - Parameter sample: as in `predict(_:)`.
  /// - Throws: `ForestFileError` when the file is damaged or holds no covers, when a tree is deeper
  ///   than 512, or columns times classes are more than 2²⁶.
  /// - Complexity: O(nodes · min(depth, columns) · classCount).
  public func explain(_ sample: [Double]) throws(ForestFileError) -> Explanation {
    precondition(sample.count == schema.inputs.count, "one value an input")
    return try explanations(of: sample)[0]
  }

  /// Explains many predictions.
  ///
  /// - Parameters:
  ///   - samples: as in `probabilities(of:threadCount:)`, row-major, shape (rowCount, inputs.count).
  ///   - threadCount: how many threads share the rows; it does not change a bit of the result.
  /// - Returns: for each row what `explain(_:)` gives.
  /// - Throws: as `explain(_:)`.
  /// - Precondition: the values make whole rows, and `threadCount` is positive.
  public func explanations(
    of samples: [Double], threadCount: Int = 1
  ) throws(ForestFileError) -> [Explanation] {
    let inputCount = schema.inputs.count
    precondition(samples.count % inputCount == 0, "one value an input")
    precondition(threadCount > 0, "explaining needs a thread")
    let (trees, depth) = try explainedTrees()
    var baseValues = [Double](repeating: 0, count: layout.classCount)
    for tree in trees { tree.addMean(to: &baseValues) }
    let mean = baseValues.map { $0 / Double(layout.treeCount) }
    let rowCount = samples.count / inputCount
    return [Explanation](unsafeUninitializedCapacity: rowCount) { result, count in
      count = rowCount
      let output = SharedPointer(result.baseAddress)
      // A tree that has been fetched into the cache is used for some rows.
      forEachBlock(of: rowCount, blockSize: 32, threadCount: threadCount) {
        let explainer = TreeExplainer(depth: depth, self.schema)
        return { rows in
          let sums = explainer.contributions(
            of: trees,
            to: rows.map { self.ranks(of: samples[$0 * inputCount..<($0 + 1) * inputCount]) })
          for (row, sum) in zip(rows, sums) {
            (output.pointer! + row).initialize(to: self.explanation(baseValues: mean, sum))
          }
        }
      }
    }
  }

  /// The trees, checked, and the most tests between a root and a leaf.
  private func explainedTrees() throws(ForestFileError) -> ([TreeExplainer.Tree], depth: Int) {
    let covers = values(.covers, of: Double.self)
    guard covers.count == layout.nodeCount else {
      throw ForestFileError(.unsupported, "the forest file holds no covers to explain from")
    }
    guard layout.columnCount * layout.classCount <= Self.maximumContributionCount else {
      throw ForestFileError(
        .unsupported, at: 28,
        "\(layout.columnCount) columns and \(layout.classCount) classes are too many to explain")
    }
    let roots = values(.roots, of: UInt64.self)
    let distributions = values(.distributions, of: Double.self)
    var (trees, depth) = ([TreeExplainer.Tree](), 0)
    for index in 0..<layout.treeCount {
      let nodes = try checkedNodes(ofTree: index, maximumDepth: Self.maximumExplainedDepth) {
        depth = max(depth, $0)
      }
      trees.append(
        TreeExplainer.Tree(
          nodes: nodes, covers: covers.baseAddress! + Int(roots[index]),
          distributions: distributions.baseAddress!))
    }
    return (trees, depth)
  }

  /// Shape (columnCount).
  private func ranks(of sample: ArraySlice<Double>) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: layout.columnCount) { ranks, count in
      sample.withUnsafeBufferPointer {
        encoder.encode($0.baseAddress!, cuts, into: ranks.baseAddress!)
      }
      count = layout.columnCount
    }
  }

  /// - Parameter contributions: summed over the trees, shape (columnCount, classCount).
  private func explanation(baseValues: [Double], _ contributions: [Double]) -> Explanation {
    let treeCount = Double(layout.treeCount)
    let columns = contributions.map { $0 / treeCount }
    let classCount = layout.classCount
    var inputs = [Double](repeating: 0, count: schema.inputs.count * classCount)
    for input in schema.inputs.indices {
      for column in schema.columnStarts[input]..<schema.columnStarts[input + 1] {
        for label in 0..<classCount {
          inputs[input * classCount + label] += columns[column * classCount + label]
        }
      }
    }
    return Explanation(baseValues: baseValues, columns: columns, inputs: inputs)
  }
}
