import RandomForest

/// The ensembles of a graph, most often one, of which its probabilities are made.
struct Mixture {
  /// One a part of a mean, or all of which a formula is made.
  let ensembles: [TreeEnsemble]
  /// For each ensemble the questions that its nodes ask of the measured inputs, one a node.
  let questions: [[Question]]
  let output: EnsembleOutput

  /// The nodes of the graph, for errors.
  let label: String
  /// The names of the classes, or what numbers they have.
  let classNames: [String]
  /// Whether those are names.
  let hasTextNames: Bool

  /// How many trees all ensembles have.
  var treeCount: Int { ensembles.reduce(0) { $0 + $1.roots.count } }

  /// The most trees that a mean of trees with weights is made of.
  private static let maximumTreeCount = 1 << 16
  /// The most shares that their nodes may have, one a class: 256 MB.
  private static let maximumShareCount = 1 << 25

  /// - Parameters:
  ///   - all: the ensembles of the graph, each with the columns of the table that it tests.
  ///   - isIncomplete: for each input whether it may be missing.
  init(
    _ all: [(trees: TreeEnsemble, columns: [Column])], _ output: EnsembleOutput,
    isIncomplete: [Bool]
  ) throws(ONNXError) {
    var ensembles: [TreeEnsemble] = []
    var questions: [[Question]] = []
    var stepCount = 0
    let parts =
      switch output.answer {
      case .mean(let parts): parts
      case .formula: all.indices.map { EnsembleOutput.Part(ensemble: $0, divisor: 1) }
      }
    for part in parts {
      var (ensemble, columns) = all[part.ensemble]
      if part.isSoftmax { ensemble.transform = .softmax }
      try ensemble.check(output)
      questions.append(
        try ensemble.questions(columns, isIncomplete: isIncomplete, stepCount: &stepCount))
      ensembles.append(ensemble)
    }
    let first = ensembles[0]
    guard ensembles.allSatisfy({ $0.classNames == first.classNames }) else {
      throw ONNXError("the ensembles of trees have different classes")
    }
    self.ensembles = ensembles
    self.questions = questions
    self.output = output
    label = first.label + (ensembles.count == 1 ? "" : " and \(ensembles.count - 1) more")
    if case .formula(let row) = output.answer {
      guard output.formula.widths[row] == first.classNames.count else {
        throw ONNXError("its probabilities are not one a class")
      }
    }
    classNames = output.names ?? first.classNames
    hasTextNames = output.names != nil || first.hasTextNames
  }

  /// The leaves' class distributions, and how often each tree stands in a mean of equals.
  struct Means {
    /// For each ensemble and leaf its class distribution.
    fileprivate(set) var distributions: [[Int: [Double]]] = []
    /// For each ensemble and tree a count.
    fileprivate(set) var counts: [[Int]] = []
  }

  /// What the answer is a mean of.
  ///
  /// - Returns: nil when it is no mean of one class distribution a tree, or one with weights that no
  ///   mean of equal trees has.
  func means() -> Means? {
    guard case .mean(let parts) = output.answer else { return nil }
    var means = Means()
    var weights: [Double] = []
    for (ensemble, part) in zip(ensembles, parts) {
      guard let own = ensemble.means(isNamed: output.isClassOfTrees) else { return nil }
      means.distributions.append(own.distributions)
      weights += own.weights.map { $0 / part.divisor }
    }
    guard var counts = Self.counts(weights) else { return nil }
    var nodeCount = 0
    for ensemble in ensembles {
      let own = Array(counts.prefix(ensemble.roots.count))
      counts.removeFirst(own.count)
      nodeCount += ensemble.nodes.count * own.max()!
      means.counts.append(own)
    }
    let areEqual = means.counts.joined().allSatisfy { $0 == 1 }
    return areEqual || nodeCount * classNames.count <= Self.maximumShareCount ? means : nil
  }

