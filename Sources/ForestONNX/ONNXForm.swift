public import RandomForest

/// How a forest stands in a file in ONNX.
public struct ONNXForm: Sendable {
  /// Whether the file takes numbers of 32 bits, and holds none of more.
  ///
  /// Each threshold is rounded down, so that a number of 32 bits goes the way that it goes in the forest;
  /// the leaves' shares are rounded to the nearest.
  public var isSingle: Bool
  /// Whether the file takes one table of the encoded columns, shape [n, columnCount], in place of the
  /// measured inputs one by one.
  public var isTable: Bool

  /// Creates a form; without arguments it is the one that loses nothing.
  public init(isSingle: Bool = false, isTable: Bool = false) {
    self.isSingle = isSingle
    self.isTable = isTable
  }

  /// The names of the columns of such a table, in its order; the two columns of a number that may be
  /// missing are one there, NaN where it is.
  public static func columnNames(of schema: FeatureSchema) -> [String] {
    schema.inputs.flatMap { input in
      input.encoding == .identityWithMissing ? [input.feature.name] : input.columnNames
    }
  }
}

extension Double {
  /// The greatest number of 32 bits that is not above this one: of numbers of 32 bits both are the upper
  /// limit of the same.
  var roundedDown: Float {
    let nearest = Float(self)
    return Double(nearest) > self ? nearest.nextDown : nearest
  }
}
