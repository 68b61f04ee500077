import RandomForest

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The lists of a TreeEnsembleClassifier.
struct TreeAttributes {
  private var trees: [Int64] = []
  private var nodes: [Int64] = []
  private var columns: [Int64] = []
  private var modes: [String] = []
  private var thresholds: [Double] = []
  private var whenTrue: [Int64] = []
  private var whenFalse: [Int64] = []
  private var tracks: [Int64] = []
  private var covers: [Double] = []
  private var leafTrees: [Int64] = []
  private var leafNodes: [Int64] = []
  private var leafClasses: [Int64] = []
  private var weights: [Double] = []

  /// Adds a tree.
  ///
  /// - Parameter places: for each column the one of the graph's table that it is, and whether a missing
  ///   value goes left there.
  mutating func add(
    _ tree: DecisionTree, _ number: Int, _ places: [(column: Int, missingGoesLeft: Bool)]
  ) {
    covers += tree.covers
    for (index, node) in tree.nodes.enumerated() {
      trees.append(Int64(number))
      nodes.append(Int64(index))
      switch node {
      case .split(let column, let threshold, let left):
        columns.append(Int64(places[column].column))
        tracks.append(places[column].missingGoesLeft ? 1 : 0)
        modes.append(Comparison.atMost.rawValue)
        thresholds.append(threshold)
        whenTrue.append(Int64(left))
        whenFalse.append(Int64(left + 1))
      case .leaf(let distribution):
        columns.append(0)
        tracks.append(0)
        modes.append("LEAF")
        thresholds.append(0)
        whenTrue.append(0)
        whenFalse.append(0)
        // Shares of 0 are written too: a class that no leaf names would have no score.
        for (label, share) in distribution.enumerated() {
          leafTrees.append(Int64(number))
          leafNodes.append(Int64(index))
          leafClasses.append(Int64(label))
          weights.append(share)
        }
      }
    }
  }

  /// Makes the leaves' shares those of a mean over so many trees.
  mutating func divideWeights(by treeCount: Int) {
    for place in weights.indices { weights[place] /= Double(treeCount) }
  }

  /// Whether no number needs more than 32 bits.
  var isSingle: Bool {
    [thresholds, weights, covers].allSatisfy { $0.allSatisfy { Double(Float($0)) == $0 } }
  }

  /// - Parameter isPlain: whether the numbers stand in lists of 32 bits, thresholds rounded down, or in
  ///   tensors of 64, which not every reader knows.
  func attributes(isPlain: Bool) -> [WireAttribute] {
    func numbers(_ name: String, _ values: [Double]) -> WireAttribute {
      isPlain
        ? WireAttribute(name, floats: values.map { Float($0) })
        : WireAttribute("\(name)_as_tensor", doubles: values)
    }
    var attributes = [
      WireAttribute("nodes_treeids", integers: trees),
      WireAttribute("nodes_nodeids", integers: nodes),
      WireAttribute("nodes_featureids", integers: columns),
      WireAttribute("nodes_modes", texts: modes),
      numbers(
        "nodes_values",
        isPlain ? thresholds.map { Double($0.roundedDown) } : thresholds),
      WireAttribute("nodes_truenodeids", integers: whenTrue),
      WireAttribute("nodes_falsenodeids", integers: whenFalse),
      WireAttribute("nodes_missing_value_tracks_true", integers: tracks),
      WireAttribute("class_treeids", integers: leafTrees),
      WireAttribute("class_nodeids", integers: leafNodes),
      WireAttribute("class_ids", integers: leafClasses),
      numbers("class_weights", weights),
    ]
    if covers.count == nodes.count {
      attributes.append(numbers("nodes_hitrates", covers))
    }
    return attributes
  }
}

extension WireAttribute {
  private init(_ name: String, type: Int32) {
    self.init()
    self.name = name
    self.type = type
  }

  init(_ name: String, integer: Int64) {
    self.init(name, type: 2)
    i = integer
  }

  init(_ name: String, text: String) {
    self.init(name, type: 3)
    s = Data(text.utf8)
  }

  init(_ name: String, doubles: [Double]) {
    self.init(name, type: 4)
    t.name = name
    t.dims = [Int64(doubles.count)]
    t.dataType = Constant.ElementType.double.rawValue
    t.doubleData = doubles
  }

  init(_ name: String, floats: [Float]) {
    self.init(name, type: 6)
    self.floats = floats
  }

  init(_ name: String, integers: [Int64]) {
    self.init(name, type: 7)
    ints = integers
  }

  init(_ name: String, texts: [String]) {
    self.init(name, type: 8)
    strings = texts.map { Data($0.utf8) }
  }
}
