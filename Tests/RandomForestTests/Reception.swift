import RandomForest

/// What comes of bytes that are given to the library as a forest file.
enum Reception: Equatable {
  /// They cannot be opened.
  case refused(ForestFileError)
  /// They can be opened, and `verify` finds what is wrong.
  case unsound(ForestFileError)
  /// They are a forest file.
  case sound

  /// What was found wrong.
  var error: ForestFileError? {
    switch self {
    case .refused(let error), .unsound(let error): error
    case .sound: nil
    }
  }
}

/// An answer that no forest may give.
struct ImpossibleAnswer: Error {
  let description: String
}

/// Opens bytes as a forest file and asks the forest all that can be asked, before and after it is
/// verified.
///
/// - Throws: `ImpossibleAnswer`.
func receive(_ bytes: some Collection<UInt8>) throws -> Reception {
  let forest: Forest
  do throws(ForestFileError) {
    forest = try Forest(copying: bytes)
  } catch {
    return .refused(error)
  }
  try Questions(forest: forest, isVerified: false).ask()
  do throws(ForestFileError) {
    try forest.verify()
  } catch {
    return .unsound(error)
  }
  try Questions(forest: forest, isVerified: true).ask()
  return .sound
}

/// What a forest is asked. Before it is verified its numbers may be anything, but an index may not.
private struct Questions {
  let forest: Forest
  let isVerified: Bool

  func ask() throws {
    for question in [predictions, explanation, trees] {
      do {
        try question()
      } catch let error as ForestFileError where !isVerified || error.code == .unsupported {
        // This file is damaged, or its trees are too deep, and the library says so.
      }
    }
  }

  private func expect(_ condition: Bool, _ answer: @autoclosure () -> String) throws {
    guard condition else { throw ImpossibleAnswer(description: answer()) }
  }

  /// Five rows of numbers that try the encodings' limits.
  private var samples: [[Double]] {
    let values = [0, 1, -0.0, .nan, .infinity, -.infinity, 1e300, .leastNonzeroMagnitude, 2, 15]
    return (0..<5).map { row in
      forest.schema.inputs.indices.map { values[($0 * 3 + row * 2) % values.count] }
    }
  }

  private func predictions() throws {
    let classCount = forest.schema.classes.count
    let batch = try forest.probabilities(of: samples.flatMap(\.self))
    for (row, sample) in samples.enumerated() {
      let prediction = try forest.predict(sample)
      try expect(0..<classCount ~= prediction.label, "label \(prediction.label)")
      try expect(prediction.votes.reduce(0, +) == forest.treeCount, "votes \(prediction.votes)")
      let own = Array(batch[row * classCount..<(row + 1) * classCount])
      try expect(
        zip(own, prediction.probabilities).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN },
        "\(own) in a batch and \(prediction.probabilities) alone")
      guard isVerified else { continue }
      try expect(
        own.allSatisfy { 0...1.000001 ~= $0 } && abs(own.reduce(0, +) - 1) < 1e-6,
        "probabilities \(own)")
    }
  }

  private func explanation() throws {
    let classCount = forest.schema.classes.count
    let explanation = try forest.explain(samples[1])
    let prediction = try forest.predict(samples[1])
    guard isVerified else { return }
    for (label, probability) in prediction.probabilities.enumerated() {
      let parts = stride(from: label, to: explanation.inputs.count, by: classCount)
      let sum = parts.reduce(explanation.baseValues[label]) { $0 + explanation.inputs[$1] }
      try expect(abs(sum - probability) < 1e-6, "contributions of \(sum) to \(probability)")
    }
  }

  private func trees() throws {
    for index in 0..<min(forest.treeCount, 8) {
      let tree = try forest.tree(index)
      try expect(tree.nodes.count <= forest.nodeCount, "a tree of other nodes")
    }
  }
}
