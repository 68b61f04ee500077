public import Patients
public import RandomForest

extension DrugModel {
  /// Why a drug was recommended.
  public struct Explanation: Sendable {
    /// The probability of the drug over all patients of the training; nil when nothing is known of them,
    /// or too much work would have to be done.
    public let baseValue: Double?
    /// What each field adds to it; with the base value they add up to the patient's probability. Empty
    /// without one.
    public let contributions: [(field: PatientField, value: Double)]
    /// The smallest change of one field that changes the drug, nil when none does or too much work would
    /// have to be done to find it.
    public let nearestFlip: Flip?
    /// What is left out because it is too much work; empty when nothing is.
    public let omissions: [Omission]
  }

  /// Why a part of an explanation is left out.
  public enum Omission: String, Sendable {
    /// A tree is deeper than can be explained, so that nothing is told of what each field adds.
    case tooDeep = "too_deep"
    /// The trees have more leaves than can be gone through for one patient; the same is left out.
    case tooLarge = "too_large"
    /// There are more thresholds than can be tried for one patient; the nearest change is left out.
    case tooManyThresholds = "too_many_thresholds"
  }

  /// The most that is done for one explanation.
  struct ExplanationLimits {
    /// The most steps of the contributions (`ExplanationCost.steps`).
    var steps = 1 << 23
    /// The most steps of the predictions by which the nearest change is looked for.
    var flipSteps = 1 << 26
  }

  /// Why the contributions of the fields are not told of any patient; nil when they are, or when the
  /// forest does not know its patients.
  public var omission: Omission? { omission(ExplanationLimits()) }

  private func omission(_ limits: ExplanationLimits) -> Omission? {
    guard explanationCost.hasCovers else { return nil }
    guard explanationCost.isWithinBounds else { return .tooDeep }
    return explanationCost.steps <= limits.steps ? nil : .tooLarge
  }

  /// A change of one field that changes the drug.
  public struct Flip: Sendable, Equatable {
    /// The field.
    public let field: PatientField
    /// What the patient has.
    public let from: FieldValue
    /// The nearest value with another drug.
    public let to: FieldValue
    /// That drug.
    public let drug: String
    /// How far that is: for a number the share of the range that the training spanned, for a
    /// category 1.
    public let distance: Double
  }

  /// Explains the recommendation for a patient by the Shapley values of the trees, summed over the
  /// columns of each field.
  ///
  /// - Throws: `ForestFileError` when the forest is damaged.
  public func explain(
    _ recommendation: Recommendation, for patient: Patient
  ) throws(ForestFileError) -> Explanation {
    try explain(recommendation, for: patient, ExplanationLimits())
  }

  func explain(
    _ recommendation: Recommendation, for patient: Patient, _ limits: ExplanationLimits
  ) throws(ForestFileError) -> Explanation {
    var search = FlipSearch(
      predictions: limits.flipSteps / max(explanationCost.predictionSteps, 1))
    let nearestFlip = try nearestFlip(from: recommendation.drug, for: patient, &search)
    let omission = omission(limits)
    let omissions = [omission, search.isExhausted ? .tooManyThresholds : nil].compactMap(\.self)
    guard forest.hasCovers, omission == nil else {
      return Explanation(
        baseValue: nil, contributions: [], nearestFlip: nearestFlip, omissions: omissions)
    }
    let found = try forest.explain(sample(of: patient))
    let label = drugs.firstIndex(of: recommendation.drug)!
    return Explanation(
      baseValue: found.baseValues[label],
      contributions: inputs.indices.map { input in
        (inputs[input].field, found.inputs[input * drugs.count + label])
      },
      nearestFlip: nearestFlip, omissions: omissions)
  }

  /// How far a search for the nearest change may go.
  struct FlipSearch {
    /// The predictions that may still be made.
    var predictions = Int.max
    /// Whether more would have had to be made.
    var isExhausted = false

    /// Takes one of them; answers false, for good, when there is none left.
    mutating func spend() -> Bool {
      isExhausted = predictions == 0
      predictions -= isExhausted ? 0 : 1
      return !isExhausted
    }
  }

  /// The smallest change of one field that makes the model recommend another drug.
  func nearestFlip(from drug: String, for patient: Patient) throws(ForestFileError) -> Flip? {
    var search = FlipSearch()
    return try nearestFlip(from: drug, for: patient, &search)
  }

  /// The same, as far as a search may go.
  ///
  /// Each number is moved past one threshold of the forest after the other, up and down, and each
  /// category is exchanged; the field whose change is smallest wins, of equals the first.
  ///
  /// - Returns: nil also when the search is exhausted, since what is left could be nearer.
  func nearestFlip(
    from drug: String, for patient: Patient, _ search: inout FlipSearch
  ) throws(ForestFileError) -> Flip? {
    let sample = sample(of: patient)
    var best: Flip?
    for (index, input) in inputs.enumerated() {
      var changed = sample
      func drugWith(_ value: Double) throws(ForestFileError) -> String {
        changed[index] = value
        return drugs[try forest.predict(changed).label]
      }
      let field = input.field
      // What was not measured is not a step away from anything.
      if patient[field].isNaN { continue }
      if !field.levels.isEmpty {
        for category in field.levels.indices where category != Int(patient[field]) {
          guard search.spend() else { return nil }
          let other = try drugWith(input.levels[category])
          guard other != drug, best.map({ $0.distance > 1 }) ?? true else { continue }
          best = Flip(
            field: field, from: patient.value(of: field),
            to: field.value(ofNumber: Double(category)), drug: other, distance: 1)
        }
        continue
      }
      let span = input.trainingRange.map { $0.upperBound - $0.lowerBound } ?? 0
      for value in candidates(for: input.field, near: sample[index], index) {
        let distance = (value - sample[index]).magnitude / (span > 0 ? span : 1)
        guard distance < best?.distance ?? .infinity else { break }
        guard search.spend() else { return nil }
        let other = try drugWith(value)
        guard other != drug else { continue }
        best = Flip(
          field: input.field, from: .number(sample[index]), to: .number(value), drug: other,
          distance: distance)
        break
      }
    }
    return best
  }

  /// The values of a number that lie just past a threshold and within the field's limits, each once and
  /// the nearest first: whole where the field is, else rounded to 1/1000 away from the threshold.
  private func candidates(for field: PatientField, near value: Double, _ index: Int) -> [Double] {
    let scale: Double =
      if case .number(let limits) = field.domain, limits.isWhole { 1 } else { 1000 }
    let values = forest.thresholds(ofInput: index).lazy.map { threshold in
      // At or below a threshold is its lower side.
      guard value <= threshold else { return (threshold * scale).rounded(.down) / scale }
      let above = (threshold * scale).rounded(.up) / scale
      return above > threshold ? above : ((threshold * scale).rounded(.down) + 1) / scale
    }
    return Set(values).filter { (try? field.number(from: .number($0))) != nil }
      .sorted { (($0 - value).magnitude, $0) < (($1 - value).magnitude, $1) }
  }
}
