import RandomForest
import TestSupport
import Testing

/// Trees as text and as drawings; Golden/inspection.json has scikit-learn's.
struct TreeTextTests {
  private let schema = FeatureSchema(
    inputs: [
      EncodedFeature(Feature(name: "length", kind: .numeric), encoding: .identityWithMissing),
      EncodedFeature(
        Feature(name: "age", kind: .numeric),
        encoding: .bins(edges: [20, 30], labels: ["young", "20s", "older"])),
      EncodedFeature(
        Feature(name: "colour", kind: .categorical(levels: ["red", "white"])), encoding: .oneHot),
    ], classes: ["rose", "tulip \"T\""])

  private func stump(_ column: Int, _ threshold: Double) -> DecisionTree {
    DecisionTree(nodes: [
      .split(column: column, threshold: threshold, left: 1), .leaf(distribution: [1, 0]),
      .leaf(distribution: [0.25, 0.75]),
    ])
  }

  /// The two tests of a stump.
  private func sides(_ column: Int, _ threshold: Double) -> [String] {
    stump(column, threshold).text(naming: schema).split(separator: "\n")
      .filter { !$0.contains("class: ") }.map { String($0.dropFirst(5)) }
  }

  @Test func testsNameWhatWasMeasuredAndWhereMissingValuesGo() {
    #expect(sides(0, 4.456) == ["length <= 4.46", "length >  4.46 or missing"])
    #expect(sides(1, 4.454) == ["length <= 4.45 or missing", "length >  4.45"])
    #expect(sides(0, .infinity) == ["length is measured", "length is missing"])
    #expect(sides(3, 0.5) == ["age is not 20s", "age is 20s"])
    #expect(sides(6, 0.5) == ["colour is not white", "colour is white"])
    #expect(sides(6, 2) == ["(colour is white) <= 2.00", "(colour is white) >  2.00"])
  }

  @Test(arguments: [
    (2.675, 2, "2.67"), (0.125, 2, "0.12"), (0.375, 2, "0.38"), (-0.001, 2, "-0.00"),
    (1e300, 2, "1e+300"), (0.05, 1, "0.1"), (0.15, 1, "0.1"), (999.995, 2, "1000.00"),
    (7.5, 0, "8"), (6.5, 0, "6"),
    (123.456, 3, "123.456"), (-12.5, 1, "-12.5"), (.infinity, 2, "inf"), (1.005, 2, "1.00"),
  ])
  func thresholdsAreRoundedAsCRoundsThem(number: Double, decimals: Int, text: String) {
    let shown = stump(1, number).text(naming: schema, decimals: decimals)
    #expect(shown.hasPrefix("|--- length <= \(text) or missing\n"))
  }

  @Test func aDrawingHasEveryNodeAndEdgeAndNoQuoteOfANameEndsIt() {
    var tree = stump(6, 0.5)
    #expect(
      tree.graphviz(naming: schema) == #"""
        digraph Tree {
        node [shape=box, style="filled, rounded", color="black", fontname="helvetica"] ;
        edge [fontname="helvetica"] ;
        0 [label="colour is not white", fillcolor="#ffffff"] ;
        1 [label="value = [1, 0]\nclass = rose", fillcolor="#e58139"] ;
        0 -> 1 [labeldistance=2.5, labelangle=45, headlabel="True"] ;
        2 [label="value = [0.25, 0.75]\nclass = tulip \"T\"", fillcolor="#7bbeee"] ;
        0 -> 2 [labeldistance=2.5, labelangle=-45, headlabel="False"] ;
        }

        """#)
    tree.covers = [10, 6, 4]
    let lines = tree.graphviz(naming: schema).split(separator: "\n")
    #expect(
      lines[3] == #"0 [label="colour is not white\nsamples = 10\nvalue = [7, 3]\nclass = rose", "#
        + ##"fillcolor="#f0b78e"] ;"##)
    #expect(tree.graphviz(naming: schema, maximumDepth: 0).contains(#"1 [label="(...)""#))
    let text = tree.text(naming: schema, showsWeights: true)
    #expect(text.contains("weights: [1.00, 3.00] class: t"))
    tree.covers = []
    #expect(tree.text(naming: schema, showsWeights: true).contains("shares: [0.25, 0.75]"))
  }

  @Test func treesAsDeepAsTheyHaveTestsAreWrittenToTheDepthThatIsAsked() {
    let deep = chain(ofTests: 50_000, column: 0)
    let text = deep.text(naming: schema)
    #expect(text.split(separator: "\n").count < 40)
    #expect(text.contains(" truncated branch of depth 49990\n"))
    let drawing = deep.graphviz(naming: schema, maximumDepth: 3)
    #expect(drawing.split(separator: "\n").count { $0.contains(" [label=") } == 9)
    #expect(drawing.split(separator: "\n").count { $0.contains("->") } == 8)
  }
}
