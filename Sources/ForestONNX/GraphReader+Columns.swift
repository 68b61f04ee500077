import RandomForest

/// What one column of a table of texts is of a sample: a text for each level of a measured category.
struct TextColumn {
  let input: Int
  var levels: [String]
  /// What the text is where the category is missing.
  var whenMissing = ""
}

/// The operators that take texts, and those that make columns of 0 and 1.
extension GraphReader {
  func oneHot(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["cats_strings", "cats_int64s", "zeros"])
    let allowsOthers = try node.integer("zeros") ?? 1 != 0
    func require(_ isKnown: Bool, _ value: String, _ input: Int) throws(ONNXError) {
      guard isKnown || allowsOthers else {
        throw node.wrong("it does not know \(value) of \(features[input].name)")
      }
    }
    var result: [Column] = []
    switch argument {
    case .texts(let texts):
      let categories = try node.texts("cats_strings")
      try limit(texts.count * categories.count, node)
      for text in texts {
        for level in text.levels { try require(categories.contains(level), level, text.input) }
        result += categories.map { category in
          Column(
            input: text.input, kind: .levels(text.levels.map { $0 == category ? 1 : 0 }),
            whenMissing: text.whenMissing == category ? 1 : 0)
        }
      }
    case .columns(let columns, _):
      let categories = try node.integers("cats_int64s").map(Double.init)
      try limit(columns.count * categories.count, node)
      for column in columns {
        for value in column.values {
          try require(categories.contains(value), "\(value)", column.input)
        }
        for category in categories {
          var hit = try mapping([column], node) { $0 == category ? 1 : 0 }[0]
          if hit.whenMissing == nil { hit.whenMissing = 0 }
          result.append(hit)
        }
      }
    default: throw unsuited(node)
    }
    return .columns(result, .float)
  }

  func encode(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    switch argument {
    case .constant(let constant):
      // The text that SimpleImputer fills in.
      try node.allow(["keys_int64s", "values_strings", "default_string"])
      let texts = try node.texts("values_strings")
      let keys = try node.integers("keys_int64s").map(Double.init)
      guard let key = constant.scalar, keys == [key], texts.count == 1 else { throw unsuited(node) }
      return .constant(Constant(text: texts[0]))
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
    guard case .texts(let texts) = argument, keys.count == numbers.count,
      Set(keys).count == keys.count
    else { throw unsuited(node) }
    let table = Dictionary(uniqueKeysWithValues: zip(keys, numbers))
    // What a text becomes that is none of the keys.
    let stated =
      type == .int64
      ? try node.integer("default_int64").map(Double.init)
      : try node.float("default_float").map(Double.init)
    let other = stated ?? (type == .int64 ? -1 : -0.0)
    var columns: [Column] = []
    for text in texts {
      for level in text.levels where table[level] == nil && stated == nil {
        throw node.wrong("it does not know \(level) of \(features[text.input].name)")
      }
      let whenMissing = table[text.whenMissing] ?? other
      columns.append(
        Column(
          input: text.input, kind: .levels(text.levels.map { table[$0] ?? other }),
          whenMissing: whenMissing.isNaN ? nil : whenMissing))
    }
    return .columns(columns, type)
  }

  /// A text in the place of those that a column of the same category marks.
  func replace(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .columns(let marks, .bool) = arguments[0],
      case .constant(let constant) = arguments[1], case .texts(let fill) = constant.values,
      fill.count == 1, case .texts(var texts) = arguments[2], marks.count == texts.count
    else { throw unsuited(node) }
    for (place, mark) in marks.enumerated() {
      guard mark.input == texts[place].input, case .levels(let values) = mark.kind,
        let whenMissing = mark.whenMissing
      else { throw unsuited(node) }
      texts[place].levels = zip(values, texts[place].levels).map { $0 == 0 ? $1 : fill[0] }
      if whenMissing != 0 { texts[place].whenMissing = fill[0] }
    }
    return .texts(texts)
  }
}
