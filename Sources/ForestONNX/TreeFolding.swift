import RandomForest

/// An ensemble folded into one tree: what its trees say together of each part of the inputs' space.
///
/// Whatever becomes of sums, as the softmax of boosted trees, is the same for all samples that every
/// tree sends to the same leaves; the regions of the space in which that is so make one tree.
struct TreeFolding {
  /// Where folding gives up.
  struct Limits {
    /// The most leaves; a tree of five measurements has some thousands.
    var leafCount = 1 << 20
    /// The most work, a few seconds': steps from node to node, trees that are asked what they test
    /// next, and trees whose weights are added up for a leaf.
    var stepCount = 1 << 28
    /// The most places that are kept at once, one a tree for each region that waits: 256 MB.
    var placeCount = 1 << 25
  }

  /// A node to be made: what has become of each tree in its region.
  private struct Open {
    let region: Region
    /// For each tree the node where its walk stands.
    var places: [Int32]
    /// The trees whose walk has not ended.
    var walking: [Int32]
    let place: Int
  }

  private let mixture: Mixture
  /// All ensembles as one.
  private let ensemble: TreeEnsemble
  private let questions: [Question]
  private let schema: FeatureSchema
  private let isIncomplete: [Bool]
  private let order: [Int?]
  /// Each leaf's class distribution, where the answer is their mean; nil where it is what the trees say
  /// together.
  private let distributions: [Int: [Double]]?
  /// The trees that are folded.
  var roots: [Int]
  /// The cuts of each input ascending, then the levels of each, then the numbers that may be missing.
  private let splits: [Split]
  /// For each node the splits that answer its question together.
  private let splitsOfNode: [[Int32]]
  /// For each node where its weights begin; they end where those of the next one begin.
  private let weightStarts: [Int]
  /// The weights of all leaves that are not 0, with their classes.
  private let weights: [(label: Int, weight: Double)]

  /// - Parameters:
  ///   - schema: of columns as measured and one-hot.
  ///   - isIncomplete: for each input whether it may be missing.
  ///   - order: for each class of the forest its place in the ensembles.
  ///   - means: of the leaves, where each tree is to be folded by itself.
  init(
    _ mixture: Mixture, _ schema: FeatureSchema, isIncomplete: [Bool], order: [Int?],
    means: Mixture.Means?
  ) {
    let (ensemble, questions) = mixture.joined
    distributions = means.map { means in
      var all: [Int: [Double]] = [:]
      var start = 0
      for (ensemble, own) in zip(mixture.ensembles, means.distributions) {
        for (leaf, distribution) in own { all[leaf + start] = distribution }
        start += ensemble.nodes.count
      }
      return all
    }
    self.mixture = mixture
    roots = ensemble.roots
    self.ensemble = ensemble
    self.questions = questions
    self.schema = schema
    self.isIncomplete = isIncomplete
    self.order = order
    let known = Dictionary(
      questions.lazy.map { ($0, $0.splits) }, uniquingKeysWith: { one, _ in one })
    let splits = Set(known.values.joined()).sorted()
    let numbers = Dictionary(
      uniqueKeysWithValues: splits.enumerated().map { ($1, Int32($0)) })
    let numbered = known.mapValues { $0.map { numbers[$0]! } }
    self.splits = splits
    splitsOfNode = questions.map { numbered[$0]! }
    var starts = [0]
    var weights: [(label: Int, weight: Double)] = []
    for place in ensemble.nodes.indices {
      for (label, weight) in (ensemble.weights[place] ?? []).enumerated() where weight != 0 {
        weights.append((label, weight))
      }
      starts.append(weights.count)
    }
    weightStarts = starts
    self.weights = weights
  }

  /// Makes the tree of the trees that are folded.
  ///
  /// - Parameter limits: what is taken goes off.
  /// - Throws: `ONNXError` when it would have too many leaves or take too much work, or a region has no
  ///   probabilities.
  func tree(_ limits: inout Limits) throws(ONNXError) -> DecisionTree {
    try refuseManyParts(limits)
    let treeCount = roots.count
    var nodes: [DecisionTree.Node] = [.leaf(distribution: [])]
    var leafCount = 1
    var stepCount = 0
    var counts = [Int32](repeating: 0, count: splits.count)
    var open = [root]
    while var own = open.popLast() {
      stepCount += walk(&own) + own.walking.count
      if own.walking.isEmpty { stepCount += treeCount + mixture.output.formula.cost }
      guard leafCount <= limits.leafCount else {
        throw tooMany("they cut the inputs into more than \(limits.leafCount) parts")
      }
      guard stepCount <= limits.stepCount else {
        throw tooMany("their parts take more than \(limits.stepCount) steps")
      }
      guard open.count * treeCount <= limits.placeCount else {
        throw tooMany("their parts wait at more than \(limits.placeCount) places")
      }
      guard let split = mostAsked(own, &counts) else {
        nodes[own.place] = .leaf(distribution: try probabilities(own.places))
        continue
      }
      let left = nodes.count
      nodes += [.leaf(distribution: []), .leaf(distribution: [])]
      leafCount += 1
      let (column, threshold) = splits[split].test(schema.columnStarts)
      nodes[own.place] = .split(column: column, threshold: threshold, left: left)
      let (low, high) = own.region.sides(of: splits[split])
      open.append(Open(region: low, places: own.places, walking: own.walking, place: left))
      open.append(Open(region: high, places: own.places, walking: own.walking, place: left + 1))
    }
    limits.leafCount -= leafCount
    limits.stepCount -= stepCount
    return DecisionTree(nodes: nodes).joiningEqualLeaves()
  }

