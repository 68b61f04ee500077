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

/// What their forests are asked to be where every input may be missing.
func incompleteRequest(
  columns: [String]? = ["x", "y", "c"], labels: [String]? = nil
) -> ONNXModel.Request {
  ONNXModel.Request(
    features: smallFeatures, encodings: [[.identityWithMissing, .identityWithMissing, .oneHot]],
    classes: ["no", "maybe", "yes"], columns: columns, labels: labels,
    incompleteCategories: ["c"])
}

/// Gives bytes to the reader of models, once for whole samples and once for samples that lack
/// something, and asks the forests that come of them.
///
/// - Returns: whether they are a model that can be kept for whole samples.
func receiveONNX(_ bytes: [UInt8]) -> Bool {
  let labels = ["no", "maybe", "yes"]
  _ = receiveONNX(bytes, incompleteRequest(labels: labels))
  return receiveONNX(bytes, smallRequest(labels: labels))
}

private func receiveONNX(_ bytes: [UInt8], _ request: ONNXModel.Request) -> Bool {
  let forest: Forest
  do throws(ONNXError) {
    forest = try ONNXModel(parsing: bytes).forest(request).forest
  } catch {
    // What is thrown goes to a terminal, which it must not control.
    precondition(error.description.unicodeScalars.allSatisfy { $0 >= " " })
    return false
  }
  for x in [-1, 0.5, 1.1, 3, .infinity, .nan] {
    for level in 0..<4 {
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
