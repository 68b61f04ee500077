/// How one measured feature becomes columns that trees can split.
public enum FeatureEncoding: Sendable, Equatable {
  /// A numeric feature as measured: one column.
  case identity
  /// A numeric feature as measured that may be missing: two columns, alike but for a missing value,
  /// which lies above every number in the first and below every number in the second.
  ///
  /// So each split learns to which side the missing values go, or parts them from all others. The two
  /// columns count as one measurement.
  case identityWithMissing
  /// A categorical feature: one column a level, 1 for the sample's level and 0 elsewhere.
  case oneHot
  /// A categorical feature whose levels stand in one or more orders, in which splits cut them in two: one
  /// column an order. They count as one measurement.
  ///
  /// `orders` has for each the ranks of the levels, shape (orders, levels), nil for a level that is not
  /// known: it counts as missing. `Dataset.orderedEncoding(ofColumn:)` finds orders that suit the classes. A
  /// few columns serve thousands of levels, of which one-hot columns would try a few at a split.
  case ordered(orders: [[Int?]])
  /// A numeric feature cut into right-closed bins: one column a bin, 1 for the sample's bin.
  ///
  /// `edges` ascend strictly; bin i holds (edges[i-1], edges[i]], the first bin all below, the last
  /// all above. There is one label more than edges.
  case bins(edges: [Double], labels: [String])
}

/// A measured feature with its encoding and what the training rows held of it.
public struct EncodedFeature: Sendable, Equatable {
  /// The measured feature.
  public let feature: Feature
  /// How it becomes columns.
  public let encoding: FeatureEncoding
  /// The least and greatest finite value seen in training, in the feature's unit; nil for a
  /// categorical feature or when no finite value was seen.
  public let observedRange: ClosedRange<Double>?

  /// Creates an encoded feature.
  ///
  /// - Precondition: the encoding fits the feature's kind, and bins have ascending edges and one
  ///   label more than edges.
  public init(
    _ feature: Feature, encoding: FeatureEncoding, observedRange: ClosedRange<Double>? = nil
  ) {
    switch encoding {
    case .oneHot: precondition(feature.isCategorical, "one-hot needs levels")
    case .ordered(let orders):
      guard case .categorical(let levels) = feature.kind, !orders.isEmpty,
        orders.allSatisfy({ $0.count == levels.count })
      else { preconditionFailure("an order has a place for each level") }
      precondition(
        orders.joined().allSatisfy { $0.map(levels.indices.contains) ?? true },
        "a rank is below the number of levels")
    case .identity, .identityWithMissing:
      precondition(!feature.isCategorical, "identity needs a number")
    case .bins(let edges, let labels):
      precondition(!feature.isCategorical, "bins need a number")
      precondition(labels.count == edges.count + 1, "bins need one label more than edges")
      precondition(zip(edges, edges.dropFirst()).allSatisfy(<), "edges ascend")
    }
    self.feature = feature
    self.encoding = encoding
    self.observedRange = observedRange
  }

  /// The names of the columns, as `Sex_F`, `Age_binned_20s`, `Na_to_K` or `Weight_or_missing`.
  public var columnNames: [String] {
    switch (encoding, feature.kind) {
    case (.oneHot, .categorical(let levels)): levels.map { "\(feature.name)_\($0)" }
    case (.bins(_, let labels), _): labels.map { "\(feature.name)_binned_\($0)" }
    case (.identityWithMissing, _): [feature.name, "\(feature.name)_or_missing"]
    case (.ordered(let orders), _) where orders.count > 1:
      orders.indices.map { "\(feature.name)_order_\($0 + 1)" }
    default: [feature.name]
    }
  }

  /// The number of columns.
  public var columnCount: Int {
    switch (encoding, feature.kind) {
    case (.oneHot, .categorical(let levels)): levels.count
    case (.bins(_, let labels), _): labels.count
    case (.identityWithMissing, _): 2
    case (.ordered(let orders), _): orders.count
    default: 1
    }
  }

  /// Whether the columns hold the value itself.
  var isMeasured: Bool {
    switch encoding {
    case .identity, .identityWithMissing: true
    case .oneHot, .bins, .ordered: false
    }
  }

  /// Whether a value is turned into its ranks in orders.
  var isOrdered: Bool { if case .ordered = encoding { true } else { false } }

  /// The ranks of a level in each order, NaN where it has none or is none.
  func ranks(of value: Double) -> [Double] {
    guard case .ordered(let orders) = encoding else { return [] }
    return orders.map { ranks in
      guard let level = Int(exactly: value), ranks.indices ~= level else { return .nan }
      return ranks[level].map(Double.init) ?? .nan
    }
  }

  /// The one column that is 1 for `value`, counted from the feature's first column; nil for a number
  /// as measured, a missing value or a level that does not exist: then all are 0.
  func hotColumn(for value: Double) -> Int? {
    switch encoding {
    case .identity, .identityWithMissing, .ordered: return nil
    case .oneHot:
      guard let level = Int(exactly: value), 0..<columnCount ~= level else { return nil }
      return level
    case .bins(let edges, _):
      if value.isNaN { return nil }
      return edges.countBelow(value)
    }
  }
}
