import RandomForest

/// What a graph takes in: the measured inputs one by one, or one table of columns.
struct GraphInputs {
  private let values: [(name: String, value: GraphReader.Value)]

  init(_ graph: WireGraph, _ request: ONNXModel.Request) throws(ONNXError) {
    let constants = Set(graph.initializer.map(\.name))
    let inputs = graph.input.filter { !constants.contains($0.name) }
    let names = request.features.map(\.name)
    if inputs.count == 1, !names.contains(inputs[0].name) {
      values = [(inputs[0].name, try Self.table(inputs[0], request))]
      return
    }
    guard !inputs.isEmpty else { throw ONNXError("the graph has no inputs") }
    var values: [(String, GraphReader.Value)] = []
    for input in inputs {
      guard let place = names.firstIndex(of: input.name) else {
        throw ONNXError(
          "input \(input.name.shown) is none of \(names.joined(separator: ", "))")
      }
      values.append((input.name, try Self.value(input, request.features[place], place)))
    }
    self.values = values
  }

  func define(in reader: inout GraphReader) throws(ONNXError) {
    for (name, value) in values { try reader.define(name, value, by: nil) }
  }

  /// One measured input, a column of its own.
  private static func value(
    _ input: WireValueInfo, _ feature: Feature, _ place: Int
  ) throws(ONNXError) -> GraphReader.Value {
    let (type, width) = try shape(input)
    guard width == 1 else {
      throw ONNXError("input \(input.name.shown) must have one column, the shape [n, 1]")
    }
    guard feature.isCategorical else { return number(type, place, input) }
    guard type == .string else {
      throw ONNXError("input \(input.name.shown) must be of texts")
    }
    return .texts([TextColumn(input: place, levels: feature.levels)])
  }

  private static func number(
    _ type: Constant.ElementType, _ place: Int, _ input: WireValueInfo
  ) -> GraphReader.Value {
    let steps: [Column.Step] =
      switch type {
      case .double: []
      case .float: [.float]
      default: [.whole]
      }
    return .columns([Column(input: place, kind: .number(steps))], type)
  }

  private static func shape(
    _ input: WireValueInfo
  ) throws(ONNXError) -> (type: Constant.ElementType, width: Int?) {
    let tensor = input.type.tensorType
    guard let type = Constant.ElementType(rawValue: tensor.elemType), type != .bool, type != .uint8
    else {
      throw ONNXError("input \(input.name.shown) has elements of a type that is not read here")
    }
    guard tensor.shape.dim.count == 2 else {
      throw ONNXError("input \(input.name.shown) must have rows and columns")
    }
    let dimension = tensor.shape.dim[1]
    return (type, dimension.hasDimValue ? Int(clamping: dimension.dimValue) : nil)
  }

  /// A table whose columns were named.
  private static func table(
    _ input: WireValueInfo, _ request: ONNXModel.Request
  ) throws(ONNXError) -> GraphReader.Value {
    let (type, width) = try shape(input)
    guard type != .string else {
      throw ONNXError("input \(input.name.shown) is a table of texts")
    }
    guard let names = request.columns else {
      throw ONNXError(
        "input \(input.name.shown) is a table of \(width.map { "\($0)" } ?? "some") columns: which "
          + "they are must be said", missing: .columns)
    }
    guard width ?? names.count == names.count else {
      throw ONNXError(
        "input \(input.name.shown) has \(width ?? 0) columns, and \(names.count) were named")
    }
    let meanings = Self.meanings(request)
    var columns: [Column] = []
    for name in names {
      guard let meaning = meanings[name] else {
        throw ONNXError(
          "column \(name.shown) is none of \(meanings.keys.sorted().joined(separator: ", "))")
      }
      guard type != .double else {
        columns.append(meaning)
        continue
      }
      // Levels and bins are small whole numbers, which stay as they are.
      columns.append(meaning.applying(type == .float ? .float : .whole) ?? meaning)
    }
    return .columns(columns, type)
  }

  /// What the columns of all encodings are, by their names.
  private static func meanings(_ request: ONNXModel.Request) -> [String: Column] {
    var meanings: [String: Column] = [:]
    for encodings in request.encodings {
      for (place, (feature, encoding)) in zip(request.features, encodings).enumerated() {
        let encoded = EncodedFeature(feature, encoding: encoding)
        for (number, name) in encoded.columnNames.enumerated() {
          // The two columns of a number that may be missing are one outside of a forest.
          if encoding == .identityWithMissing, number > 0 { continue }
          let kind: Column.Kind =
            switch encoding {
            case .identity, .identityWithMissing, .ordered: .number([])
            case .oneHot: .levels((0..<encoded.columnCount).map { $0 == number ? 1 : 0 })
            case .bins(let edges, _):
              .interval(
                above: number == 0 ? nil : edges[number - 1],
                upTo: number == edges.count ? nil : edges[number])
            }
          let isNumber = if case .number = kind { true } else { false }
          meanings[name] = Column(input: place, kind: kind, whenMissing: isNumber ? nil : 0)
        }
        if feature.isCategorical {
          meanings[feature.name] = Column(
            input: place, kind: .levels(feature.levels.indices.map(Double.init)))
        }
      }
    }
    return meanings
  }
}

extension Feature {
  /// The levels of a category; none of a number.
  fileprivate var levels: [String] {
    if case .categorical(let levels) = kind { levels } else { [] }
  }
}
