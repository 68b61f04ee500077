import RandomForest
import Testing

@testable import ForestONNX

/// What stands between the inputs and the trees.
struct PreparationTests {
  /// Two trees behind some nodes that make `T` of `X`.
  private func model(
    _ nodes: [WireNode], constants: [WireTensor] = [], type: Constant.ElementType = .float
  ) -> SmallModel {
    var model = SmallModel.stumps
    model.inputType = type
    model.change = { wire in
      wire.graph.node[0].input = ["T"]
      wire.graph.node = nodes + wire.graph.node
      wire.graph.initializer = constants
    }
    return model
  }

  private func node(
    _ operation: String, _ inputs: [String], _ attributes: [String: [Float]] = [:],
    output: String = "T", axis: Int64? = nil
  ) -> WireNode {
    var node = WireNode()
    node.opType = operation
    node.input = inputs
    node.output = [output]
    for (name, values) in attributes {
      var attribute = WireAttribute()
      attribute.name = name
      attribute.type = name == "replaced_value_float" ? 1 : 6
      attribute.floats = values
      attribute.f = values[0]
      node.attribute.append(attribute)
    }
    if let axis { node.attribute.append(WireAttribute("axis", integer: axis)) }
    return node
  }

  private func constant(_ name: String, _ values: [Float], dimensions: [Int64]? = nil) -> WireTensor
  {
    var tensor = WireTensor()
    tensor.name = name
    tensor.dataType = 1
    tensor.floatData = values
    tensor.dims = dimensions ?? [Int64(values.count)]
    return tensor
  }

  /// Scaler on doubles reckons in 64 bits, and says in 32 what came of it.
  @Test func aScalerOfDoublesRoundsWhatItSays() throws {
    let scaler = node(
      "Scaler", ["X"], ["offset": [16_777_216, 0, 0], "scale": [1, 1, 1]])
    // Both are the same number in 32 bits.
    let forest = try model([scaler], type: .double).forest().forest
    #expect(try forest.predict([16_777_217, 0, 0]).votes[0] == 1)
    #expect(try forest.predict([16_777_217.25, 0, 0]).votes[0] == 0)
  }

  @Test func aMissingNumberGoesWhereWhatIsFilledInGoes() throws {
    let fill = node(
      "Imputer", ["X"], ["imputed_value_floats": [7, 7, 1], "replaced_value_float": [.nan]])
    let forest = try model([fill]).forest(incompleteRequest()).forest
    #expect(try forest.predict([.nan, 0, 0]).probabilities == [0, 0.75, 0.25])
    #expect(try forest.predict([0, 0, .nan]).probabilities == [0.5, 0, 0.5])
  }

  @Test(
    arguments: [
      ("it replaces the number -1.0, and only what is missing", "Imputer", [-1]),
      ("it fills in what is no number", "Imputer", [Float.nan]),
    ])
  func whatCannotBeFilledInIsRefused(words: String, operation: String, replaced: [Float]) {
    let value: Float = replaced[0].isNaN ? .infinity : 7
    let fill = node(
      operation, ["X"], ["imputed_value_floats": [value], "replaced_value_float": replaced])
    #expect { try model([fill]).forest() } throws: { "\($0)".contains(words) }
  }

  @Test(arguments: [("Mul", -1), ("Mul", Float.infinity), ("Div", 0), ("Div", -2)])
  func aScaleThatTurnsNumbersRoundIsRefused(operation: String, factor: Float) {
    let made = model([node(operation, ["X", "k"])], constants: [constant("k", [factor])])
    #expect { try made.forest() } throws: { "\($0)".contains("node 0 (\(operation)): only ") }
  }

  @Test func constantsThatAreNoRowAreRefused() {
    for dimensions in [[3, 1], [2]] as [[Int64]] {
      let k = constant(
        "k", Array(repeating: 1, count: Int(dimensions.reduce(1, *))), dimensions: dimensions)
      let made = model([node("Add", ["X", "k"])], constants: [k])
      #expect { try made.forest() } throws: {
        "\($0)".contains("node 0 (Add): this operator is not known here on such an input")
      }
    }
  }

  /// OneHotEncoder gives each column an axis of its own, along which Gather would pick columns.
  @Test func columnsOfATableOfThreeDimensionsAreNotPicked() {
    var places = constant("i", [])
    places.dataType = 7
    places.floatData = []
    places.int64Data = [0, 1, 2]
    places.dims = [3]
    var hot = node("OneHotEncoder", ["c"], output: "hot")
    var categories = WireAttribute("cats_int64s", integers: [0, 1, 2])
    categories.type = 7
    hot.attribute.append(categories)
    var place = constant("two", [])
    place.dataType = 7
    place.int64Data = [2, 2]
    place.dims = [2]
    let made = model(
      [
        node("ArrayFeatureExtractor", ["X", "two"], output: "c"), hot,
        node("Gather", ["hot", "i"], axis: -1),
      ], constants: [places, place])
    #expect { try made.forest() } throws: {
      "\($0)".contains("(Gather): a table of three dimensions is not known here")
    }
  }

  /// 2,000 comparisons of one number, and the place of the first that holds.
  @Test func moreBinsThanAnybodyMakesAreRefused() {
    var limits = constant("limits", (0..<2000).map(Float.init))
    limits.dims = [2000]
    var first = constant("first", [])
    first.dataType = 7
    first.int64Data = [0]
    first.dims = [1]
    let made = model(
      [
        node("ArrayFeatureExtractor", ["X", "first"], output: "x"),
        node("Less", ["x", "limits"], output: "less"), node("ArgMax", ["less"], axis: 1),
      ], constants: [limits, first])
    #expect { try made.forest() } throws: {
      "\($0)".contains("(ArgMax): this operator is not known here on such an input")
    }
  }
}
