extension FeatureSchema {
  /// Reads the schema section of a forest file.
  init(
    parsing bytes: UnsafeRawBufferPointer, in range: Range<Int>, layout: ForestLayout
  ) throws(ForestFileError) {
    var reader = ByteReader(
      UnsafeRawBufferPointer(rebasing: bytes[range]), startingAt: range.lowerBound)
    var classes: [String] = []
    for _ in 0..<layout.classCount { classes.append(try reader.string()) }
    try Self.requireDistinct(classes, "classes", at: range.lowerBound)
    var inputs: [EncodedFeature] = []
    var columnsLeft = layout.columnCount
    var ranksLeft = ForestFormat.maximumRankCount
    let start = reader.byteOffset
    for _ in 0..<layout.inputCount {
      inputs.append(try Self.input(&reader, columnsLeft: columnsLeft, ranksLeft: &ranksLeft))
      columnsLeft -= inputs.last!.columnCount
    }
    guard reader.isAtEnd else {
      throw ForestFileError(.invalid, at: reader.byteOffset, "bytes follow the schema")
    }
    try Self.requireDistinct(inputs.map(\.feature.name), "inputs", at: start)
    self.init(inputs: inputs, classes: classes)
    guard columnCount == layout.columnCount else {
      throw ForestFileError(
        .invalid, at: 28, "the schema has \(columnCount) columns, not \(layout.columnCount)")
    }
  }

  /// - Parameters:
  ///   - columnsLeft: the columns that the inputs before this one leave of the header's.
  ///   - ranksLeft: the ranks that they leave of those that a file may have.
  private static func input(
    _ reader: inout ByteReader, columnsLeft: Int, ranksLeft: inout Int
  ) throws(ForestFileError) -> EncodedFeature {
    let name = try reader.string()
    let offset = reader.byteOffset
    switch try reader.integer(UInt8.self) {
    case 0:
      return EncodedFeature(
        Feature(name: name, kind: .numeric), encoding: .identity, observedRange: try range(&reader))
    case 1:
      var levels: [String] = []
      for _ in 0..<(try reader.count(upTo: columnsLeft)) { levels.append(try reader.string()) }
      try requireDistinct(levels, "levels of \(name)", at: offset)
      return EncodedFeature(
        Feature(name: name, kind: .categorical(levels: levels)), encoding: .oneHot)
    case 2:
      let observed = try range(&reader)
      let count = try reader.count(upTo: columnsLeft - 1)
      var edges: [Double] = []
      for _ in 0..<count { edges.append(try reader.double()) }
      guard zip(edges, edges.dropFirst()).allSatisfy(<), !edges.contains(where: \.isNaN) else {
        throw ForestFileError(.invalid, at: offset, "the bins of \(name) do not ascend")
      }
      var labels: [String] = []
      for _ in 0...count { labels.append(try reader.string()) }
      try requireDistinct(labels, "bins of \(name)", at: offset)
      return EncodedFeature(
        Feature(name: name, kind: .numeric), encoding: .bins(edges: edges, labels: labels),
        observedRange: observed)
    case 3:
      return EncodedFeature(
        Feature(name: name, kind: .numeric), encoding: .identityWithMissing,
        observedRange: try range(&reader))
    case 4:
      var levels: [String] = []
      for _ in 0..<(try reader.count(upTo: ranksLeft)) {
        levels.append(try reader.string())
      }
      try requireDistinct(levels, "levels of \(name)", at: offset)
      var orders: [[Int?]] = []
      let orderCount = try reader.count(upTo: min(columnsLeft, ranksLeft / max(levels.count, 1)))
      ranksLeft -= orderCount * levels.count
      for _ in 0..<orderCount {
        orders.append(try order(of: levels.count, &reader))
      }
      guard !orders.isEmpty else {
        throw ForestFileError(.invalid, at: offset, "the levels of \(name) have no order")
      }
      return EncodedFeature(
        Feature(name: name, kind: .categorical(levels: levels)), encoding: .ordered(orders: orders))
    case let encoding:
      throw ForestFileError(.invalid, at: offset, "encoding \(encoding) of \(name) is unknown")
    }
  }

  private static func order(
    of levelCount: Int, _ reader: inout ByteReader
  ) throws(ForestFileError) -> [Int?] {
    var ranks: [Int?] = []
    for _ in 0..<levelCount {
      let offset = reader.byteOffset
      let rank = try reader.integer(UInt32.self)
      guard rank < levelCount || rank == ForestFormat.noRank else {
        throw ForestFileError(.invalid, at: offset, "a rank of \(rank) exceeds the levels")
      }
      ranks.append(rank == ForestFormat.noRank ? nil : Int(rank))
    }
    return ranks
  }

  /// Which names are not distinct, as `two classes have one name`; nil where all are: whoever reads what a
  /// forest says looks it up by them.
  var repeatedNames: String? {
    let lists =
      [("classes", classes), ("inputs", inputs.map(\.feature.name))]
      + inputs.map { input in
        switch (input.encoding, input.feature.kind) {
        case (.oneHot, .categorical(let levels)), (.ordered, .categorical(let levels)):
          ("levels of \(input.feature.name)", levels)
        case (.bins(_, let labels), _): ("bins of \(input.feature.name)", labels)
        default: ("", [])
        }
      }
    for (what, names) in lists {
      var seen: Set<String> = []
      if let name = names.first(where: { !seen.insert($0).inserted }) {
        return "two \(what) have one name, \(name)"
      }
    }
    return nil
  }

  /// Whoever reads what a forest says looks it up by these names.
  private static func requireDistinct(
    _ names: [String], _ what: String, at offset: Int
  ) throws(ForestFileError) {
    guard Set(names).count == names.count else {
      throw ForestFileError(.invalid, at: offset, "two \(what) have one name")
    }
  }

  private static func range(
    _ reader: inout ByteReader
  ) throws(ForestFileError) -> ClosedRange<Double>? {
    let offset = reader.byteOffset
    let lower = try reader.double()
    let upper = try reader.double()
    if lower.isNaN && upper.isNaN { return nil }
    guard lower <= upper else {
      throw ForestFileError(.invalid, at: offset, "a range does not ascend")
    }
    return lower...upper
  }
}
