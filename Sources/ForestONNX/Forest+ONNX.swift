public import RandomForest
import SwiftProtobuf

extension Forest {
  /// The forest as a file in ONNX: the encoders and a TreeEnsembleClassifier (ai.onnx.ml 3) that says of
  /// every sample what the forest says.
  ///
  /// Each measured input is a tensor of its own, shape [n, 1]: doubles for numbers, texts for
  /// categories, unless `form` says otherwise. The outputs are `label` [n], texts, and `probabilities`
  /// [n, classCount], of 32 bits. Thresholds and weights stand in the lists of 32 bits that every reader
  /// knows where they lose nothing there, and else in tensors of 64.
  ///
  /// - Parameters:
  ///   - producer: the program that writes it.
  ///   - version: that program's version.
  ///   - description: for people.
  ///   - metadata: names and values for people and tools to read.
  ///   - form: what the file takes, and of how many bits.
  /// - Throws: `ONNXError` when the forest is damaged or too large for such a file.
  public func onnx(
    producer: String, version: String, description: String,
    metadata: [(name: String, value: String)] = [], form: ONNXForm = ONNXForm()
  ) throws(ONNXError) -> [UInt8] {
    var model = WireModel()
    // The versions of 2022, which every runtime since can read.
    model.irVersion = 8
    model.producerName = producer
    model.producerVersion = version
    model.docString = description
    for (domain, version) in [("", 17), (GraphNode.learning, 3)] {
      var operators = WireOperatorSet()
      operators.domain = domain
      operators.version = Int64(version)
      model.opsetImport.append(operators)
    }
    for (name, value) in metadata {
      var entry = WireEntry()
      entry.key = name
      entry.value = value
      model.metadataProps.append(entry)
    }
    var graph = GraphWriter(form)
    graph.encode(schema)
    do {
      try graph.classify(with: self)
      model.graph = graph.graph
      return try model.serializedBytes()
    } catch let error as ForestFileError {
      throw ONNXError(error.description)
    } catch {
      throw ONNXError("the forest is too large for a file in ONNX")
    }
  }
}
