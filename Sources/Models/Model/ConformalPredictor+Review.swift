import RandomForest

extension ConformalPredictor {
  /// The drugs that cannot be ruled out, the likeliest first; never none.
  ///
  /// A patient whom no drug fits is unlike those of the calibration. The set would be the likeliest
  /// drug alone, and look sure; it is the likeliest ones that hold the coverage together, so that a
  /// person looks where they are several. More of them cost no coverage.
  func reviewSet(for probabilities: [Double]) -> [Int] {
    let fitting = fittingClasses(for: probabilities)
    guard fitting.isEmpty else { return fitting }
    // Those before which less than the coverage lies.
    return ConformalPredictor(score: .adaptive, coverage: coverage, threshold: coverage.nextDown)
      .fittingClasses(for: probabilities)
  }
}
