/// How ONNX Runtime answers where there are two classes: by one of these rules for the class, and another
/// one for the probabilities. Measured with its version 1.32 on files of all kinds.
enum TwoClasses {
  /// All weights are of the first class, and their sum is the score of the second one, which is named
  /// where that is above the cut.
  case oneScore(cut: Double)
  /// Both are weighed; the second one is named where its score is above 0, whatever the first one has.
  case twoScores

  /// - Parameters:
  ///   - weighed: the classes of all weights in the file.
  ///   - secondHasTree: whether every leaf of some tree weighs the second one. Where no leaf does that a
  ///     sample comes to, ONNX Runtime takes the sum of the first for it.
  ///   - hasNegative: whether any weight is below 0.
  /// - Throws: `ONNXError` where ONNX Runtime's answers are no probabilities.
  init(
    _ node: GraphNode, _ transform: TreeEnsemble.Transform, weighed: Set<Int64>,
    secondHasTree: Bool, baseCount: Int, hasNegative: Bool
  ) throws(ONNXError) {
    func wrong(_ reason: String) -> ONNXError {
      node.wrong("ONNX Runtime gives no probabilities of two classes \(reason)")
    }
    guard weighed.contains(1) else {
      guard baseCount < 2 else { throw wrong("of one score with two base_values") }
      guard transform == .logistic || transform == .none && !hasNegative else {
        throw wrong(
          "of one score with weights below 0 or SOFTMAX: it must be written with LOGISTIC, as"
            + " GradientBoostingClassifier is with loss=\"log_loss\"")
      }
      self = .oneScore(cut: hasNegative ? 0 : 0.5)
      return
    }
    guard weighed.contains(0) else { throw wrong("of which the second one alone has weights") }
    guard secondHasTree else { throw wrong("of which no tree weighs the second one in every leaf") }
    guard baseCount == 0 else {
      throw wrong(
        "that both have weights, and base_values besides: train it with one score, as XGBoost does by"
          + " objective=\"binary:logistic\"")
    }
    self = .twoScores
  }

  /// Whether the second class is named.
  func namesSecond(_ sums: [Double]) -> Bool {
    switch self {
    case .oneScore(let cut): sums[0] > cut
    case .twoScores: sums[1] > 0
    }
  }
}
