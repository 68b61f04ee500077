import ForestONNX
import RandomForest

/// The inputs of the models of these tests.
let smallFeatures = [
  Feature(name: "x", kind: .numeric), Feature(name: "y", kind: .numeric),
  Feature(name: "c", kind: .categorical(levels: ["red", "green", "blue"])),
]

/// What their forests are asked to be.
func smallRequest(
  columns: [String]? = ["x", "y", "c"], labels: [String]? = nil
) -> ONNXModel.Request {
  ONNXModel.Request(
    features: smallFeatures,
    encodings: [
      [.identity, .identity, .oneHot],
      [.identity, .bins(edges: [0, 1, 2], labels: ["a", "b", "c", "d"]), .oneHot],
    ], classes: ["no", "maybe", "yes"], columns: columns, labels: labels)
}

/// Gives bytes to the reader of models, and asks the forest that comes of them.
///
/// - Returns: whether they are a model that can be kept.
func receiveONNX(_ bytes: [UInt8]) -> Bool {
  let forest: Forest
  do throws(ONNXError) {
    let request = smallRequest(labels: ["no", "maybe", "yes"])
    forest = try ONNXModel(parsing: bytes).forest(request).forest
  } catch {
    // What is thrown goes to a terminal, which it must not control.
    precondition(error.description.unicodeScalars.allSatisfy { $0 >= " " })
    return false
  }
  for x in [-1, 0.5, 1.1, 3, .infinity] {
    for level in 0..<3 {
      do throws(ForestFileError) {
        let found = try forest.predict([x, 2 - x, Double(level)])
        let sum = found.probabilities.reduce(0, +)
        precondition(
          (sum - 1).magnitude < 1e-6 && found.probabilities.allSatisfy { 0...1.000001 ~= $0 })
      } catch {
        preconditionFailure("a forest that was checked is damaged: \(error)")
      }
    }
  }
  return true
}
