import RandomForest

/// Follows a graph from its inputs to its outputs and says what each table in it is of a sample.
struct GraphReader {
  /// What stands behind a name of the graph.
  enum Value {
    /// A table of numbers, one row a sample.
    case columns([Column], Constant.ElementType)
    /// A table of texts: for each column the input whose level it is.
    case texts([Int])
    case constant(Constant)
    /// The class that the trees choose.
    case prediction
    /// What the trees say of each class, and what it was divided by since.
    case scores(divisor: Double)
  }

  private let features: [Feature]
  private(set) var values: [String: Value] = [:]
  private(set) var ensemble: TreeEnsemble?
  /// The columns of the table that the trees test.
  private(set) var columns: [Column] = []

  init(features: [Feature]) { self.features = features }

  mutating func define(_ name: String, _ value: Value, by node: GraphNode?) throws(ONNXError) {
    guard !name.isEmpty, values.updateValue(value, forKey: name) == nil else {
      throw ONNXError("\(name.isEmpty ? "a result" : name.shown) stands twice", node: node?.label)
    }
  }

  /// Takes in one node; those that it needs have come before.
  mutating func read(_ node: GraphNode) throws(ONNXError) {
    var arguments: [Value] = []
    for name in node.inputs {
      guard let value = values[name] else {
        throw node.wrong("\(name.shown) is not known before it is needed")
      }
      arguments.append(value)
    }
    if node.operation == "TreeEnsembleClassifier" {
      try readTrees(node, arguments)
      return
    }
    guard node.outputs.count == 1 else {
      throw node.wrong("this operator is not known here")
    }
    try define(node.outputs[0], try result(of: node, arguments), by: node)
  }

  private mutating func readTrees(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) {
    guard ensemble == nil else { throw node.wrong("a second ensemble of trees cannot be kept") }
    guard arguments.count == 1, case .columns(let columns, let type) = arguments[0],
      node.outputs.count <= 2, let label = node.outputs.first
    else { throw node.wrong("its one input must be a table of numbers") }
    guard type != .bool, type != .string else { throw unsuited(node) }
    // On a table of 64 bits they compare and add up in 64 bits, on any other in 32.
    let isSingle = type != .double
    self.columns = isSingle ? try applying(.float, to: columns, node) : columns
    ensemble = try TreeEnsemble(node, columnCount: columns.count, isSingle: isSingle)
    if !label.isEmpty { try define(label, .prediction, by: node) }
    if node.outputs.count == 2, !node.outputs[1].isEmpty {
      try define(node.outputs[1], .scores(divisor: 1), by: node)
    }
  }

  private func result(of node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    switch (node.operation, arguments.count) {
    case ("Identity", 1): arguments[0]
    case ("Cast", 1): try cast(node, arguments[0])
    case ("ZipMap", 1):
      if case .scores = arguments[0] { arguments[0] } else { throw unsuited(node) }
    case ("Concat", 1...): try concatenate(node, arguments)
    case ("Reshape", 2), ("Flatten", 1): try flatten(node, arguments)
    case ("ArrayFeatureExtractor", 2): try extract(node, arguments)
    case ("OneHotEncoder", 1): try oneHot(node, arguments[0])
    case ("LabelEncoder", 1): try encode(node, arguments[0])
    case ("Scaler", 1): try scale(node, arguments[0])
    case ("LessOrEqual", 2), ("Less", 2), ("GreaterOrEqual", 2), ("Greater", 2):
      try compare(node, arguments)
    case ("And", 2): try intersect(node, arguments)
    case ("Div", 2), ("Mul", 2): try divide(node, arguments)
    default:
      throw node.wrong("this operator is not known here")
    }
  }

  private func unsuited(_ node: GraphNode) -> ONNXError {
    node.wrong("this operator is not known here on such an input")
  }

