public import RandomForest

/// A forest made of a model in ONNX.
public struct ImportedForest: Sendable {
  /// The forest.
  public let forest: Forest
  /// Which of the encodings that were offered the forest has.
  public let encoding: Int
  /// The trees of the model.
  public let treeCount: Int
  /// Whether the trees were folded into one: their sums are no mean of class distributions.
  public let isFolded: Bool
}

extension TreeEnsemble {
  /// The most steps between all different thresholds and the measured inputs; each is taken some sixty
  /// times, which is a few seconds' work.
  private static let maximumStepCount = 1 << 23

  /// The questions that the nodes ask of the measured inputs, one a node.
  ///
  /// - Parameters:
  ///   - isIncomplete: for each input whether it may be missing.
  ///   - stepCount: the steps that were taken for other ensembles, to which these are added.
  func questions(
    _ columns: [Column], isIncomplete: [Bool], stepCount: inout Int
  ) throws(ONNXError) -> [Question] {
    struct Test: Hashable {
      let column: Int
      let comparison: String
      let threshold: Double
      let members: [Double]
      let tracksTrue: Bool
    }
    var known: [Test: Question] = [:]
    var questions: [Question] = []
    questions.reserveCapacity(nodes.count)
    for node in nodes {
      guard !node.isLeaf else {
        questions.append(.always(true))
        continue
      }
      var column = columns[node.column]
      let isIncomplete = isIncomplete[column.input]
      let test = Test(
        column: node.column, comparison: node.comparison.rawValue, threshold: node.threshold,
        members: node.members, tracksTrue: isIncomplete && node.tracksTrue)
      if let question = known[test] {
        questions.append(question)
        continue
      }
      stepCount += 1 + column.stepCount + node.members.count
      guard stepCount <= Self.maximumStepCount else {
        throw ONNXError(
          "its thresholds are too many to be followed to what is measured: "
            + "more than \(Self.maximumStepCount) steps", node: label)
      }
      var (comparison, threshold) = (node.comparison, node.threshold)
      if comparison == .member, let membership = column.membership(node.members) {
        (column, comparison, threshold) = (membership, .atLeast, 1)
      }
      let found =
        isIncomplete
        ? column.question(comparison, threshold, tracksTrue: node.tracksTrue)
        : column.question(comparison, threshold)
      guard let question = found else {
        throw ONNXError(
          "a node compares a measured number by \(node.comparison.rawValue)", node: label)
      }
      known[test] = question
      questions.append(question)
    }
    return questions
  }

  /// The trees one by one, for columns of the schema.
  ///
  /// - Parameters:
  ///   - questions: one a node.
  ///   - order: for each class of the forest its place here, nil for one that is not known here.
  /// - Returns: nil when a question is none that a column of the schema answers.
  func trees(
    _ questions: [Question], _ distributions: [Int: [Double]], _ schema: FeatureSchema,
    order: [Int?]
  ) -> [DecisionTree]? {
    var trees: [DecisionTree] = []
    let hasCovers = covers(addUpIn: questions)
    for root in roots {
      var tree = DecisionTree(nodes: [.leaf(distribution: [])])
      if hasCovers { tree.covers = [0] }
      // Nodes whose answer is the same for every sample are passed over.
      var open = [(source: root, place: 0)]
      while let (start, place) = open.popLast() {
        var source = start
        while !nodes[source].isLeaf, case .always(let answer) = questions[source] {
          source = answer ? nodes[source].whenTrue : nodes[source].whenFalse
        }
        if hasCovers { tree.covers[place] = nodes[source].cover }
        let node = nodes[source]
        if node.isLeaf {
          let own = distributions[source]!
          tree.nodes[place] = .leaf(distribution: order.map { $0.map { own[$0] } ?? 0 })
          continue
        }
        guard let split = schema.split(questions[source]) else { return nil }
        let left = tree.nodes.count
        tree.nodes += [.leaf(distribution: []), .leaf(distribution: [])]
        if hasCovers { tree.covers += [0, 0] }
        tree.nodes[place] = .split(
          column: split.column, threshold: split.threshold, left: left)
        let (yes, no) = split.trueIsLeft ? (left, left + 1) : (left + 1, left)
        open += [(node.whenTrue, yes), (node.whenFalse, no)]
      }
      trees.append(tree)
    }
    return trees
  }