  /// Refuses at once what the roots alone show to be too many.
  ///
  /// The answer of a root is the same in all of a region, so that no region lies on both sides of any of
  /// their cuts: there are as many regions at least as the cuts make cells.
  private func refuseManyParts(_ limits: Limits) throws(ONNXError) {
    var cuts: [Int: Set<Double>] = [:]
    for root in roots {
      var place = root
      while !ensemble.nodes[place].isLeaf, case .always(let answer) = questions[place] {
        place = answer ? ensemble.nodes[place].whenTrue : ensemble.nodes[place].whenFalse
      }
      guard !ensemble.nodes[place].isLeaf else { continue }
      for case .cut(let input, let cut) in splitsOfNode[place].map({ splits[Int($0)] })
      where cut < .infinity {
        cuts[input, default: []].insert(cut)
      }
    }
    // As doubles, which do not overflow.
    let parts = cuts.values.reduce(1.0) { $0 * Double($1.count + 1) }
    guard parts <= Double(limits.leafCount) else {
      throw tooMany(
        "they cut the inputs into \(parts.counted) parts at least, and \(limits.leafCount) can be kept"
      )
    }
    guard parts * Double(roots.count) <= Double(limits.stepCount) else {
      throw tooMany(
        "they cut the inputs into \(parts.counted) parts at least, which take more than "
          + "\(limits.stepCount) steps")
    }
  }

  private func tooMany(_ reason: String) -> ONNXError {
    ONNXError(
      distributions == nil
        ? "its \(roots.count) trees are no mean of class distributions, and too many to be folded "
          + "into one: \(reason). Fewer or smaller trees may do; a random forest keeps its trees, and so do"
          + " means of them"
        : "its trees ask what no one test here does, and are too large to be taken apart: \(reason)",
      node: ensemble.label)
  }

  private var root: Open {
    Open(
      region: Region(schema.inputs, isIncomplete: isIncomplete),
      places: roots.map(Int32.init), walking: Array(0..<Int32(roots.count)), place: 0)
  }

  /// Walks each tree as far as its questions have one answer in the region.
  ///
  /// - Returns: the number of steps.
  private func walk(_ own: inout Open) -> Int {
    var steps = 0
    var kept = 0
    for tree in own.walking {
      var place = Int(own.places[Int(tree)])
      while !ensemble.nodes[place].isLeaf, let answer = own.region.answer(questions[place]) {
        place = answer ? ensemble.nodes[place].whenTrue : ensemble.nodes[place].whenFalse
        steps += 1
      }
      steps += 1
      own.places[Int(tree)] = Int32(place)
      guard !ensemble.nodes[place].isLeaf else { continue }
      own.walking[kept] = tree
      kept += 1
    }
    own.walking.removeSubrange(kept...)
    return steps
  }

  /// The split that most of the trees ask for next; nil when all have ended.
  ///
  /// Of equals it is the one in the middle of those of the same input: taken from one end, each would
  /// leave all others to one side, and the work would grow with their square.
  private func mostAsked(_ own: Open, _ counts: inout [Int32]) -> Int? {
    var asked: [Int] = []
    var most: Int32 = 0
    for tree in own.walking {
      for split in splitsOfNode[Int(own.places[Int(tree)])]
      where own.region.isDivided(by: splits[Int(split)]) {
        let split = Int(split)
        if counts[split] == 0 { asked.append(split) }
        counts[split] += 1
        most = max(most, counts[split])
        break
      }
    }
    defer { for split in asked { counts[split] = 0 } }
    var equals = asked.filter { counts[$0] == most }
    guard let first = equals.min() else { return nil }
    equals.removeAll { !splits[$0].isOfSameInput(as: splits[first]) }
    let middle = (first + equals.max()!) / 2
    return equals.min { ($0 - middle).magnitude < ($1 - middle).magnitude }
  }

  /// What the leaves say together, in the order of the forest's classes.
  private func probabilities(_ places: [Int32]) throws(ONNXError) -> [Double] {
    if let own = distributions?[Int(places[0])] { return order.map { $0.map { own[$0] } ?? 0 } }
    var sums: [[Double]] = []
    var start = 0
    for ensemble in mixture.ensembles {
      sums.append(scores(places[start..<start + ensemble.roots.count], ensemble))
      start += ensemble.roots.count
    }
    let shares = try mixture.probabilities(sums)
    return order.map { $0.map { shares[$0] } ?? 0 }
  }

  /// Adds up the leaves as ONNX Runtime does, tree by tree in the numbers of the table.
  private func scores(_ places: ArraySlice<Int32>, _ own: TreeEnsemble) -> [Double] {
    var sums = [Double](repeating: 0, count: own.classNames.count)
    func add(_ number: Double, to label: Int) {
      sums[label] =
        own.isSingle ? Double(Float(sums[label]) + Float(number)) : sums[label] + number
    }
    for place in places {
      for index in weightStarts[Int(place)]..<weightStarts[Int(place) + 1] {
        add(weights[index].weight, to: weights[index].label)
      }
    }
    for (label, base) in own.baseValues.enumerated() { add(base, to: label) }
    return sums
  }
}

extension Double {
  /// A count in words, also one that no integer holds.
  fileprivate var counted: String { Int(exactly: self).map { "\($0)" } ?? "\(self)" }
}
