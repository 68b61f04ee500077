extension DecisionTree {
  /// The tree as rules to read, indented, left before right (`export_text` in scikit-learn).
  ///
  /// ```
  /// |--- length <= 4.45
  /// |   |--- class: rose
  /// |--- length >  4.45
  /// |   |--- colour is not red
  /// |   |   |--- class: tulip
  /// |   |--- colour is red
  /// |   |   |--- class: rose
  /// ```
  ///
  /// Of a number that may be missing it says where missing values go; of others they go where the number
  /// is greater.
  ///
  /// - Parameters:
  ///   - schema: what names columns and classes, ``Forest/schema`` of the tree's forest.
  ///   - decimals: how many decimal places thresholds have.
  ///   - maximumDepth: how many tests one below the other are written; of what is below the depth is
  ///     told. A line is as long as it is deep.
  ///   - showsWeights: whether leaves tell the training samples of each class, each counting what its
  ///     class weighs, or the classes' shares when the covers are not known.
  /// - Returns: lines, each with its end.
  /// - Precondition: the tree is one of a forest of the schema.
  public func text(
    naming schema: FeatureSchema, decimals: Int = 2, maximumDepth: Int = 10,
    showsWeights: Bool = false
  ) -> String {
    precondition(decimals >= 0 && maximumDepth >= 0, "there are no negative depths")
    let words = TestWords(schema)
    var depths = [Int](repeating: 1, count: nodes.count)
    for (place, node) in nodes.enumerated().reversed() {
      guard case .split(_, _, let left) = node else { continue }
      depths[place] = 1 + max(depths[left], depths[left + 1])
    }
    var text = ""
    // A list and no recursion, since a tree may be as deep as it has tests.
    var pending = [(place: 0, depth: 0, above: "")]
    while let (place, depth, above) = pending.popLast() {
      text += above
      let indent = String(repeating: "|   ", count: depth) + "|---"
      switch nodes[place] {
      case .leaf(let shares):
        text += indent
        if showsWeights {
          let cover = covers.isEmpty ? 1 : covers[place]
          let weights = shares.map { ($0 * cover).fixed(decimals) }.joined(separator: ", ")
          text += covers.isEmpty ? " shares: [\(weights)]" : " weights: [\(weights)]"
        }
        text += " class: \(schema.classes[shares.indexOfLargest])\n"
      case .split where depth > maximumDepth:
        text += "\(indent) truncated branch of depth \(depths[place])\n"
      case .split(let column, let threshold, let left):
        let sides = words.sides(
          ofColumn: column, threshold: threshold, shownAs: threshold.fixed(decimals))
        pending.append((left + 1, depth + 1, "\(indent) \(sides.right)\n"))
        pending.append((left, depth + 1, "\(indent) \(sides.left)\n"))
      }
    }
    return text
  }
}
