/// The operators behind the trees.
extension GraphReader {
  private typealias Part = EnsembleOutput.Part

  mutating func resultOfTrees(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    let second = arguments.count > 1 ? arguments[1] : nil
    switch (node.operation, arguments[0], second) {
    case ("Identity", let value, nil): return value
    case ("Cast", .prediction, nil), ("Cast", .scores, nil):
      return try cast(node, scores: arguments[0])
    case ("ZipMap", .scores, nil), ("ZipMap", .calculated, nil),
      ("Reshape", .prediction, .constant?):
      return arguments[0]
    case ("Mul", .scores(let parts), .constant(let constant)?),
      ("Mul", .constant(let constant), .scores(let parts)?):
      return .scores(try divide(parts, by: 1 / number(constant, node)))
    case ("Div", .scores(let parts), .constant(let constant)?):
      return .scores(try divide(parts, by: number(constant, node)))
    case ("Sum", .scores, _) where arguments.allSatisfy(\.areScores), ("Add", .scores, .scores?):
      return .scores(try sum(node, arguments))
    case ("Reshape", .scores(let parts), .constant(let shape)?):
      let classCount = ensembles[parts[0].ensemble].trees.classNames.count
      guard shape.numbers == [1, -1, Double(classCount)] else { throw unsuited(node) }
      return .stack([parts])
    case ("Concat", .stack, _):
      try node.allow(["axis"])
      guard try node.integer("axis") == 0 else { throw unsuited(node) }
      return .stack(try stack(node, arguments))
    case ("ReduceMean", .stack(let tables), _):
      try node.allow(["axes", "keepdims", "noop_with_empty_axes"])
      guard try axes(node, arguments) == [0], try node.integer("keepdims") == 0 else {
        throw unsuited(node)
      }
      return .scores(divide(merged(tables.joined()), by: Double(tables.count)))
    case ("Softmax", .scores(let parts), nil): return .scores([try softmax(node, parts)])
    case ("ArgMax", .scores, nil), ("ArgMax", .calculated, nil):
      try node.allow(["axis", "keepdims", "select_last_index"])
      guard try node.isAlongColumns, try node.integer("select_last_index") ?? 0 == 0
      else { throw unsuited(node) }
      if case .calculated(let row) = arguments[0] { return .place(.formula(row)) }
      if case .scores(let parts) = arguments[0] { return .place(.mean(parts)) }
      throw unsuited(node)
    case ("LabelEncoder", .place(let answer), nil):
      try node.allow(["keys_int64s", "values_strings", "default_string"])
      let names = try node.texts("values_strings")
      guard try node.integers("keys_int64s") == names.indices.map(Int64.init) else {
        throw renamed(node)
      }
      return .prediction(Prediction(answer: answer, names: try self.names(names, answer, node)))
    case ("ArrayFeatureExtractor", .constant(let classes), .place(let answer)?):
      return .prediction(try prediction(classes, answer, node))
    case ("LabelEncoder", .prediction, nil): throw renamed(node)
    default: return try calculate(node, arguments)
    }
  }

  /// The axes along which is added up: an attribute, or in newer files an input.
  func axes(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> [Double] {
    guard arguments.count > 1 else { return try node.integers("axes").map(Double.init) }
    guard case .constant(let axes) = arguments[1] else { throw unsuited(node) }
    return axes.numbers ?? []
  }

  private func renamed(_ node: GraphNode) -> ONNXError {
    node.wrong("classes that are renamed behind the trees cannot be kept")
  }

  private func cast(_ node: GraphNode, scores: Value) throws(ONNXError) -> Value {
    try node.allow(["to", "saturate"])
    guard case .scores = scores else { return scores }
    let type = try node.typeOfCast
    guard type == .float || type == .double else { throw unsuited(node) }
    return scores
  }

  private func number(_ constant: Constant, _ node: GraphNode) throws(ONNXError) -> Double {
    guard let number = constant.scalar, number.isFinite, number > 0 else { throw unsuited(node) }
    return number
  }

  private func divide(_ parts: [Part], by divisor: Double) -> [Part] {
    parts.map { part in
      var part = part
      part.divisor *= divisor
      return part
    }
  }

  /// A sum with each ensemble once, so that no graph can make it grow without end.
  private func merged(_ parts: some Sequence<Part>) -> [Part] {
    var sum: [Part] = []
    var places: [Part: Int] = [:]
    for part in parts {
      let key = Part(ensemble: part.ensemble, divisor: 1, isSoftmax: part.isSoftmax)
      if let place = places[key] {
        sum[place].divisor = 1 / (1 / sum[place].divisor + 1 / part.divisor)
      } else {
        places[key] = sum.count
        sum.append(part)
      }
    }
    return sum
  }

  private func sum(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> [Part] {
    var sum: [Part] = []
    for argument in arguments {
      guard case .scores(let parts) = argument else { throw unsuited(node) }
      sum += parts
    }
    return merged(sum)
  }

  private func stack(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> [[Part]] {
    var stack: [[Part]] = []
    for argument in arguments {
      guard case .stack(let tables) = argument else { throw unsuited(node) }
      stack += tables
      guard stack.count <= Self.maximumNodeCount else { throw unsuited(node) }
    }
    return stack
  }

  /// The softmax of sums; of two classes that a TreeEnsembleClassifier names there are none.
  private func softmax(_ node: GraphNode, _ parts: [Part]) throws(ONNXError) -> Part {
    try node.allow(["axis"])
    let trees = ensembles[parts[0].ensemble].trees
    guard parts == [Part(ensemble: parts[0].ensemble, divisor: 1)],
      [1, -1].contains(try node.integer("axis") ?? -1), trees.transform == .none,
      trees.twoClasses == nil
    else { throw unsuited(node) }
    return Part(ensemble: parts[0].ensemble, divisor: 1, isSoftmax: true)
  }

  private func trees(_ answer: EnsembleOutput.Answer) -> TreeEnsemble {
    if case .mean(let parts) = answer { return ensembles[parts[0].ensemble].trees }
    return ensembles[0].trees
  }

  /// Names of classes: those that the trees have anyway, or those of classes that are numbers there.
  private func names(
    _ names: [String], _ answer: EnsembleOutput.Answer, _ node: GraphNode
  ) throws(ONNXError) -> [String] {
    let trees = trees(answer)
    guard trees.hasTextNames ? names == trees.classNames : names.count == trees.classNames.count
    else { throw renamed(node) }
    return names
  }

  /// The class at a place in a list; numbers are told apart by who imports them.
  private func prediction(
    _ classes: Constant, _ answer: EnsembleOutput.Answer, _ node: GraphNode
  ) throws(ONNXError) -> Prediction {
    switch classes.values {
    case .texts(let texts):
      return Prediction(answer: answer, names: try names(texts, answer, node))
    case .numbers(let numbers):
      let trees = trees(answer)
      guard !trees.hasTextNames, numbers.count == trees.classNames.count
      else { throw renamed(node) }
      return Prediction(answer: answer)
    }
  }
}

extension GraphReader.Value {
  fileprivate var areScores: Bool { if case .scores = self { true } else { false } }
}
