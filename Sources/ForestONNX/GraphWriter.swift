import RandomForest

/// Puts a graph together.
struct GraphWriter {
  private let form: ONNXForm
  private(set) var graph: WireGraph = {
    var graph = WireGraph()
    graph.name = "forest"
    return graph
  }()
  /// The value that holds all columns.
  private var columns = ""
  /// The names of all values so far: each has one of its own.
  private var names: Set<String> = []

  init(_ form: ONNXForm) { self.form = form }

  /// The type of the numbers that the file takes.
  private var number: Constant.ElementType { form.isSingle ? .float : .double }

  /// A name like the one that is asked for, which no other value has.
  private mutating func unused(_ wish: String) -> String {
    var name = wish
    while !names.insert(name).inserted { name += "_" }
    return name
  }

  /// Adds the inputs and what makes columns of them, side by side in one value.
  mutating func encode(_ schema: FeatureSchema) {
    // What is measured keeps its name, whatever else is called so.
    names = Set(schema.inputs.map(\.feature.name))
    guard !form.isTable else {
      columns = unused("columns")
      graph.input = [
        WireValueInfo(columns, number, columnCount: ONNXForm.columnNames(of: schema).count)
      ]
      return
    }
    var parts: [String] = []
    for input in schema.inputs {
      let name = input.feature.name
      graph.input.append(
        WireValueInfo(name, input.feature.isCategorical ? .string : number, columnCount: 1))
      switch (input.encoding, input.feature.kind) {
      case (.oneHot, .categorical(let levels)):
        let found = add(
          "OneHotEncoder", [name], "\(name)_levels", in: GraphNode.learning,
          [WireAttribute("cats_strings", texts: levels), WireAttribute("zeros", integer: 1)])
        let shape = addConstant(
          "\(name)_shape", integers: [-1, Int64(levels.count)], dimensions: [2])
        let table = add("Reshape", [found, shape], "\(name)_table")
        parts.append(form.isSingle ? table : add("Cast", [table], "\(name)_columns", [toNumber]))
      case (.ordered(let orders), .categorical(let levels)):
        for (order, ranks) in orders.enumerated() {
          let known = levels.indices.filter { ranks[$0] != nil }
          let found = add(
            "LabelEncoder", [name], "\(name)_ranks_\(order + 1)", in: GraphNode.learning,
            [
              WireAttribute("keys_strings", texts: known.map { levels[$0] }),
              WireAttribute("values_int64s", integers: known.map { Int64(ranks[$0]!) }),
              // Beyond every cut, where what is missing goes.
              WireAttribute("default_int64", integer: Int64(levels.count)),
            ])
          parts.append(add("Cast", [found], "\(name)_order_\(order + 1)", [toNumber]))
        }
      case (.bins(let edges, _), _):
        // A number lies in a bin when it is at least the least number of it and at most its edge; one
        // that is missing lies in none.
        let width = edges.count + 1
        let least = addConstant(
          "\(name)_least",
          numbers: [-.infinity]
            + edges.map { form.isSingle ? Double($0.roundedDown.nextUp) : $0.nextUp },
          dimensions: [1, width])
        // Behind a bin up to infinity lies one that no number is in.
        let most = addConstant(
          "\(name)_edges",
          numbers: edges.map { form.isSingle ? Double($0.roundedDown) : $0 }
            + [edges.last == .infinity ? -.infinity : .infinity],
          dimensions: [1, width])
        let reaches = add("GreaterOrEqual", [name, least], "\(name)_reaches")
        let stays = add("LessOrEqual", [name, most], "\(name)_stays")
        let bins = add("And", [reaches, stays], "\(name)_bins")
        parts.append(add("Cast", [bins], "\(name)_columns", [toNumber]))
      default:
        parts.append(name)
      }
    }
    columns = add("Concat", parts, "columns", [WireAttribute("axis", integer: 1)])
  }

