/// Scores of how the probabilities order the samples, or the classes of one sample.
extension Evaluation {
  /// How well a class's probability tells its samples from the others: the area under the ROC curve,
  /// ties counting half (Hanley and McNeil, 1982); NaN without samples of the class or of others.
  ///
  /// - Complexity: O(n log n).
  public func rocAUC(of label: Int) -> Double {
    var (positives, negatives, wins) = (0.0, 0.0, 0.0)
    for tied in ties(of: label).reversed() {
      wins += tied.positives * (negatives + tied.negatives / 2)
      positives += tied.positives
      negatives += tied.negatives
    }
    return positives > 0 && negatives > 0 ? wins / (positives * negatives) : .nan
  }

  /// The mean of the classes' areas under the ROC curve, one class against the rest
  /// (`roc_auc_score(multi_class="ovr")` in scikit-learn); NaN when a class does not occur.
  public var rocAUC: Double { meanOverClasses(rocAUC(of:)) }

  /// How many of the likeliest samples of a class are of it: the area under the curve of precision by
  /// recall, as steps (`average_precision_score` in scikit-learn); 0 without samples of the class.
  ///
  /// A class of a share p of the samples has about p by chance, so that for rare classes it tells more
  /// than the area under the ROC curve.
  ///
  /// - Complexity: O(n log n).
  public func averagePrecision(of label: Int) -> Double {
    var (positives, total, area) = (0.0, 0.0, 0.0)
    for tied in ties(of: label) {
      positives += tied.positives
      total += tied.positives + tied.negatives
      // Samples may weigh nothing.
      if tied.positives > 0 { area += tied.positives * positives / total }
    }
    return positives > 0 ? area / positives : 0
  }

  /// The mean of the classes' average precisions, one class against the rest; one without samples
  /// counts as 0.
  public var averagePrecision: Double { meanOverClasses(averagePrecision(of:)) }

  /// The share of samples whose class is among the likeliest (`top_k_accuracy_score` in scikit-learn).
  ///
  /// Of equal probabilities the last class comes first, of two classes the first, as there: where more
  /// than two classes tie, `topAccuracy(1)` is not the accuracy.
  ///
  /// - Parameter count: how many classes are looked at, at least 1.
  /// - Complexity: O(n · classes).
  public func topAccuracy(_ count: Int) -> Double {
    precondition(count > 0, "the likeliest classes are some")
    let lastIsFirst = confusion.classes.count > 2
    let hits = scored.reduce(0.0) { hits, sample in
      let own = sample.probabilities[sample.actual]
      let before = sample.probabilities.indices.count {
        let other = sample.probabilities[$0]
        return other > own
          || other == own && (lastIsFirst ? $0 > sample.actual : $0 < sample.actual)
      }
      return before < count ? hits + Double(sample.weight) : hits
    }
    return confusion.total > 0 ? hits / Double(confusion.total) : 0
  }

  /// The weights of a class's samples and of the others at each probability of the class, the highest
  /// first.
  private func ties(of label: Int) -> [(positives: Double, negatives: Double)] {
    var ties: [(positives: Double, negatives: Double)] = []
    var last = Double.nan
    for sample in scored.sorted(by: { $0.probabilities[label] > $1.probabilities[label] }) {
      if sample.probabilities[label] != last { ties.append((0, 0)) }
      last = sample.probabilities[label]
      if sample.actual == label {
        ties[ties.count - 1].positives += Double(sample.weight)
      } else {
        ties[ties.count - 1].negatives += Double(sample.weight)
      }
    }
    return ties
  }

  private func meanOverClasses(_ score: (Int) -> Double) -> Double {
    confusion.classes.indices.reduce(0) { $0 + score($1) } / Double(confusion.classes.count)
  }
}
