import RandomForest

/// The operators that make columns.
extension GraphReader {
  private func levels(of input: Int) -> [String] {
    if case .categorical(let levels) = features[input].kind { levels } else { [] }
  }

  func oneHot(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["cats_strings", "cats_int64s", "zeros"])
    let allowsOthers = try node.integer("zeros") ?? 1 != 0
    var result: [Column] = []
    func append(
      _ input: Int, _ hits: [[Bool]], whenMissing: [Bool]
    ) throws(ONNXError) {
      for level in levels(of: input).indices where !allowsOthers {
        guard hits.contains(where: { $0[level] }) else {
          throw node.wrong(
            "it does not know \(levels(of: input)[level]) of \(features[input].name)")
        }
      }
      result += zip(hits, whenMissing).map { hits, missing in
        Column(
          input: input, kind: .levels(hits.map { $0 ? 1 : 0 }), whenMissing: missing ? 1 : 0)
      }
    }
    switch argument {
    case .texts(let inputs):
      let categories = try node.texts("cats_strings")
      try limit(inputs.count * categories.count, node)
      for input in inputs {
        try append(
          input, categories.map { category in levels(of: input).map { $0 == category } },
          whenMissing: categories.map { _ in false })
      }
    case .columns(let columns, _):
      let categories = try node.integers("cats_int64s").map(Double.init)
      try limit(columns.count * categories.count, node)
      for column in columns {
        guard case .levels(let values) = column.kind else { throw unsuited(node) }
        try append(
          column.input, categories.map { category in values.map { $0 == category } },
          whenMissing: categories.map { $0 == column.whenMissing })
      }
    default: throw unsuited(node)
    }
    return .columns(result, .float)
  }

  func encode(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    switch argument {
    case .prediction:
      throw node.wrong("classes that are renamed behind the trees cannot be kept")
    case .place:
      // The names that the trees' classes have anyway.
      try node.allow(["keys_int64s", "values_strings", "default_string"])
      let names = try node.texts("values_strings")
      guard try node.integers("keys_int64s") == names.indices.map(Int64.init),
        names == ensemble?.classNames
      else { throw node.wrong("classes that are renamed behind the trees cannot be kept") }
      return .prediction
    default: break
    }
    try node.allow([
      "keys_strings", "values_int64s", "values_floats", "default_int64", "default_float",
      "default_string",
    ])
    let keys = try node.texts("keys_strings")
    var numbers = try node.integers("values_int64s").map(Double.init)
    let type: Constant.ElementType = numbers.isEmpty ? .float : .int64
    if numbers.isEmpty { numbers = try node.floats("values_floats").map(Double.init) }
    guard case .texts(let inputs) = argument, keys.count == numbers.count,
      Set(keys).count == keys.count
    else { throw unsuited(node) }
    let table = Dictionary(uniqueKeysWithValues: zip(keys, numbers))
    // What a text becomes that is none of the keys.
    let other =
      type == .int64
      ? Double(try node.integer("default_int64") ?? -1)
      : Double(try node.float("default_float") ?? -0.0)
    var columns: [Column] = []
    for input in inputs {
      var values: [Double] = []
      for level in levels(of: input) {
        guard let value = table[level] else {
          throw node.wrong("it does not know \(level) of \(features[input].name)")
        }
        values.append(value)
      }
      columns.append(
        Column(input: input, kind: .levels(values), whenMissing: other.isNaN ? nil : other))
    }
    return .columns(columns, type)
  }

  func scale(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["offset", "scale"])
    let offsets = try node.floats("offset")
    let scales = try node.floats("scale")
    guard case .columns(let columns, _) = argument,
      [offsets.count, scales.count].allSatisfy({ $0 == 1 || $0 == columns.count })
    else { throw unsuited(node) }
    var result: [Column] = []
    for (index, column) in columns.enumerated() {
      let offset = offsets[offsets.count == 1 ? 0 : index]
      let scale = scales[scales.count == 1 ? 0 : index]
      guard offset.isFinite, scale > 0, scale.isFinite else {
        throw node.wrong("only finite offsets and scales above 0 can be kept")
      }
      result += try applying(.scaled(offset: offset, scale: scale), to: [column], node)
    }
    return .columns(result, .float)
  }

  /// A number compared with constants: 1 where it holds.
  func compare(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .columns(let columns, _) = arguments[0], case .constant(let constant) = arguments[1],
      let thresholds = constant.numbers, !thresholds.contains(where: \.isNaN),
      columns.count == 1 || thresholds.count == 1 || columns.count == thresholds.count
    else { throw unsuited(node) }
    try limit(thresholds.count, node)
    var result: [Column] = []
    for index in 0..<max(columns.count, thresholds.count) {
      let column = columns[columns.count == 1 ? 0 : index]
      let threshold = thresholds[thresholds.count == 1 ? 0 : index]
      guard case .number(let steps) = column.kind else { throw unsuited(node) }
      let isUpper = node.operation.hasPrefix("Less")
      let comparison: Comparison =
        switch node.operation {
        case "LessOrEqual", "Greater": .atMost
        default: .below
        }
      let cut = Column.greatest(steps) { comparison.holds($0, threshold) }
      // What holds for all numbers is no limit.
      let kind: Column.Kind =
        isUpper
        ? .interval(above: nil, upTo: cut == .infinity ? nil : cut ?? -.infinity)
        : .interval(above: cut, upTo: nil)
      result.append(Column(input: column.input, kind: kind, whenMissing: 0))
    }
    return .columns(result, .bool)
  }

  func intersect(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .columns(let left, .bool) = arguments[0],
      case .columns(let right, .bool) = arguments[1], left.count == right.count
    else { throw unsuited(node) }
    var result: [Column] = []
    for (one, other) in zip(left, right) {
      guard one.input == other.input, case .interval(let above, let upTo) = one.kind,
        case .interval(let otherAbove, let otherUpTo) = other.kind
      else { throw unsuited(node) }
      result.append(
        Column(
          input: one.input,
          kind: .interval(
            above: [above, otherAbove].compactMap(\.self).max(),
            upTo: [upTo, otherUpTo].compactMap(\.self).min()),
          whenMissing: 0))
    }
    return .columns(result, .bool)
  }
}