  /// Adds the trees and the outputs.
  mutating func classify(with forest: Forest) throws {
    let classes = forest.schema.classes
    var trees = TreeAttributes()
    let places = forest.schema.places
    for tree in 0..<forest.treeCount { trees.add(try forest.tree(tree), tree, places) }
    let isPlain = makePlain(&trees, forest)
    // Of two classes ONNX Runtime names the second wherever its sum is above 0, and readers that know no
    // more than lists of numbers know classes by their numbers alone.
    let namesClasses = classes.count == 2 || isPlain
    var label = unused(namesClasses ? "class_of_sums" : "label")
    let isMean = isPlain && classes.count == 2
    let sums = unused(isMean ? "probabilities" : "sums")
    var node = WireNode()
    node.name = "trees"
    node.opType = "TreeEnsembleClassifier"
    node.domain = GraphNode.learning
    node.input = [columns]
    node.output = [label, sums]
    node.attribute =
      trees.attributes(isPlain: isPlain) + [
        isPlain
          ? WireAttribute("classlabels_int64s", integers: classes.indices.map(Int64.init))
          : WireAttribute("classlabels_strings", texts: classes),
        WireAttribute("post_transform", text: "NONE"),
      ]
    graph.node.append(node)
    // The forest adds up first and divides then.
    let probabilities = isMean ? sums : divide(sums, by: forest.treeCount)
    if namesClasses {
      let place = add(
        "ArgMax", [probabilities], "place",
        [WireAttribute("axis", integer: 1), WireAttribute("keepdims", integer: 0)])
      label = add(
        "LabelEncoder", [place], "label", in: GraphNode.learning,
        [
          WireAttribute("keys_int64s", integers: classes.indices.map(Int64.init)),
          WireAttribute("values_strings", texts: classes),
        ])
    }
    graph.output = [
      WireValueInfo(label, .string, columnCount: nil),
      WireValueInfo(probabilities, .float, columnCount: classes.count),
    ]
  }

  /// Makes the trees fit for lists of 32 bits, if they lose nothing there or that is asked for.
  ///
  /// - Returns: whether they are.
  private func makePlain(_ trees: inout TreeAttributes, _ forest: Forest) -> Bool {
    var plain = trees
    // Of two classes Hummingbird takes the weights of the second one for shares of a mean, whatever stands
    // behind the trees.
    if forest.schema.classes.count == 2 { plain.divideWeights(by: forest.treeCount) }
    guard form.isSingle || plain.isSingle else { return false }
    trees = plain
    return true
  }

  private mutating func divide(_ sums: String, by treeCount: Int) -> String {
    var count = WireTensor()
    count.name = unused("tree_count")
    count.dataType = Constant.ElementType.float.rawValue
    count.dims = [1]
    count.floatData = [Float(treeCount)]
    graph.initializer.append(count)
    return add("Div", [sums, count.name], "probabilities")
  }

  private var toNumber: WireAttribute { WireAttribute("to", integer: Int64(number.rawValue)) }

  /// - Returns: the name of the node's output: the one that is asked for, unless another has it.
  private mutating func add(
    _ operation: String, _ inputs: [String], _ wish: String, in domain: String = "",
    _ attributes: [WireAttribute] = []
  ) -> String {
    let output = unused(wish)
    var node = WireNode()
    node.name = output
    node.opType = operation
    node.domain = domain
    node.input = inputs
    node.output = [output]
    node.attribute = attributes
    graph.node.append(node)
    return output
  }

  /// - Returns: the constant's name: the one that is asked for, unless another has it.
  private mutating func addConstant(
    _ wish: String, numbers: [Double] = [], integers: [Int64] = [], dimensions: [Int]
  ) -> String {
    var tensor = WireTensor()
    tensor.name = unused(wish)
    tensor.dims = dimensions.map(Int64.init)
    tensor.dataType = (integers.isEmpty ? number : .int64).rawValue
    if form.isSingle {
      tensor.floatData = numbers.map { Float($0) }
    } else {
      tensor.doubleData = numbers
    }
    tensor.int64Data = integers
    graph.initializer.append(tensor)
    return tensor.name
  }
}

extension FeatureSchema {
  /// For each column the one of the graph's table that it is, and whether a missing value goes left there:
  /// the two columns of a number that may be missing are one.
  fileprivate var places: [(column: Int, missingGoesLeft: Bool)] {
    var places: [(column: Int, missingGoesLeft: Bool)] = []
    var count = 0
    for input in inputs {
      if input.encoding == .identityWithMissing {
        places += [(count, false), (count, true)]
        count += 1
      } else {
        places += (count..<count + input.columnCount).map { ($0, false) }
        count += input.columnCount
      }
    }
    return places
  }
}

extension WireValueInfo {
  /// A tensor of a row a sample.
  ///
  /// - Parameter columnCount: nil for one without columns.
  fileprivate init(_ name: String, _ type: Constant.ElementType, columnCount: Int?) {
    self.init()
    self.name = name
    self.type.tensorType.elemType = type.rawValue
    var rows = WireDimension()
    rows.dimParam = "n"
    self.type.tensorType.shape.dim = [rows]
    guard let columnCount else { return }
    var columns = WireDimension()
    columns.dimValue = Int64(columnCount)
    self.type.tensorType.shape.dim.append(columns)
  }
}
