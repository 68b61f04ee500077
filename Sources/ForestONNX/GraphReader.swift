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
    /// The class of the greatest of some scores.
    case prediction(Prediction)
    /// The place of that class among those of the trees.
    case place(EnsembleOutput.Answer)
    /// What trees say of each class.
    case scores([EnsembleOutput.Part])
    /// Several of those, one behind the other in a first dimension.
    case stack([[EnsembleOutput.Part]])
    /// A row of the formula.
    case calculated(Int)
    /// The shape of such a row.
    case shape(Int)

    var columnCount: Int {
      switch self {
      case .columns(let columns, _): columns.count
      case .texts(let texts): texts.count
      case .constant, .prediction, .place, .scores, .stack, .calculated, .shape: 0
      }
    }

    /// Whether it stands behind the trees.
    var isOfTrees: Bool {
      switch self {
      case .prediction, .place, .scores, .stack, .calculated, .shape: true
      case .columns, .texts, .constant: false
      }
    }

    /// The room that it takes: the edges of bins and the parts of sums count too.
    var size: Int {
      switch self {
      case .columns(let columns, _): columns.reduce(columns.count) { $0 + $1.edgeCount }
      case .texts(let texts): texts.count
      case .scores(let parts): parts.count
      case .stack(let tables): tables.reduce(0) { $0 + $1.count }
      case .constant, .prediction, .place, .calculated, .shape: 0
      }
    }
  }

  struct Prediction {
    let answer: EnsembleOutput.Answer
    /// Whether the trees' node names it, by rules of its own where there are two.
    var isOfTrees = false
    /// The names that classes get behind the trees.
    var names: [String]?
  }

  /// The most nodes; pipelines have some dozens, and several ensembles some for each of them.
  static let maximumNodeCount = 10_000
  /// The most columns of a table, so that no graph can make it grow without end.
  static let maximumColumnCount = 65_535
  /// The most columns of all tables together; pipelines have some hundreds.
  static let maximumColumnTotal = 1 << 18

  let features: [Feature]
  /// For each input whether it may be missing.
  let isIncomplete: [Bool]
  private let maximumClassCount: Int
  private(set) var values: [String: Value] = [:]
  /// The ensembles of trees, each with the columns of the table that it tests.
  private(set) var ensembles: [(trees: TreeEnsemble, columns: [Column])] = []
  /// What is calculated behind them.
  var formula = Formula()
  private var columnTotal = 0
  /// The tables that OneHotEncoder gave a third dimension, with the size of their second one.
  private var depths: [String: Int] = [:]

  init(features: [Feature], isIncomplete: [Bool], maximumClassCount: Int) {
    self.features = features
    self.isIncomplete = isIncomplete
    self.maximumClassCount = maximumClassCount
  }

  /// Counts columns of a table, or numbers of a row, among all.
  mutating func count(_ width: Int, _ node: GraphNode?) throws(ONNXError) {
    columnTotal += width
    guard columnTotal <= Self.maximumColumnTotal else {
      throw ONNXError(
        "its tables have more than \(Self.maximumColumnTotal) columns together", node: node?.label)
    }
  }

  mutating func define(_ name: String, _ value: Value, by node: GraphNode?) throws(ONNXError) {
    try count(value.size, node)
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
    let result = try result(of: node, arguments)
    try define(node.outputs[0], result, by: node)
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
    guard arguments.count == 1, case .columns(var columns, let type) = arguments[0],
      node.outputs.count <= 2, let first = node.outputs.first
    else { throw node.wrong("its one input must be a table of numbers") }
    guard type != .bool, type != .string else { throw unsuited(node) }
    // On a table of 64 bits they compare and add up in 64 bits, on any other in 32.
    let isSingle = type != .double
    if isSingle, type != .float {
      columns = try applying(.float, to: columns, node)
      try count(columns.count, node)
    }
    let part = EnsembleOutput.Part(ensemble: ensembles.count, divisor: 1)
    if node.operation == "TreeEnsemble" {
      let trees = try TreeEnsemble(
        targets: node, columnCount: columns.count, isSingle: isSingle,
        maximumClassCount: maximumClassCount)
      guard node.outputs.count == 1 else { throw node.wrong("it has one output") }
      ensembles.append((trees, columns))
      let scores = EnsembleOutput.Part(ensemble: part.ensemble, divisor: trees.divisor)
      return try define(first, .scores([scores]), by: node)
    }
    let trees = try TreeEnsemble(
      node, columnCount: columns.count, isSingle: isSingle, maximumClassCount: maximumClassCount)
    ensembles.append((trees, columns))
    if !first.isEmpty {
      try define(first, .prediction(Prediction(answer: .mean([part]), isOfTrees: true)), by: node)
    }
    if node.outputs.count == 2, !node.outputs[1].isEmpty {
      try define(node.outputs[1], .scores([part]), by: node)
    }
  }

  private mutating func result(of node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value
  {
    if arguments.contains(where: \.isOfTrees) { return try resultOfTrees(node, arguments) }
    return switch (node.operation, arguments.count) {
    case ("Identity", 1): arguments[0]
    case ("Cast", 1): try cast(node, arguments[0])
    case ("Concat", 1...): try concatenate(node, arguments)
    case ("Reshape", 2), ("Flatten", 1): try flatten(node, arguments)
    case ("ArrayFeatureExtractor", 2), ("Gather", 2): try extract(node, arguments)
    case ("OneHotEncoder", 1): try oneHot(node, arguments[0])
    case ("LabelEncoder", 1): try encode(node, arguments[0])
    case ("Where", 3): try replace(node, arguments)
    case ("Imputer", 1): try impute(node, arguments[0])
    case ("Scaler", 1): try scale(node, arguments[0])
    case ("Clip", 3): try clip(node, arguments)
    case ("ArgMax", 1): try greatest(node, arguments[0])
    case ("LessOrEqual", 2), ("Less", 2), ("GreaterOrEqual", 2), ("Greater", 2):
      try compare(node, arguments)
    case ("And", 2): try intersect(node, arguments)
    case ("Div", 2), ("Mul", 2), ("Add", 2), ("Sub", 2): try reckon(node, arguments)
    default: throw unknown(node)
    }
  }

  /// The error of an operator that is not read, with what is known of where it comes from.
  func unknown(_ node: GraphNode) -> ONNXError {
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
}
