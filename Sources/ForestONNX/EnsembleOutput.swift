import POSIX

/// What a graph gives of its trees' sums.
struct EnsembleOutput {
  /// What one ensemble says of each class, and what became of it behind the trees.
  struct Part: Hashable {
    /// The ensemble's place among all of the graph.
    let ensemble: Int
    /// By what it was divided.
    var divisor: Double
    /// Whether it went through a softmax, before which it was not divided.
    var isSoftmax = false
  }

  /// What the probabilities are.
  enum Answer: Equatable {
    /// The sum of parts.
    case mean([Part])
    /// A row of the formula behind the trees.
    case formula(Int)

    /// Whether the greatest of its numbers is that of another one, as where all were divided.
    func hasGreatest(of other: Answer) -> Bool {
      guard case .mean(let own) = self, case .mean(let others) = other,
        own.map(\.ensemble) == others.map(\.ensemble)
      else { return self == other }
      let scale = own[0].divisor / others[0].divisor
      return own.count == 1
        || zip(own, others).allSatisfy { own, other in
          own.isSoftmax == other.isSoftmax && abs(own.divisor / other.divisor / scale - 1) < 1e-9
        }
    }
  }

  let answer: Answer
  /// Whether it gives the class that the trees' node names; else that of the greatest probability.
  var isClassOfTrees = false
  /// The names that classes get behind the trees.
  var names: [String]?
  /// What is calculated behind the trees.
  var formula = Formula()
}

extension TreeEnsemble {
  /// What becomes of the sums of the classes in a part of the inputs' space, shape (classCount).
  func shares(_ sums: [Double]) -> [Double] {
    switch (transform, twoClasses) {
    case (.softmax, _):
      // The scores have the order of their probabilities; those are exact to 64 bits.
      let greatest = sums.max()!
      let powers = sums.map { exp($0 - greatest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    case (.logistic, .oneScore): return [logistic(-sums[0]), logistic(sums[0])]
    case (.logistic, _): return sums.map(logistic)
    // Numbers of 32 bits may make up a bit more than 1.
    case (.none, .oneScore): return [max(0, 1 - sums[0]), sums[0]]
    case (.none, _): return sums
    }
  }

  /// Refuses what can be seen to have other answers without looking at the sums.
  func check(_ output: EnsembleOutput) throws(ONNXError) {
    guard case .mean(let parts) = output.answer, parts.count == 1 else { return }
    var mayBeDivided = transform == .none
    if case .oneScore = twoClasses { mayBeDivided = false }
    guard mayBeDivided || parts[0].divisor == 1 else {
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

  /// Refuses a class that ONNX Runtime names and that is not the one of the greatest probability.
  fileprivate func checkClass(_ sums: [Double], _ shares: [Double]) throws(ONNXError) {
    guard let twoClasses else { return }
    guard
      twoClasses.namesSecond(sums) == (shares[1] > shares[0])
        || abs(shares[1] - shares[0]) < 1e-6
    else { throw otherClass("where the probabilities are \(shares.listed)") }
  }

  /// The error of a class that the forest, which names that of the greatest probability, would not name.
  private func otherClass(_ place: String) -> ONNXError {
    ONNXError(
      "ONNX Runtime names another class than that of the greatest probability \(place). Train it with"
        + " one score (objective=\"binary\" in LightGBM, \"binary:logistic\" in XGBoost), or take the"
        + " class out of the file, del model.graph.output[0]: the greatest probability names it then",
      node: label)
  }
}

extension Mixture {
  /// What all ensembles say together, shape (classCount).
  ///
  /// - Parameter sums: of each ensemble, shape (classCount).
  /// - Throws: `ONNXError` when they are no probabilities, or ONNX Runtime names another class than the
  ///   one of the greatest.
  func probabilities(_ sums: [[Double]]) throws(ONNXError) -> [Double] {
    let own = zip(ensembles, sums).map { $0.shares($1) }
    let shares: [Double]
    switch output.answer {
    case .mean(let parts):
      shares = classNames.indices.map { label in
        zip(own, parts).reduce(0) { $0 + $1.0[label] / $1.1.divisor }
      }
    case .formula(let row): shares = output.formula.numbers(ofRow: row, own).map(Double.init)
    }
    let sum = shares.reduce(0, +)
    guard shares.allSatisfy({ $0 >= 0 }), abs(sum - 1) < 1e-5 else {
      throw ONNXError("its sums are no probabilities: \(shares.listed)", node: label)
    }
    if output.isClassOfTrees { try ensembles[0].checkClass(sums[0], shares) }
    return shares.map { $0 / sum }
  }
}

extension [Double] {
  fileprivate var listed: String { map { "\($0)" }.joined(separator: ", ") }
}

private func logistic(_ score: Double) -> Double { 1 / (1 + exp(-score)) }
