import RandomForest

extension ConformalPredictor {
  /// The drugs that cannot be ruled out, the likeliest first; never none.
  ///
  /// A patient whom no drug fits is unlike those of the calibration. The set would be the likeliest
  /// drug alone, and look sure; it is the likeliest ones that hold the coverage together, so that a
  /// person looks where they are several. More of them cost no coverage.
  func reviewSet(for probabilities: [Double]) -> [Int] {
    guard fittingClasses(for: probabilities).isEmpty else {
      return predictionSet(for: probabilities)
    }
    var sum = 0.0
    let order = probabilities.indices.sorted { (-probabilities[$0], $0) < (-probabilities[$1], $1) }
    return Array(
      order.prefix { label in
        defer { sum += probabilities[label] }
        return sum < coverage
      })
  }
}
