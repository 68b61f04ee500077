/// The counts of drugs as those see them who have signed in.
///
/// Whoever watched them while they count would know the drug of the next patient, which not every role
/// needs to. So they move only when 50 more predictions have been answered, all together, and each is
/// rounded to tens. That hides a patient from who merely looks, not from who sends patients as well: by
/// hundreds of tables of 50 rows it can be found out where each count is rounded up, and then the next
/// patient's drug. Therefore nobody sees them without a name.
struct ShownFigures {
  /// The least number of predictions, or outcomes, between two steps.
  static let step = 50
  private static let grain: UInt64 = 10
  /// As many as a day has, and some more.
  private static let hours: Int64 = 32
  private static let countBits: UInt64 = 36

  let metrics: ServiceMetrics

  private var header: SharedCountersHeader { metrics.counters.header }
  private var drugCount: Int { SharedCounters.drugCapacity }
  private var reviewPlace: Int { drugCount }

  /// How often a drug was recommended.
  func predictions(drug: Int) -> Int { Int(header.shown(drug)) }

  /// How many predictions a person had to look at.
  var needsReview: Int { Int(header.shown(reviewPlace)) }

  /// How often a drug was recommended in an hour, or how many of its predictions needed review.
  ///
  /// - Parameter drug: the drug's number, or `ServiceMetrics.review`.
  func predictions(hour: Int64, drug: Int) -> Int {
    let shown = header.shown(place(hour, drug))
    guard shown >> Self.countBits == UInt64(hour) else { return 0 }
    return Int(shown & (1 << Self.countBits - 1))
  }

  /// Makes a step, if one is due.
  func renew(_ reading: MetricsReading, hour: Int64) {
    let total = reading.predictions.reduce(0) { $0 + $1.count }
    let last = header.shownTotal
    guard total >= last + UInt64(Self.step), header.claimStep(from: last, to: total) else { return }
    let drugs = metrics.counters.drugs
    for (drug, name) in Array(drugs.all.enumerated()) + [(drugs.other, "other")] {
      let count = reading.predictions.filter { $0.drug == name }.reduce(0) { $0 + $1.count }
      header.show(rounded(count, drug), at: drug)
      showHours(before: hour, drug)
    }
    showHours(before: hour, ServiceMetrics.review)
    header.show(rounded(reading.needsReview, reviewPlace), at: reviewPlace)
  }

  private func showHours(before hour: Int64, _ drug: Int) {
    for hour in (hour - 23)...hour {
      show(metrics.counters.count(metrics.recent(hour: hour, drug: drug)), hour, drug)
    }
  }

  /// Shows how often a drug was recommended in an hour, or how many needed review.
  func show(_ count: UInt64, _ hour: Int64, _ drug: Int) {
    let place = place(hour, drug)
    header.show(UInt64(hour) << Self.countBits | rounded(count, place, hour), at: place)
  }

  private func place(_ hour: Int64, _ drug: Int) -> Int {
    reviewPlace + 1 + Int(hour % Self.hours) * (drugCount + 1) + drug
  }

  /// The counts of a field's histogram, by tens.
  func rounded(_ counts: [Int], field: Int) -> [Int] {
    counts.enumerated().map { bin, count in
      // Beyond the places of the counts.
      Int(rounded(UInt64(count), SharedCountersHeader.wordCount + field << 16 + bin))
    }
  }

  /// Rounds to tens: up from a place between two of them that depends on a secret, so that the same count
  /// always becomes the same.
  private func rounded(_ count: UInt64, _ place: Int, _ hour: Int64 = 0) -> UInt64 {
    let tens = count / Self.grain
    let limit = Self.mix(header.secret, tens, UInt64(place), UInt64(hour)) % Self.grain + 1
    return (count % Self.grain >= limit ? tens + 1 : tens) * Self.grain
  }

  /// A number that nobody foresees without the first of those that it is made of (SplitMix64's finalizer,
  /// Steele, Lea and Flood, 2014).
  static func mix(_ numbers: UInt64...) -> UInt64 {
    var mixed: UInt64 = 0
    for number in numbers {
      mixed = mixed &+ number &+ 0x9e37_79b9_7f4a_7c15
      mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
      mixed ^= mixed >> 31
    }
    return mixed
  }
}
