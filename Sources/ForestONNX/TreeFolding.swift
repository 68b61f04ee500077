import RandomForest

/// An ensemble folded into one tree: what its trees say together of each part of the inputs' space.
///
/// Whatever becomes of sums, as the softmax of boosted trees, is the same for all samples that every
/// tree sends to the same leaves; the parts of the space in which that is so make one tree.
struct TreeFolding {
  /// Where folding gives up.
  struct Limits {
    /// The most leaves; a tree of five measurements has some thousands.
    var leafCount = 1 << 20
    /// The most work, a few seconds': steps from node to node, trees that are asked what they test
    /// next, and trees whose weights are added up for a leaf.
    var stepCount = 1 << 28
    /// The most places that are kept at once, one a tree for each part that waits: 256 MB.
    var placeCount = 1 << 25
  }

  /// A part of the inputs' space: the numbers above `low` and at or below `high`, the levels left.
  ///
  /// Where nothing is cut off below, `low` is NaN, which is never at or above a cut: -∞ would leave itself
  /// out, and -∞ is at or below a cut at -∞.
  private struct Part {
    var low: [Double]
    var high: [Double]
    /// Behind the levels of an input that may be missing stands one more for none.
    var levels: [[Bool]]
    /// Whether a number is missing, nil while it may be.
    var isMissing: [Bool?]
  }

