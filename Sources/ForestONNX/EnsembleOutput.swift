import POSIX

/// What a graph gives of its trees' sums.
struct EnsembleOutput {
  /// What became behind the trees of what they say of each class.
  struct Scores: Equatable {
    /// By what it was divided.
    var divisor: Double
    /// Whether it went through a softmax, before which it was not divided.
    var isSoftmax = false
  }

  /// Of the probabilities.
  var scores: Scores
  /// Whether it gives the class that the trees' node names; else that of the greatest probability.
  var isClassOfTrees = false
  /// The names that classes get behind the trees.
  var names: [String]?
}

extension TreeEnsemble {
  /// What becomes of the sums of the classes in a part of the inputs' space, shape (classCount).
  ///
  /// - Throws: `ONNXError` when they are no probabilities, or ONNX Runtime names another class than the
  ///   one of the greatest.
  func probabilities(
    _ sums: [Double], _ output: EnsembleOutput
  ) throws(ONNXError) -> [Double] {
    let shares: [Double]
    switch (transform, twoClasses) {
    case (.softmax, _):
      // The scores have the order of their probabilities; those are exact to 64 bits.
      let greatest = sums.max()!
      let powers = sums.map { exp($0 - greatest) }
      let sum = powers.reduce(0, +)
      shares = powers.map { $0 / sum }
    case (.logistic, .oneScore): shares = [logistic(-sums[0]), logistic(sums[0])]
    case (.logistic, _): shares = sums.map(logistic)
    // Numbers of 32 bits may make up a bit more than 1.
    case (.none, .oneScore): shares = [max(0, 1 - sums[0]), sums[0]]
    case (.none, _): shares = sums.map { $0 / output.scores.divisor }
    }
    let sum = shares.reduce(0, +)
    guard shares.allSatisfy({ $0 >= 0 }), abs(sum - 1) < 1e-5 else {
      throw ONNXError("its sums are no probabilities: \(list(shares))", node: label)
    }
    if output.isClassOfTrees, let twoClasses {
      guard
        twoClasses.namesSecond(sums) == (shares[1] > shares[0])
          || abs(shares[1] - shares[0]) < 1e-6
      else { throw otherClass("where the probabilities are \(list(shares))") }
    }
    return shares.map { $0 / sum }
  }

  /// Refuses what can be seen to have other answers without looking at the sums.
  func check(_ output: EnsembleOutput) throws(ONNXError) {
    var mayBeDivided = transform == .none
    if case .oneScore = twoClasses { mayBeDivided = false }
    guard mayBeDivided || output.scores.divisor == 1 else {
      throw ONNXError("its probabilities are divided, and then add up to another sum", node: label)
    }
    guard case .twoScores = twoClasses, output.isClassOfTrees else { return }
    guard hasTextNames || classNames == ["0", "1"] else {
      throw otherClass("numbered 0 or 1, whatever their numbers are")
    }
    guard transform != .none || roots.count == 1 else {
      throw otherClass("wherever one of the trees has a share for the second one")
    }
  }

  /// The error of a class that the forest, which names that of the greatest probability, would not name.
  private func otherClass(_ place: String) -> ONNXError {
    ONNXError(
      "ONNX Runtime names another class than that of the greatest probability \(place). Train it with"
        + " one score (objective=\"binary\" in LightGBM, \"binary:logistic\" in XGBoost), or take the"
        + " class out of the file, del model.graph.output[0]: the greatest probability names it then",
      node: label)
  }

  private func list(_ shares: [Double]) -> String {
    shares.map { "\($0)" }.joined(separator: ", ")
  }
}

private func logistic(_ score: Double) -> Double { 1 / (1 + exp(-score)) }