  private func cast(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["to", "saturate"])
    let type = try node.integer("to").flatMap {
      Constant.ElementType(rawValue: Int32(clamping: $0))
    }
    switch (argument, type) {
    case (.prediction, _?): return argument
    case (.scores, .float), (.scores, .double): return argument
    case (.texts, .string): return argument
    case (.columns(let columns, _), .double?): return .columns(columns, .double)
    case (.columns(let columns, _), .float?):
      return .columns(try applying(.float, to: columns, node), .float)
    case (.columns(let columns, _), .int64?), (.columns(let columns, _), .int32?):
      return .columns(try applying(.whole, to: columns, node), .int64)
    default: throw unsuited(node)
    }
  }

  private func applying(
    _ step: Column.Step, to columns: [Column], _ node: GraphNode
  ) throws(ONNXError) -> [Column] {
    var result: [Column] = []
    for column in columns {
      guard let next = column.applying(step) else { throw unsuited(node) }
      result.append(next)
    }
    return result
  }

  private func concatenate(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    try node.allow(["axis"])
    guard [1, -1].contains(try node.integer("axis") ?? 0) else {
      throw node.wrong("only columns can be put beside each other, axis 1")
    }
    var columns: [Column] = []
    var texts: [Int] = []
    var types: Set<Constant.ElementType> = []
    for argument in arguments {
      switch argument {
      case .columns(let more, let type):
        columns += more
        types.insert(type)
      case .texts(let more):
        texts += more
        types.insert(.string)
      default: throw unsuited(node)
      }
    }
    guard types.count == 1, let type = types.first else {
      throw node.wrong("tables of different types cannot be put beside each other")
    }
    return type == .string ? .texts(texts) : .columns(columns, type)
  }

  /// A table that keeps its rows.
  private func flatten(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    let count: Int
    switch arguments[0] {
    case .columns(let columns, _): count = columns.count
    case .texts(let texts): count = texts.count
    default: throw unsuited(node)
    }
    if node.operation == "Flatten" {
      guard try node.integer("axis") ?? 1 == 1 else { throw unsuited(node) }
      return arguments[0]
    }
    guard case .constant(let shape) = arguments[1], let sizes = shape.numbers, sizes.count == 2,
      sizes[1] == Double(count) || (sizes[0] == 0 && sizes[1] == -1)
    else { throw node.wrong("it must give one row a sample") }
    return arguments[0]
  }

  private func extract(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .constant(let constant) = arguments[1], let places = constant.numbers else {
      throw unsuited(node)
    }
    func pick<Element>(_ elements: [Element]) throws(ONNXError) -> [Element] {
      var picked: [Element] = []
      for place in places {
        guard let place = Int(exactly: place), elements.indices ~= place else {
          throw node.wrong("there is no column \(place)")
        }
        picked.append(elements[place])
      }
      return picked
    }
    switch arguments[0] {
    case .columns(let columns, let type): return .columns(try pick(columns), type)
    case .texts(let texts): return .texts(try pick(texts))
    default: throw unsuited(node)
    }
  }

  private func levels(of input: Int) -> [String] {
    if case .categorical(let levels) = features[input].kind { levels } else { [] }
  }

  private func oneHot(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["cats_strings", "cats_int64s", "zeros"])
    let allowsOthers = try node.integer("zeros") ?? 1 != 0
    var result: [Column] = []
    func append(_ input: Int, _ hits: [[Bool]]) throws(ONNXError) {
      for level in levels(of: input).indices where !allowsOthers {
        guard hits.contains(where: { $0[level] }) else {
          throw node.wrong(
            "it does not know \(levels(of: input)[level]) of \(features[input].name)")
        }
      }
      result += hits.map { Column(input: input, kind: .levels($0.map { $0 ? 1 : 0 })) }
    }
    switch argument {
    case .texts(let inputs):
      let categories = try node.texts("cats_strings")
      for input in inputs {
        try append(
          input, categories.map { category in levels(of: input).map { $0 == category } })
      }
    case .columns(let columns, _):
      let categories = try node.integers("cats_int64s").map(Double.init)
      for column in columns {
        guard case .levels(let values) = column.kind else { throw unsuited(node) }
        try append(
          column.input, categories.map { category in values.map { $0 == category } })
      }
    default: throw unsuited(node)
    }
    return .columns(result, .float)
  }

  private func encode(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    if case .prediction = argument {
      throw node.wrong("classes that are renamed behind the trees cannot be kept")
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
    var columns: [Column] = []
    for input in inputs {
      var values: [Double] = []
      for level in levels(of: input) {
        guard let value = table[level] else {
          throw node.wrong("it does not know \(level) of \(features[input].name)")
        }
        values.append(value)
      }
      columns.append(Column(input: input, kind: .levels(values)))
    }
    return .columns(columns, type)
  }

  private func scale(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
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
  private func compare(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .columns(let columns, _) = arguments[0], case .constant(let constant) = arguments[1],
      let thresholds = constant.numbers, !thresholds.contains(where: \.isNaN),
      columns.count == 1 || thresholds.count == 1 || columns.count == thresholds.count
    else { throw unsuited(node) }
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
      result.append(Column(input: column.input, kind: kind))
    }
    return .columns(result, .bool)
  }

  private func intersect(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
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
            upTo: [upTo, otherUpTo].compactMap(\.self).min())))
    }
    return .columns(result, .bool)
  }

  /// A division of what the trees say by a constant.
  private func divide(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .scores(let divisor) = arguments[0], case .constant(let constant) = arguments[1],
      let number = constant.scalar, number.isFinite, number > 0
    else { throw unsuited(node) }
    return .scores(divisor: node.operation == "Div" ? divisor * number : divisor / number)
  }
}
