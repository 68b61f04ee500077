import RandomForest

/// The operators that reckon with numbers, compare them and put them in bins.
extension GraphReader {
  /// The most bins that columns together make of a number.
  private static let maximumBinCount = 256

  /// (number - offset) · scale, in 32 bits but for a table of 64; what comes of it has 32.
  func scale(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["offset", "scale"])
    let offsets = try node.floats("offset").map(Double.init)
    let scales = try node.floats("scale").map(Double.init)
    guard case .columns(let columns, let type) = argument,
      let offsets = offsets.perColumn(columns.count), let scales = scales.perColumn(columns.count)
    else { throw unsuited(node) }
    let isSingle = type != .double
    let moved = try reckon(.subtract, offsets, columns, isSingle: isSingle, node)
    let scaled = try reckon(.multiply, scales, moved, isSingle: isSingle, node)
    return .columns(try applying(.float, to: scaled, node), .float)
  }

  /// A table with a constant for each column, or one for all.
  func reckon(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard let operation = Column.Arithmetic(rawValue: node.operation) else { throw unsuited(node) }
    var arguments = arguments
    if case .constant = arguments[0], operation == .add || operation == .multiply {
      arguments.swapAt(0, 1)
    }
    guard case .columns(let columns, let type) = arguments[0], [.float, .double].contains(type),
      case .constant(let constant) = arguments[1], constant.type == type,
      let row = constant.row(columns.count)
    else { throw unsuited(node) }
    return .columns(
      try reckon(operation, row, columns, isSingle: type == .float, node), type)
  }

  private func reckon(
    _ operation: Column.Arithmetic, _ constants: [Double], _ columns: [Column], isSingle: Bool,
    _ node: GraphNode
  ) throws(ONNXError) -> [Column] {
    var result: [Column] = []
    for (column, constant) in zip(columns, constants) {
      guard constant.isFinite else { throw node.wrong("only finite numbers can be reckoned with") }
      var column = column
      if operation == .multiply || operation == .divide, case .number = column.kind {
        if operation == .multiply, constant == 0 {
          // How skl2onnx makes a column of one number.
          column = Column(
            input: column.input, kind: .bins(edges: [], values: [0]),
            whenMissing: column.whenMissing.map { _ in 0 })
        } else if constant <= 0 {
          throw node.wrong("only scales above 0 can be kept of what is measured")
        }
      }
      result += try applying(
        .arithmetic(operation, constant, isSingle: isSingle), to: [column], node)
    }
    return result
  }

  func clip(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .columns(let columns, let type) = arguments[0], [.float, .double].contains(type),
      case .constant(let lower) = arguments[1], case .constant(let upper) = arguments[2],
      lower.type == type, upper.type == type, let low = lower.scalar, let high = upper.scalar,
      low <= high
    else { throw unsuited(node) }
    return .columns(try applying(.clipped(low: low, high: high), to: columns, node), type)
  }

  /// A number in the place of one that is missing.
  func impute(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["imputed_value_floats", "replaced_value_float"])
    let numbers = try node.floats("imputed_value_floats").map(Double.init)
    let replaced = try node.float("replaced_value_float") ?? 0
    guard replaced.isNaN else {
      throw node.wrong(
        "it replaces the number \(replaced), and only what is missing can be replaced: "
          + "missing_values must be NaN")
    }
    guard case .columns(var columns, .float) = argument,
      let numbers = numbers.perColumn(columns.count)
    else { throw node.wrong("it must fill a table of 32 bits, as in ONNX Runtime") }
    for (place, number) in numbers.enumerated() {
      guard number.isFinite else { throw node.wrong("it fills in what is no number") }
      let filled = columns[place].mapping { $0.isNaN ? number : $0 } ?? columns[place]
      columns[place] = filled
      columns[place].whenMissing = filled.whenMissing ?? number
    }
    return .columns(columns, .float)
  }

  /// A number compared with constants: 1 where it holds.
  func compare(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .columns(let columns, _) = arguments[0], case .constant(let constant) = arguments[1],
      let thresholds = constant.numbers, !thresholds.contains(where: \.isNaN),
      columns.count == 1 || thresholds.count == 1 || columns.count == thresholds.count
    else { throw unsuited(node) }
    try limit(thresholds.count, node)
    let comparison: Comparison =
      switch node.operation {
      case "LessOrEqual": .atMost
      case "Less": .below
      case "GreaterOrEqual": .atLeast
      default: .above
      }
    var result: [Column] = []
    for index in 0..<max(columns.count, thresholds.count) {
      let column = columns[columns.count == 1 ? 0 : index]
      let threshold = thresholds[thresholds.count == 1 ? 0 : index]
      guard case .number(let steps) = column.kind else { throw unsuited(node) }
      let isUpper = comparison == .atMost || comparison == .below
      let cut = Column.greatest(steps) { comparison.holds($0, threshold) == isUpper }
      // What holds for all numbers is no limit.
      let kind: Column.Kind =
        isUpper
        ? .interval(above: nil, upTo: cut == .infinity ? nil : cut ?? -.infinity)
        : .interval(above: cut, upTo: nil)
      result.append(
        Column(
          input: column.input, kind: kind,
          whenMissing: comparison.holds(column.whenMissing ?? .nan, threshold) ? 1 : 0))
    }
    return .columns(result, .bool)
  }

  func intersect(_ node: GraphNode, _ arguments: [Value]) throws(ONNXError) -> Value {
    guard case .columns(let left, .bool) = arguments[0],
      case .columns(let right, .bool) = arguments[1], left.count == right.count
    else { throw unsuited(node) }
    var result: [Column] = []
    for (one, other) in zip(left, right) {
      result.append(try combine([one, other], node) { $0[0] * $0[1] })
    }
    return .columns(result, .bool)
  }

  /// The place of the column that has the most, of equals the first.
  func greatest(_ node: GraphNode, _ argument: Value) throws(ONNXError) -> Value {
    try node.allow(["axis", "keepdims", "select_last_index"])
    guard case .columns(let columns, _) = argument, try node.isAlongColumns,
      try node.integer("keepdims") ?? 1 != 0, try node.integer("select_last_index") ?? 0 == 0
    else { throw unsuited(node) }
    let place = try combine(columns, node) { values in
      Double(values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 })
    }
    return .columns([place], .int64)
  }

  /// One column of several in bins of the same number.
  func combine(
    _ columns: [Column], _ node: GraphNode, _ function: ([Double]) -> Double
  ) throws(ONNXError) -> Column {
    var bins: [(edges: [Double], values: [Double])] = []
    var inputs: Set<Int> = []
    for column in columns {
      guard case .bins(let edges, let values) = column.kind else { throw unsuited(node) }
      bins.append((edges, values))
      guard !isIncomplete[column.input] || column.whenMissing != nil else {
        throw node.wrong(
          "\(features[column.input].name) may be missing, which no bin is for: it must be filled "
            + "in before, by SimpleImputer")
      }
      // A column of one number is of no input.
      let isConstant = !isIncomplete[column.input] || column.whenMissing == values[0]
      if !edges.isEmpty || !isConstant { inputs.insert(column.input) }
    }
    let edges = Set(bins.flatMap(\.edges)).sorted()
    guard inputs.count <= 1, let input = inputs.first ?? columns.first?.input,
      columns.count <= Self.maximumBinCount, edges.count < Self.maximumBinCount
    else { throw unsuited(node) }
    let values = (edges + [.infinity]).map { upTo in
      function(
        bins.map { own in own.values[own.edges.firstIndex { upTo <= $0 } ?? own.edges.count] })
    }
    let missing = columns.compactMap(\.whenMissing)
    return Column(
      input: input, kind: Column.Kind.bins(edges: edges, values: values).joined,
      whenMissing: missing.count == columns.count ? function(missing) : nil)
  }
}
