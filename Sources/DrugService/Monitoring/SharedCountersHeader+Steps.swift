import Synchronization

/// As of when figures of patients are told.
extension SharedCountersHeader {
  /// How many figures there is room for.
  static let shownCount = wordCount - Place.shown

  /// A number that no answer tells, the same in all processes of the service.
  var secret: UInt64 {
    let known = words[Place.secret].load(ordering: .relaxed)
    if known != 0 { return known }
    let own = UInt64.random(in: 1 ... .max)
    let (exchanged, other) = words[Place.secret].compareExchange(
      expected: 0, desired: own, ordering: .relaxed)
    return exchanged ? own : other
  }

  /// How many predictions there had been at the last step.
  var shownTotal: UInt64 { words[Place.shownTotal].load(ordering: .relaxed) }

  /// Whether whoever asks is the first to make a step.
  func claimStep(from last: UInt64, to total: UInt64) -> Bool {
    words[Place.shownTotal].compareExchange(expected: last, desired: total, ordering: .relaxed)
      .exchanged
  }

  /// A figure that is told in steps.
  func shown(_ place: Int) -> UInt64 { words[Place.shown + place].load(ordering: .relaxed) }

  func show(_ figure: UInt64, at place: Int) {
    words[Place.shown + place].store(figure, ordering: .relaxed)
  }

  /// The number in the log up to which patients are compared with the training rows; nil when none has
  /// been chosen.
  var driftEnd: Int64? {
    let word = words[Place.driftEnd].load(ordering: .relaxed)
    return word == 0 ? nil : Int64(word - 1)
  }

  /// Moves that end.
  ///
  /// - Returns: where it is; elsewhere when another process was first.
  func moveDriftEnd(from last: Int64?, to end: Int64) -> Int64 {
    let (exchanged, known) = words[Place.driftEnd].compareExchange(
      expected: last.map { UInt64($0 + 1) } ?? 0, desired: UInt64(end + 1), ordering: .relaxed)
    return exchanged ? end : Int64(known) - 1
  }
}
