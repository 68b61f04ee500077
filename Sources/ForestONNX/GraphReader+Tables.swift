import RandomForest

/// The operators that put tables together, or take them apart, and leave what stands in them.
extension GraphReader {
  func cast(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["to", "saturate"])
    let type = try node.typeOfCast
    switch (argument, type) {
    case (.texts, .string): return argument
    case (.columns(let columns, _), .bool?):
      return .columns(try mapping(columns, node) { $0 == 0 ? 0 : 1 }, .bool)
    case (.columns(let columns, _), .double?): return .columns(columns, .double)
    case (.columns(let columns, _), .float?):
      return .columns(try applying(.float, to: columns, node), .float)
    case (.columns(let columns, _), .int64?), (.columns(let columns, _), .int32?):
      return .columns(try applying(.whole, to: columns, node), .int64)
    default: throw unsuited(node)
    }
  }

  func mapping(
    _ columns: [Column], _ node: GraphNode, _ change: (Double) -> Double
  ) throws(ONNXError) -> [Column] {
    try each(columns, node) { $0.mapping(change) }
  }

  func applying(
    _ step: Column.Step, to columns: [Column], _ node: GraphNode
  ) throws(ONNXError) -> [Column] {
    try each(columns, node) { $0.applying(step) }
  }

  /// What becomes of each column; where nothing does, the node is refused.
  private func each(
    _ columns: [Column], _ node: GraphNode, _ next: (Column) -> Column?
  ) throws(ONNXError) -> [Column] {
    try columns.map { column throws(ONNXError) in
      guard let next = next(column) else { throw unsuited(node) }
      return next
    }
  }

  func concatenate(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    try node.allow(["axis"])
    guard try node.isAlongColumns else {
      throw node.wrong("only columns can be put beside each other, axis 1")
    }
    var columns: [Column] = []
    var texts: [TextColumn] = []
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
      try limit(columns.count + texts.count, node)
    }
    guard types.count == 1, let type = types.first else {
      throw node.wrong(
        "tables of different types cannot be put beside each other: give all numbers one type")
    }
    return type == .string ? .texts(texts) : .columns(columns, type)
  }

  /// A table that keeps its rows.
  func flatten(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
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

  func extract(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    if node.operation == "Gather" {
      guard try node.isAlongColumns else {
        throw node.wrong("only columns can be picked, axis 1")
      }
    }
    guard case .constant(let constant) = arguments[1], let places = constant.numbers else {
      throw unsuited(node)
    }
    try limit(places.count, node)
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
}
