public import Patients
public import RandomForest

extension DrugModel {
  /// Why a drug was recommended.
  public struct Explanation: Sendable {
    /// The probability of the drug over all patients of the training; nil when nothing is known of them.
    public let baseValue: Double?
    /// What each field adds to it; with the base value they add up to the patient's probability. Empty
    /// without one.
    public let contributions: [(field: PatientField, value: Double)]
    /// The smallest change of one field that changes the drug, nil when none does.
    public let nearestFlip: Flip?
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
  /// - Throws: `ForestFileError` when the forest is damaged or cannot be explained.
  public func explain(
    _ recommendation: Recommendation, for patient: Patient
  ) throws(ForestFileError) -> Explanation {
    let nearestFlip = try nearestFlip(from: recommendation.drug, for: patient)
    guard forest.hasCovers else {
      return Explanation(baseValue: nil, contributions: [], nearestFlip: nearestFlip)
    }
    let found = try forest.explain(sample(of: patient))
    let label = drugs.firstIndex(of: recommendation.drug)!
    return Explanation(
      baseValue: found.baseValues[label],
      contributions: inputs.indices.map { input in
        (inputs[input].field, found.inputs[input * drugs.count + label])
      },
      nearestFlip: nearestFlip)
  }

  /// The smallest change of one field that makes the model recommend another drug.
  ///
  /// Each number is moved past one threshold of the forest after the other, up and down, and each
  /// category is exchanged; the field whose change is smallest wins, of equals the first.
  func nearestFlip(
    from drug: String, for patient: Patient
  ) throws(ForestFileError) -> Flip? {
    let sample = sample(of: patient)
    var best: Flip?
    for (index, input) in inputs.enumerated() {
      var changed = sample
      func drugWith(_ value: Double) throws(ForestFileError) -> String {
        changed[index] = value
        return drugs[try forest.predict(changed).label]
      }
      if case .category(let names) = input.field.domain {
        for (category, name) in names.enumerated() where category != Int(patient[input.field]) {
          let other = try drugWith(input.levels[category])
          guard other != drug, best.map({ $0.distance > 1 }) ?? true else { continue }
          best = Flip(
            field: input.field, from: .text(names[Int(patient[input.field])]), to: .text(name),
            drug: other, distance: 1)
        }
        continue
      }
      let span = input.trainingRange.map { $0.upperBound - $0.lowerBound } ?? 0
      for value in candidates(for: input.field, near: sample[index], index) {
        let distance = (value - sample[index]).magnitude / (span > 0 ? span : 1)
        guard distance < best?.distance ?? .infinity else { break }
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

  /// The values of a number that lie just past a threshold and within the field's limits, the
  /// nearest first: whole where the field is, else rounded to 1/1000 away from the threshold.
  private func candidates(for field: PatientField, near value: Double, _ index: Int) -> [Double] {
    let scale: Double =
      switch field.domain {
      case .wholeNumber: 1
      case .number, .category: 1000
      }
    return forest.thresholds(ofInput: index).map { threshold in
      // At or below a threshold is its lower side.
      guard value <= threshold else { return (threshold * scale).rounded(.down) / scale }
      let above = (threshold * scale).rounded(.up) / scale
      return above > threshold ? above : ((threshold * scale).rounded(.down) + 1) / scale
    }
    .filter { (try? field.number(from: .number($0))) != nil }
    .sorted { ($0 - value).magnitude < ($1 - value).magnitude }
  }
}
