import RandomForest

/// Follows a graph from its inputs to its outputs and says what each table in it is of a sample.
struct GraphReader {
  /// What stands behind a name of the graph.
  enum Value {
    /// A table of numbers, one row a sample.
    case columns([Column], Constant.ElementType)
    /// A table of texts.
    case texts([TextColumn])
    case constant(Constant)
    /// The class: the one that the trees' node names, or that of the greatest of their scores, with the
    /// names that classes get behind the trees.
    case prediction(isOfTrees: Bool, names: [String]? = nil)
    /// The place of that class among those of the trees.
    case place
    /// What the trees say of each class.
    case scores(EnsembleOutput.Scores)

    var columnCount: Int {
      switch self {
      case .columns(let columns, _): columns.count
      case .texts(let texts): texts.count
      case .constant, .prediction, .place, .scores: 0
      }
    }

    /// The room that the columns take: the edges of their bins count too.
    var size: Int {
      guard case .columns(let columns, _) = self else { return columnCount }
      return columns.reduce(columnCount) { $0 + $1.edgeCount }
    }
  }

  /// The most nodes; pipelines have some dozens.
  static let maximumNodeCount = 1000
  /// The most columns of a table, so that no graph can make it grow without end.
  static let maximumColumnCount = 65_535
  /// The most columns of all tables together; pipelines have some hundreds.
  static let maximumColumnTotal = 1 << 18

  let features: [Feature]
  /// For each input whether it may be missing.
  let isIncomplete: [Bool]
  private let maximumClassCount: Int
  private(set) var values: [String: Value] = [:]
  private(set) var ensemble: TreeEnsemble?
  /// The columns of the table that the trees test.
  private(set) var columns: [Column] = []
  private var columnTotal = 0
  /// The tables that OneHotEncoder gave a third dimension, with the size of their second one.
  private var depths: [String: Int] = [:]

  init(features: [Feature], isIncomplete: [Bool], maximumClassCount: Int) {
    self.features = features
    self.isIncomplete = isIncomplete
    self.maximumClassCount = maximumClassCount
  }

  mutating func define(_ name: String, _ value: Value, by node: GraphNode?) throws(ONNXError) {
    columnTotal += value.size
    guard columnTotal <= Self.maximumColumnTotal else {
      throw ONNXError(
        "its tables have more than \(Self.maximumColumnTotal) columns together", node: node?.label)
    }
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
    if ["TreeEnsembleClassifier", "TreeEnsemble"].contains(node.operation) {
      try readTrees(node, arguments)
      return
    }
    guard node.outputs.count == 1 else { throw unknown(node) }
    let depth = try depth(of: node, arguments)
    try define(node.outputs[0], try result(of: node, arguments), by: node)
    depths[node.outputs[0]] = depth
  }