  /// The fewest equal trees of which a mean gives each its weight, to within what 32 bits hold.
  private static func counts(_ weights: [Double]) -> [Int]? {
    let sum = weights.reduce(0, +)
    let least = weights.min()!
    guard abs(sum - 1) < 1e-5, least > 0 else { return nil }
    // Weights of 32 bits are off by as much as that.
    if weights.allSatisfy({ abs($0 * Double(weights.count) - 1) < 1e-5 }) {
      return weights.map { _ in 1 }
    }
    for factor in 1...64 {
      let counts = weights.map { ($0 / least * Double(factor)).rounded() }
      let total = counts.reduce(0, +)
      guard total <= Double(maximumTreeCount) else { return nil }
      let error = zip(counts, weights).reduce(0) { $0 + abs($1.0 / total - $1.1 / sum) }
      if error < 5e-7 { return counts.map { Int($0) } }
    }
    return nil
  }

  /// The trees one by one, for columns of the schema.
  ///
  /// - Parameter order: for each class of the forest its place here, nil for one that is not known here.
  /// - Returns: nil when a question is none that a column of the schema answers.
  func trees(_ means: Means, _ schema: FeatureSchema, order: [Int?]) -> [DecisionTree]? {
    var trees: [DecisionTree] = []
    for (place, ensemble) in ensembles.enumerated() {
      let own = ensemble.trees(
        questions[place], means.distributions[place], schema, order: order)
      guard let own else { return nil }
      for (tree, count) in zip(own, means.counts[place]) {
        trees += repeatElement(tree, count: count)
      }
    }
    return trees
  }

  /// All ensembles as one, in their order, with its questions.
  var joined: (ensemble: TreeEnsemble, questions: [Question]) {
    var nodes: [TreeEnsemble.Node] = []
    var roots: [Int] = []
    var weights: [Int: [Double]] = [:]
    for ensemble in ensembles {
      let start = nodes.count
      nodes += ensemble.nodes.map { node in
        var node = node
        if !node.isLeaf {
          node.whenTrue += start
          node.whenFalse += start
        }
        return node
      }
      roots += ensemble.roots.map { $0 + start }
      for (leaf, own) in ensemble.weights { weights[leaf + start] = own }
    }
    let first = ensembles[0]
    return (
      TreeEnsemble(
        label: label, nodes: nodes, roots: roots, weights: weights, classNames: first.classNames,
        hasTextNames: first.hasTextNames, baseValues: first.baseValues,
        transform: first.transform, twoClasses: first.twoClasses, isSingle: first.isSingle,
        divisor: 1), Array(questions.joined())
    )
  }
}

extension TreeEnsemble {
  /// Each leaf's class distribution and each tree's weight, when the answer is a mean of those; nil when
  /// it is not.
  ///
  /// - Parameter isNamed: whether the class is the one that the node names.
  fileprivate func means(isNamed: Bool) -> (distributions: [Int: [Double]], weights: [Double])? {
    guard transform == .none, baseValues.allSatisfy({ $0 == 0 }) else { return nil }
    var distributions: [Int: [Double]] = [:]
    var treeWeights: [Double] = []
    for root in roots {
      var weight: Double?
      var open = [root]
      while let place = open.popLast() {
        guard nodes[place].isLeaf else {
          open += [nodes[place].whenFalse, nodes[place].whenTrue]
          continue
        }
        guard var own = weights[place], own.allSatisfy({ $0 >= 0 }) else { return nil }
        switch twoClasses {
        case .oneScore:
          let share = 1 / Double(roots.count)
          let rest = share - own[0]
          guard rest > share * -1e-5 else { return nil }
          own = [rest < share * 1e-7 ? 0 : rest, own[0]]
        // What the node names must be compared with the sums.
        case .twoScores where isNamed: return nil
        default: break
        }
        let sum = own.reduce(0, +)
        // Weights of 32 bits are off by as much as that.
        guard sum > 0, abs(sum / (weight ?? sum) - 1) < 1e-5 else { return nil }
        weight = weight ?? sum
        distributions[place] = abs(sum - 1) < 1e-12 ? own : own.map { $0 / sum }
      }
      treeWeights.append(weight!)
    }
    return (distributions, treeWeights)
  }
}
