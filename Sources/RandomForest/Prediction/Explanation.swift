/// How each column of a sample moved a forest's probabilities away from their mean.
///
/// The mean plus all contributions is the prediction: `baseValues[k] + Σ columns[c, k]` equals the
/// probability of class k to about 1e-12.
public struct Explanation: Sendable, Equatable {
  /// The mean prediction over the training samples, as the nodes' covers tell it, shape
  /// (classCount).
  public let baseValues: [Double]
  /// The contributions of the encoded columns, row-major, shape (columnCount, classCount). Of the two
  /// columns of a number that may be missing the first has what both contribute.
  public let columns: [Double]
  /// The contributions of the measured inputs, row-major, shape (inputCount, classCount): the sum
  /// over the columns of each, so that a one-hot feature has one contribution.
  public let inputs: [Double]
}

extension Forest {
  /// The longest path that can be explained: the memory for one grows with its square.
  public static let maximumExplainedDepth = 512
  /// The most contributions, whatever a file says of its columns and classes: 512 MB.
  static let maximumContributionCount = 1 << 26

  /// Explains a prediction by Shapley values of the trees.
  ///
  /// Exact path-dependent TreeSHAP (Lundberg, Erion and Lee, "Consistent individualized feature
  /// attribution for tree ensembles", 2018, algorithm 2). A column that is not known is replaced by
  /// the shares in which the training samples went left and right. The two columns of a number that
  /// may be missing are known together or not at all.
  ///
  /// - Parameter sample: as in `predict(_:)`.
  /// - Throws: `ForestFileError` when the file is damaged or holds no covers, when a tree is deeper
  ///   than 512, or columns times classes are more than 2²⁶.
  /// - Complexity: O(leaves · depth² · classCount).
  public func explain(_ sample: [Double]) throws(ForestFileError) -> Explanation {
    precondition(sample.count == schema.inputs.count, "one value an input")
    let covers = values(.covers, of: Double.self)
    guard covers.count == layout.nodeCount else {
      throw ForestFileError(.unsupported, "the forest file holds no covers to explain from")
    }
    guard layout.columnCount * layout.classCount <= Self.maximumContributionCount else {
      throw ForestFileError(
        .unsupported, at: 28,
        "\(layout.columnCount) columns and \(layout.classCount) classes are too many to explain")
    }
    let ranks = [UInt16](unsafeUninitializedCapacity: layout.columnCount) { ranks, count in
      sample.withUnsafeBufferPointer {
        encoder.encode($0.baseAddress!, cuts, into: ranks.baseAddress!)
      }
      count = layout.columnCount
    }
    var explainer = TreeExplainer(
      ranks: ranks, measurements: schema.measurementOfColumn,
      distributions: values(.distributions, of: Double.self),
      classCount: layout.classCount)
    for tree in 0..<layout.treeCount {
      let nodes = try checkedNodes(ofTree: tree, maximumDepth: Self.maximumExplainedDepth)
      let first = Int(values(.roots, of: UInt64.self)[tree])
      explainer.add(
        nodes, covers: UnsafeBufferPointer(rebasing: covers[first..<first + nodes.count]))
    }
    let count = Double(layout.treeCount)
    let columns = explainer.contributions.map { $0 / count }
    let classCount = layout.classCount
    var inputs = [Double](repeating: 0, count: schema.inputs.count * classCount)
    for input in schema.inputs.indices {
      for column in schema.columnStarts[input]..<schema.columnStarts[input + 1] {
        for label in 0..<classCount {
          inputs[input * classCount + label] += columns[column * classCount + label]
        }
      }
    }
    return Explanation(
      baseValues: explainer.baseValues.map { $0 / count }, columns: columns, inputs: inputs)
  }
}
