public import Patients
public import RandomForest

/// What the model would say if one or two numbers of a patient were others. A forest answers in steps, so
/// that a few pieces tell all.
extension DrugModel {
  /// The range of a number in pieces, in each of which nothing changes.
  public struct Pieces: Sendable, Equatable {
    /// The number's field.
    public let field: PatientField
    /// The ends of the pieces, ascending: one more than there are pieces.
    public let edges: [Double]
    /// What the training rows spanned; nil where it is not known.
    public let trained: ClosedRange<Double>?

    /// How many there are.
    public var count: Int { edges.count - 1 }
  }

  /// What the model says over the range of one number.
  public struct Curve: Sendable {
    /// The range.
    public let pieces: Pieces
    /// The probability of each drug, shape (pieces, drugs).
    public let probabilities: [Double]
  }

  /// What the model says over the ranges of two numbers.
  public struct Map: Sendable {
    /// The ranges.
    public let x, y: Pieces
    /// The place of the drug with the highest probability, shape (pieces of y, pieces of x).
    public let labels: [Int]
    /// That probability, in the same shape.
    public let probabilities: [Double]
  }

  /// The most that is done for one question.
  struct WhatIfLimits {
    /// The most curves.
    var curves = 32
    /// The most pieces of a curve, and of each side of a map.
    var pieces = (curve: 256, side: 64)
    /// The most numbers that the curves hold.
    var numbers = 1 << 17
    /// The most steps of the predictions for the curves, and as many for the map.
    var steps = 1 << 25
  }

  /// The curves of the numbers that the model reads, in the order of its inputs; at most 32.
  ///
  /// - Throws: `ForestFileError` when the forest is damaged.
  public func curves(for patient: Patient) throws(ForestFileError) -> [Curve] {
    try curves(for: patient, WhatIfLimits())
  }

  func curves(for patient: Patient, _ limits: WhatIfLimits) throws(ForestFileError) -> [Curve] {
    let sample = sample(of: patient)
    let places = inputs.indices.filter { inputs[$0].levels.isEmpty }.prefix(limits.curves)
    let most = min(
      limits.pieces.curve, limits.predictionCount(explanationCost) / max(places.count, 1),
      limits.numbers / (max(places.count, 1) * drugs.count))
    var curves: [Curve] = []
    for place in places {
      let pieces = pieces(of: place, sample[place], atMost: most)
      var (edges, probabilities) = ([pieces.edges[0]], [Double]())
      var changed = sample
      for piece in 0..<pieces.count {
        changed[place] = pieces.middle(of: piece)
        let found = try forest.predict(changed).probabilities
        // Trees may part where together they say the same.
        if probabilities.suffix(drugs.count).elementsEqual(found) {
          edges[edges.count - 1] = pieces.edges[piece + 1]
        } else {
          edges.append(pieces.edges[piece + 1])
          probabilities += found
        }
      }
      curves.append(
        Curve(
          pieces: Pieces(field: pieces.field, edges: edges, trained: pieces.trained),
          probabilities: probabilities))
    }
    return curves
  }

  /// The map of two numbers.
  ///
  /// - Returns: nil when the model does not read both as numbers.
  /// - Throws: `ForestFileError` when the forest is damaged.
  public func map(
    of x: PatientField, _ y: PatientField, for patient: Patient
  ) throws(ForestFileError) -> Map? {
    try map(of: x, y, for: patient, WhatIfLimits())
  }

  func map(
    of x: PatientField, _ y: PatientField, for patient: Patient, _ limits: WhatIfLimits
  ) throws(ForestFileError) -> Map? {
    let places = [x, y].compactMap { field in
      inputs.firstIndex { $0.field == field && $0.levels.isEmpty }
    }
    guard places.count == 2, places[0] != places[1] else { return nil }
    let most = min(
      limits.pieces.side, Int(Double(limits.predictionCount(explanationCost)).squareRoot()))
    var sample = sample(of: patient)
    let sides = places.map { pieces(of: $0, sample[$0], atMost: most) }
    var (labels, probabilities) = ([Int](), [Double]())
    for row in 0..<sides[1].count {
      sample[places[1]] = sides[1].middle(of: row)
      for column in 0..<sides[0].count {
        sample[places[0]] = sides[0].middle(of: column)
        let found = try forest.predict(sample)
        labels.append(found.label)
        probabilities.append(found.probabilities[found.label])
      }
    }
    return Map(x: sides[0], y: sides[1], labels: labels, probabilities: probabilities)
  }

  /// The range of a number, cut at the forest's thresholds, or evenly where there are too many.
  private func pieces(of place: Int, _ value: Double, atMost limit: Int) -> Pieces {
    let input = inputs[place]
    let thresholds = forest.thresholds(ofInput: place)
    let range = input.shownRange(thresholds, around: value)
    let inside = thresholds.filter { range.lowerBound < $0 && $0 < range.upperBound }
    let most = max(limit, 2)
    let width = range.upperBound - range.lowerBound
    let cuts =
      inside.count < most
      ? inside : (1..<most).map { range.lowerBound + width * Double($0) / Double(most) }
    return Pieces(
      field: input.field, edges: [range.lowerBound] + cuts + [range.upperBound],
      trained: input.trainingRange)
  }
}

extension DrugModel.Pieces {
  /// A number inside a piece.
  func middle(of piece: Int) -> Double { edges[piece] / 2 + edges[piece + 1] / 2 }
}

extension DrugModel.WhatIfLimits {
  /// How many predictions may be made.
  func predictionCount(_ cost: ExplanationCost) -> Int { steps / max(cost.predictionSteps, 1) }
}

extension DrugModel.Input {
  /// The range of a number that is worth showing: its limits, but no further from what the training
  /// rows spanned than twice that span, and the patient's own value.
  fileprivate func shownRange(_ thresholds: [Double], around value: Double) -> ClosedRange<Double> {
    let known =
      trainingRange ?? thresholds.first.map { $0...max($0, thresholds.last!) }
      ?? (value.isNaN ? 0...1 : value...value)
    let span = known.upperBound - known.lowerBound
    let room = span > 0 ? 2 * span : max(known.lowerBound.magnitude, 1)
    var low = known.lowerBound - room
    var high = known.upperBound + room
    if case .number(let limits) = field.domain {
      low = max(low, limits.minimum ?? low)
      high = min(high, limits.maximum ?? high)
    }
    if !value.isNaN {
      low = min(low, value)
      high = max(high, value)
    }
    return low < high ? low...high : low...(low + 1)
  }
}