  /// The second of three dimensions that the result of a node has; nil where it has two.
  ///
  /// In a table its columns stand as `Reshape` puts them: what would be another thing before that is
  /// refused.
  private func depth(of node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Int? {
    let depths = node.inputs.compactMap { self.depths[$0] }
    let axis = try node.integer("axis") ?? 0
    switch node.operation {
    case "OneHotEncoder": return arguments.first?.columnCount
    case "Reshape", "Flatten": return nil
    case "Identity", "Cast": return depths.first
    case "Concat" where axis == 1 && !depths.isEmpty: return arguments.count
    default:
      let isLast = axis == -1 || node.operation != "Gather"
      guard depths.allSatisfy({ $0 == 1 && isLast }) else {
        throw node.wrong("a table of three dimensions is not known here")
      }
      return depths.first
    }
  }

  private mutating func readTrees(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) {
    guard ensemble == nil else {
      throw node.wrong(
        "a second ensemble of trees cannot be kept (AdaBoost, bagging and voting are several)")
    }
    guard arguments.count == 1, case .columns(let columns, let type) = arguments[0],
      node.outputs.count <= 2, let label = node.outputs.first
    else { throw node.wrong("its one input must be a table of numbers") }
    guard type != .bool, type != .string else { throw unsuited(node) }
    // On a table of 64 bits they compare and add up in 64 bits, on any other in 32.
    let isSingle = type != .double
    self.columns = isSingle ? try applying(.float, to: columns, node) : columns
    guard node.operation == "TreeEnsembleClassifier" else {
      let ensemble = try TreeEnsemble(
        targets: node, columnCount: columns.count, isSingle: isSingle,
        maximumClassCount: maximumClassCount)
      guard node.outputs.count == 1 else { throw node.wrong("it has one output") }
      try define(label, .scores(EnsembleOutput.Scores(divisor: ensemble.divisor)), by: node)
      self.ensemble = ensemble
      return
    }
    ensemble = try TreeEnsemble(
      node, columnCount: columns.count, isSingle: isSingle, maximumClassCount: maximumClassCount)
    if !label.isEmpty { try define(label, .prediction(isOfTrees: true), by: node) }
    if node.outputs.count == 2, !node.outputs[1].isEmpty {
      try define(node.outputs[1], .scores(EnsembleOutput.Scores(divisor: 1)), by: node)
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
    case ("ArrayFeatureExtractor", 2), ("Gather", 2): try extract(node, arguments)
    case ("OneHotEncoder", 1): try oneHot(node, arguments[0])
    case ("LabelEncoder", 1): try encode(node, arguments[0])
    case ("Where", 3): try replace(node, arguments)
    case ("Imputer", 1): try impute(node, arguments[0])
    case ("Scaler", 1): try scale(node, arguments[0])
    case ("Clip", 3): try clip(node, arguments)
    case ("Softmax", 1): try softmax(node, arguments[0])
    case ("ArgMax", 1): try greatest(node, arguments[0])
    case ("LessOrEqual", 2), ("Less", 2), ("GreaterOrEqual", 2), ("Greater", 2):
      try compare(node, arguments)
    case ("And", 2): try intersect(node, arguments)
    case ("Div", 2), ("Mul", 2), ("Add", 2), ("Sub", 2):
      if case .scores = arguments[0] {
        try divide(node, arguments)
      } else {
        try reckon(node, arguments)
      }
    default: throw unknown(node)
    }
  }

  /// The error of an operator that is not read, with what is known of where it comes from.
  private func unknown(_ node: GraphNode) -> ONNXError {
    let advice =
      switch node.operation {
      case "TreeEnsembleRegressor":
        "; of boosted trees one TreeEnsembleClassifier is read, as XGBoost, LightGBM, CatBoost and"
          + " HistGradientBoostingClassifier are written"
      case "LinearClassifier", "LinearRegressor", "SVMClassifier", "MatMul", "Gemm":
        ": it is no part of a model of trees alone"
      default: ""
      }
    return node.wrong("this operator is not known here\(advice)")
  }

  /// Refuses tables of too many columns.
  func limit(_ columnCount: Int, _ node: GraphNode) throws(ONNXError) {
    guard columnCount <= Self.maximumColumnCount else {
      throw node.wrong("a table of more than \(Self.maximumColumnCount) columns cannot be kept")
    }
  }

  func unsuited(_ node: GraphNode) -> ONNXError {
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

  private func concatenate(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    try node.allow(["axis"])
    guard [1, -1].contains(try node.integer("axis") ?? 0) else {
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
    if node.operation == "Gather" {
      guard [1, -1].contains(try node.integer("axis") ?? 0) else {
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
    case .scores:
      throw node.wrong(
        "this operator is not known here on what trees say; it is in the files of LightGBM's"
          + " boosting_type=\"rf\", which are wrong: use another one")
    default: throw unsuited(node)
    }
  }

  /// The place of the class or column that has the most, of equals the first.
  private func greatest(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["axis", "keepdims", "select_last_index"])
    let keepsColumn = try node.integer("keepdims") ?? 1 != 0
    guard [1, -1].contains(try node.integer("axis") ?? 0),
      try node.integer("select_last_index") ?? 0 == 0
    else { throw unsuited(node) }
    switch argument {
    case .scores where !keepsColumn: return .place
    case .columns(let columns, _) where keepsColumn:
      let place = try combine(columns, node) { values in
        Double(values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 })
      }
      return .columns([place], .int64)
    default: throw unsuited(node)
    }
  }

  /// The softmax of sums; of two classes that a TreeEnsembleClassifier names there are none.
  private func softmax(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["axis"])
    guard case .scores(var scores) = argument, scores == EnsembleOutput.Scores(divisor: 1),
      [1, -1].contains(try node.integer("axis") ?? -1), let ensemble, ensemble.transform == .none,
      ensemble.twoClasses == nil
    else { throw unsuited(node) }
    scores.isSoftmax = true
    return .scores(scores)
  }

  /// A division of what the trees say by a constant.
  private func divide(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard node.operation == "Div" || node.operation == "Mul",
      case .scores(var scores) = arguments[0], case .constant(let constant) = arguments[1],
      let number = constant.scalar, number.isFinite, number > 0
    else { throw unsuited(node) }
    scores.divisor = node.operation == "Div" ? scores.divisor * number : scores.divisor / number
    return .scores(scores)
  }
}
