public import RandomForest

/// One of a model's trees in the words of its fields, for people to follow a patient through.
public struct ModelTree: Encodable, Sendable {
  /// What decides at a node: those of whom it is true go left.
  public enum Test: Sendable, Equatable {
    /// The number is at most so much; `missingGoesLeft` where it may be missing.
    case atMost(Double, missingGoesLeft: Bool?)
    /// The field was measured.
    case measured
    /// It is another category.
    case isNot(String)
    /// The number lies outside of a bin, above its lower edge and up to its upper one.
    case outside(String, lower: Double?, upper: Double?)
    /// It is one of these categories.
    case among([String])
    /// Everybody goes left, or nobody.
    case always(left: Bool)
  }

  /// A place of the tree.
  public enum Node: Sendable {
    /// The share of each drug.
    case leaf([Double])
    /// A test of a field; the node on its left, and behind that one the node on its right.
    case split(field: String, Test, left: Int)
  }

  /// Which tree, from 0.
  public let tree: Int
  /// How many trees there are.
  public let trees: Int
  /// The drugs, in the order of the shares.
  public let drugs: [String]
  /// The root first.
  public let nodes: [Node]
  /// The training samples that came to each node, counting what their class weighs; empty where that is
  /// not known.
  public let samples: [Double]
}

extension DrugModel {
  /// A tree of more nodes is nothing to look at.
  public static let shownNodeCount = 4096

  /// Reads a tree.
  ///
  /// - Returns: nil for one of more than `shownNodeCount` nodes.
  /// - Throws: `ForestFileError` when the forest is damaged.
  /// - Precondition: `number` is below `treeCount`.
  public func tree(_ number: Int) throws(ForestFileError) -> ModelTree? {
    let tree = try forest.tree(number)
    guard tree.nodes.count <= Self.shownNodeCount else { return nil }
    let schema = forest.schema
    let columns = schema.inputs.indices.flatMap { input in
      (schema.columnStarts[input]..<schema.columnStarts[input + 1]).map {
        (input, $0 - schema.columnStarts[input])
      }
    }
    return ModelTree(
      tree: number, trees: treeCount, drugs: drugs,
      nodes: tree.nodes.map { node in
        switch node {
        case .leaf(let shares): return .leaf(shares)
        case .split(let column, let threshold, let left):
          let (input, place) = columns[column]
          let encoded = schema.inputs[input]
          return .split(
            field: encoded.feature.name, ModelTree.Test(encoded, place, threshold), left: left)
        }
      }, samples: tree.covers)
  }
}

extension ModelTree.Test {
  /// - Parameter place: which of the field's columns is tested.
  init(_ encoded: EncodedFeature, _ place: Int, _ threshold: Double) {
    func hot(_ test: Self) -> Self {
      0..<1 ~= threshold ? test : .always(left: threshold >= 1)
    }
    switch (encoded.encoding, encoded.feature.kind) {
    case (.identityWithMissing, _) where threshold == .infinity: self = .measured
    case (.identityWithMissing, _): self = .atMost(threshold, missingGoesLeft: place == 1)
    case (.bins(let edges, let labels), _):
      self = hot(
        .outside(
          labels[place], lower: place > 0 ? edges[place - 1] : nil,
          upper: place < edges.count ? edges[place] : nil))
    case (.oneHot, .categorical(let levels)): self = hot(.isNot(levels[place]))
    case (.ordered(let orders), .categorical(let levels)):
      self = .among(
        levels.indices.filter { orders[place][$0].map { Double($0) <= threshold } ?? false }.map {
          levels[$0]
        })
    case (.identity, _), (.oneHot, .numeric), (.ordered, .numeric):
      self = .atMost(threshold, missingGoesLeft: nil)
    }
  }
}

extension ModelTree.Node: Encodable {
  private enum CodingKeys: String, CodingKey {
    case shares, field, left, test, threshold, missing, value, lower, upper, values
  }

  /// Writes the members of the case, under a test's name what it needs.
  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .leaf(let shares): try members.encode(shares, forKey: .shares)
    case .split(let field, let test, let left):
      try members.encode(field, forKey: .field)
      try members.encode(left, forKey: .left)
      switch test {
      case .atMost(let threshold, let missingGoesLeft):
        try members.encode("at_most", forKey: .test)
        try members.encode(threshold, forKey: .threshold)
        if let missingGoesLeft {
          try members.encode(missingGoesLeft ? "left" : "right", forKey: .missing)
        }
      case .measured: try members.encode("measured", forKey: .test)
      case .isNot(let value):
        try members.encode("is_not", forKey: .test)
        try members.encode(value, forKey: .value)
      case .outside(let label, let lower, let upper):
        try members.encode("outside", forKey: .test)
        try members.encode(label, forKey: .value)
        try members.encode(lower, forKey: .lower)
        try members.encode(upper, forKey: .upper)
      case .among(let values):
        try members.encode("among", forKey: .test)
        try members.encode(values, forKey: .values)
      case .always(let left): try members.encode(left ? "all" : "none", forKey: .test)
      }
    }
  }
}
