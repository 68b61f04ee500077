/// The operators that calculate with what ensembles of trees say.
extension GraphReader {
  mutating func calculate(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    if case .shape(let width) = arguments[0] { return try fill(width, node) }
    switch (node.operation, arguments.count) {
    case ("Shape", 1):
      try node.allow([])
      let own = try row(arguments[0], node)
      return .shape(formula.widths[own])
    case ("Add", 2), ("Sub", 2), ("Mul", 2), ("Div", 2), ("Equal", 2), ("Sum", 1...):
      let operation = Formula.Operation(rawValue: node.operation) ?? .add
      var result = try row(arguments[0], node)
      for argument in arguments.dropFirst() {
        let other = try row(argument, node)
        result = try add(.combined(result, other, operation), of: [result, other], node)
      }
      return .calculated(result)
    case ("Exp", 1): return try map(arguments[0], .exponential, node)
    case ("Abs", 1): return try map(arguments[0], .magnitude, node)
    case ("Not", 1): return try map(arguments[0], .isZero, node)
    case ("Cast", 1): return try cast(arguments[0], node)
    case ("Clip", 3):
      guard case .constant(let low) = arguments[1], case .constant(let high) = arguments[2],
        let low = low.scalar, let high = high.scalar
      else { throw unsuited(node) }
      return try map(arguments[0], .clipped(Float(low), Float(high)), node)
    case ("Where", 3):
      var rows: [Int] = []
      for argument in arguments { rows.append(try row(argument, node)) }
      return .calculated(try add(.chosen(rows[0], rows[1], rows[2]), of: rows, node))
    case ("Concat", 1...):
      guard try node.isAlongColumns else { throw unsuited(node) }
      var rows: [Int] = []
      for argument in arguments { rows.append(try row(argument, node)) }
      let width = rows.reduce(0) { $0 + formula.widths[$1] }
      return .calculated(try add(.joined(rows), width: width, node))
    case ("ReduceSum", 1...2):
      try node.allow(["axes", "keepdims", "noop_with_empty_axes"])
      let axes = try axes(node, arguments)
      guard axes == [1] || axes == [-1], try node.integer("keepdims") ?? 1 == 1 else {
        throw unsuited(node)
      }
      return .calculated(try add(.total(try row(arguments[0], node)), width: 1, node))
    case ("Reshape", 2):
      let own = try row(arguments[0], node)
      guard case .constant(let shape) = arguments[1],
        shape.numbers == [-1, Double(formula.widths[own])]
      else { throw unsuited(node) }
      return .calculated(own)
    case ("ArgMin", 1):
      try node.allow(["axis", "keepdims"])
      guard try node.isAlongColumns, try node.integer("keepdims") ?? 1 == 1 else {
        throw unsuited(node)
      }
      return .calculated(try add(.least(try row(arguments[0], node)), width: 1, node))
    case ("ArrayFeatureExtractor", 2): return .calculated(try extract(node, arguments))
    default:
      throw node.wrong(
        "this operator is not known here behind trees: means of several ensembles are read, and what"
          + " AdaBoost, hard voting and calibrated models are written with")
    }
  }

  /// The row of a value; a constant becomes one.
  private mutating func row(_ value: Value, _ node: GraphNode) throws(ONNXError) -> Int {
    switch value {
    case .calculated(let row): return row
    case .scores(let parts), .place(.mean(let parts)):
      // A softmax behind trees is no row of its own.
      guard !parts.contains(where: \.isSoftmax) else { throw unsuited(node) }
      let width = ensembles[parts[0].ensemble].trees.classNames.count
      guard parts.allSatisfy({ ensembles[$0.ensemble].trees.classNames.count == width }) else {
        throw unsuited(node)
      }
      let scores = try add(.scores(parts), width: width, node)
      if case .scores = value { return scores }
      return try add(.greatest(scores), width: 1, node)
    case .place(.formula(let row)): return try add(.greatest(row), width: 1, node)
    case .constant(let constant):
      guard let numbers = constant.numbers, !numbers.isEmpty,
        constant.dimensions.dropLast().allSatisfy({ $0 == 1 })
      else { throw unsuited(node) }
      return try add(.constant(numbers.map { Float($0) }), width: numbers.count, node)
    default: throw unsuited(node)
    }
  }

  private mutating func add(
    _ step: Formula.Step, width: Int, _ node: GraphNode
  ) throws(ONNXError) -> Int {
    try count(width, node)
    return formula.add(step, width: width)
  }

  /// Adds what is calculated number by number.
  private mutating func add(
    _ step: Formula.Step, of rows: [Int], _ node: GraphNode
  ) throws(ONNXError) -> Int {
    guard let width = formula.width(rows) else { throw unsuited(node) }
    return try add(step, width: width, node)
  }

  private mutating func map(
    _ argument: Value, _ function: Formula.Function, _ node: GraphNode
  ) throws(ONNXError) -> Value {
    let own = try row(argument, node)
    return .calculated(try add(.mapped(own, function), of: [own], node))
  }

  private mutating func cast(_ argument: Value, _ node: GraphNode) throws(ONNXError) -> Value {
    try node.allow(["to", "saturate"])
    let type = try node.typeOfCast
    return switch type {
    case .float: argument
    case .bool: try map(argument, .isNotZero, node)
    case .int32, .int64: try map(argument, .whole, node)
    default: throw unsuited(node)
    }
  }

  /// A row of one number, as wide as another.
  private mutating func fill(_ width: Int, _ node: GraphNode) throws(ONNXError) -> Value {
    guard node.operation == "ConstantOfShape" else { throw unsuited(node) }
    try node.allow(["value"])
    guard let number = try node.tensor("value").map({ $0.scalar }) ?? 0 else {
      throw unsuited(node)
    }
    let numbers = [Float](repeating: Float(number), count: width)
    return .calculated(try add(.constant(numbers), width: width, node))
  }

  private mutating func extract(
    _ node: GraphNode, _ arguments: [Value]
  ) throws(ONNXError) -> Int {
    if case .constant(let list) = arguments[0], let numbers = list.numbers {
      let own = try row(arguments[1], node)
      return try add(.found(numbers.map { Float($0) }, at: own), of: [own], node)
    }
    if case .scores(let parts) = arguments[0],
      parts.contains(where: { ensembles[$0.ensemble].trees.transform != .none })
    {
      throw node.wrong(
        "this operator is not known here on what boosted trees say; it is in the files of LightGBM's"
          + " boosting_type=\"rf\", which are wrong, and of calibrated models: use another one")
    }
    let own = try row(arguments[0], node)
    guard case .constant(let constant) = arguments[1], let numbers = constant.numbers else {
      throw unsuited(node)
    }
    var places: [Int] = []
    for number in numbers {
      guard let place = Int(exactly: number), 0..<formula.widths[own] ~= place else {
        throw node.wrong("there is no class \(number)")
      }
      places.append(place)
    }
    return try add(.picked(own, places), width: places.count, node)
  }
}