  /// A node to be made: what has become of each tree in its part.
  private struct Open {
    var part: Part
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
  /// - Throws: `ONNXError` when it would have too many leaves or take too much work, or a part has no
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
      var (low, high) = (own.part, own.part)
      switch splits[split] {
      case .cut(let input, let cut):
        nodes[own.place] = .split(
          column: schema.columnStarts[input], threshold: cut, left: left)
        low.high[input] = cut
        high.low[input] = cut
      case .level(let input, let level):
        nodes[own.place] = .split(
          column: schema.columnStarts[input] + level, threshold: 0.5, left: left)
        low.levels[input][level] = false
        high.levels[input] = high.levels[input].indices.map { $0 == level }
      case .missing(let input):
        nodes[own.place] = .split(
          column: schema.columnStarts[input], threshold: .infinity, left: left)
        low.isMissing[input] = false
        high.isMissing[input] = true
      }
      open.append(Open(part: low, places: own.places, walking: own.walking, place: left))
      open.append(Open(part: high, places: own.places, walking: own.walking, place: left + 1))
    }
    limits.leafCount -= leafCount
    limits.stepCount -= stepCount
    return DecisionTree(nodes: nodes).joiningEqualLeaves()
  }

  /// Refuses at once what the roots alone show to be too many.
  ///
  /// The answer of a root is the same in all of a part, so that no part lies on both sides of any of
  /// their cuts: there are as many parts at least as the cuts make cells.
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
    let count = schema.inputs.count
    return Open(
      part: Part(
        low: Array(repeating: .nan, count: count),
        high: Array(repeating: .infinity, count: count),
        levels: zip(schema.inputs, isIncomplete).map { input, isIncomplete in
          guard case .categorical(let levels) = input.feature.kind else { return [] }
          return Array(repeating: true, count: levels.count + (isIncomplete ? 1 : 0))
        }, isMissing: isIncomplete.map { $0 ? nil : false }),
      places: roots.map(Int32.init), walking: Array(0..<Int32(roots.count)),
      place: 0)
  }

  /// Walks each tree as far as its questions have one answer in the part.
  ///
  /// - Returns: the number of steps.
  private func walk(_ own: inout Open) -> Int {
    var steps = 0
    var kept = 0
    for tree in own.walking {
      var place = Int(own.places[Int(tree)])
      while !ensemble.nodes[place].isLeaf, let answer = answer(questions[place], own.part) {
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

  /// The answer that all of a part gives, nil when some give another.
  private func answer(_ question: Question, _ part: Part) -> Bool? {
    switch question {
    case .always(let answer): return answer
    case .atMost(let input, let cut, let negated):
      if part.high[input] <= cut { return !negated }
      return part.low[input] >= cut ? negated : nil
    case .within(let input, let above, let upTo, let negated):
      let (low, high) = (part.low[input], part.high[input])
      if high <= above || low >= upTo { return negated }
      return low >= above && high <= upTo ? !negated : nil
    case .levels(let input, let answers):
      return Self.answer(answers, part.levels[input])
    case .unlessMissing(let input, let missing, .levels(_, let answers)):
      return Self.answer(answers + [missing], part.levels[input])
    case .unlessMissing(let input, let missing, let otherwise):
      if part.isMissing[input] == true { return missing }
      let answer = answer(otherwise, part)
      return part.isMissing[input] == false || answer == missing ? answer : nil
    }
  }

  /// The answer that all levels give that are left.
  private static func answer(_ answers: [Bool], _ levels: [Bool]) -> Bool? {
    var answer: Bool?
    for (level, isLeft) in levels.enumerated() where isLeft {
      if answer ?? answers[level] != answers[level] { return nil }
      answer = answers[level]
    }
    return answer
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
      where divides(splits[Int(split)], own.part) {
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

  private func divides(_ split: Split, _ part: Part) -> Bool {
    switch split {
    case .cut(let input, let cut): !(part.low[input] >= cut) && cut < part.high[input]
    case .level(let input, let level):
      part.levels[input][level] && part.levels[input].count(where: \.self) > 1
    case .missing(let input): part.isMissing[input] == nil
    }
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

/// A test that a node of a folded tree can make.
private enum Split: Hashable, Comparable {
  case cut(input: Int, Double)
  case level(input: Int, Int)
  /// Whether a number is missing.
  case missing(input: Int)

  func isOfSameInput(as other: Split) -> Bool {
    switch (self, other) {
    case (.cut(let one, _), .cut(let other, _)): one == other
    case (.level(let one, _), .level(let other, _)): one == other
    case (.missing(let one), .missing(let other)): one == other
    default: false
    }
  }
}

extension Question {
  /// The splits that answer it together.
  fileprivate var splits: [Split] {
    switch self {
    case .always: []
    case .atMost(let input, let cut, _): [.cut(input: input, cut)]
    case .within(let input, let above, let upTo, _):
      [.cut(input: input, above), .cut(input: input, upTo)]
    case .levels(let input, let answers):
      answers.indices.filter { answers[$0] }.map { .level(input: input, $0) }
    case .unlessMissing(let input, let missing, .levels(_, let answers)):
      answers.indices.filter { answers[$0] != missing }.map { .level(input: input, $0) }
    case .unlessMissing(let input, _, let otherwise):
      [.missing(input: input)] + otherwise.splits
    }
  }
}

extension Double {
  /// A count in words, also one that no integer holds.
  fileprivate var counted: String { Int(exactly: self).map { "\($0)" } ?? "\(self)" }
}

extension DecisionTree {
  /// The tree in which two leaves of one node that say the same are one.
  func joiningEqualLeaves() -> DecisionTree {
    var nodes = nodes
    // Children stand behind their parent, so from the back each is joined before its parent is.
    for index in nodes.indices.reversed() {
      guard case .split(_, _, let left) = nodes[index], case .leaf(let one) = nodes[left],
        case .leaf(let other) = nodes[left + 1], one == other
      else { continue }
      nodes[index] = .leaf(distribution: one)
    }
    var joined: [Node] = [nodes[0]]
    var place = 0
    while place < joined.count {
      if case .split(let column, let threshold, let left) = joined[place] {
        joined[place] = .split(column: column, threshold: threshold, left: joined.count)
        joined += [nodes[left], nodes[left + 1]]
      }
      place += 1
    }
    return DecisionTree(nodes: joined)
  }
}