  /// Whether the covers are those of samples: those of two children make up their parent's.
  private func covers(addUpIn questions: [Question]) -> Bool {
    nodes.indices.allSatisfy { index in
      let node = nodes[index]
      guard node.cover > 0, node.cover.isFinite else { return false }
      guard !node.isLeaf else { return true }
      if case .always = questions[index] { return false }
      let sum = nodes[node.whenTrue].cover + nodes[node.whenFalse].cover
      return (sum - node.cover).magnitude <= node.cover * 1e-9
    }
  }
}

extension FeatureSchema {
  /// The test of one column that answers a question.
  ///
  /// - Returns: nil when no column does alone.
  func split(_ question: Question) -> (column: Int, threshold: Double, trueIsLeft: Bool)? {
    switch question {
    case .always:
      return nil
    case .atMost(let input, let cut, let negated):
      switch inputs[input].encoding {
      case .identity, .identityWithMissing: return (columnStarts[input], cut, !negated)
      case .bins(let edges, _):
        // The outermost bins have one end.
        if edges.first == cut { return (columnStarts[input], 0.5, negated) }
        if edges.last == cut { return (columnStarts[input] + edges.count, 0.5, !negated) }
        return nil
      case .oneHot, .ordered: return nil
      }
    case .within(let input, let above, let upTo, let negated):
      guard case .bins(let edges, _) = inputs[input].encoding,
        let bin = edges.firstIndex(of: above), bin + 1 < edges.count, edges[bin + 1] == upTo
      else { return nil }
      return (columnStarts[input] + bin + 1, 0.5, negated)
    case .levels(let input, let answers):
      let hits = answers.indices.filter { answers[$0] }
      if hits.count == 1 { return (columnStarts[input] + hits[0], 0.5, false) }
      let misses = answers.indices.filter { !answers[$0] }
      if misses.count == 1 { return (columnStarts[input] + misses[0], 0.5, true) }
      return nil
    case .unlessMissing(let input, let missing, let otherwise):
      return split(input, otherwise, whenMissing: missing)
    }
  }

  /// The test of one column that answers a question, and gives a missing value its own answer.
  private func split(
    _ input: Int, _ question: Question, whenMissing missing: Bool
  ) -> (column: Int, threshold: Double, trueIsLeft: Bool)? {
    let start = columnStarts[input]
    switch (inputs[input].encoding, question) {
    case (.identity, .always(let answer)), (.identityWithMissing, .always(let answer)):
      // Every number is at or below infinity, and none that is missing.
      return (start, .infinity, answer)
    case (.identityWithMissing, .atMost(_, let cut, let negated)):
      // In the second column what is missing lies on the side of the small numbers.
      return (missing == negated ? start : start + 1, cut, !negated)
    case (.identity, .atMost(_, _, let negated)), (.bins, .within(_, _, _, let negated)):
      return missing == negated ? split(question) : nil
    case (.bins(let edges, _), .atMost(_, let cut, let negated)):
      if edges.first == cut, missing == negated { return (start, 0.5, negated) }
      if edges.last == cut, missing != negated { return (start + edges.count, 0.5, !negated) }
      return nil
    case (.oneHot, .levels(_, let answers)):
      // A level that is missing is 0 in every column, and so on the left of each.
      let others = answers.indices.filter { answers[$0] != missing }
      return others.count == 1 ? (start + others[0], 0.5, missing) : nil
    default:
      return nil
    }
  }
}
