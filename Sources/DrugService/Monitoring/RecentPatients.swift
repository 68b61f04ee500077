import Models
import Patients
import Records

/// The newest patients of a log that somebody asked about one by one.
///
/// Rows of tables, lists and tensors do not count: whoever may send a table could fill the window with
/// patients who were never there.
struct RecentPatients {
  /// The most patients that are compared with the training rows.
  static let count = 1000
  /// Fewer than a step have come behind the end of the window, or it moves.
  private static let seenCount = count + 2 * ShownFigures.step
  /// The most rows of the log that are looked through at once.
  private static let readCount: Int64 = 100_000

  /// The oldest first.
  private var patients: [PredictionLog.NumberedPatient] = []
  /// The number of the newest row that was looked at.
  private var seen: Int64 = 0

  /// Reads what has come; what cannot be read is left for the next time.
  mutating func look(_ path: String) {
    // Whoever writes the log finds out what is wrong with it, and says so.
    guard
      let found = try? PredictionLog.singlePatients(
        in: path, after: seen, count: Self.seenCount, newest: Self.readCount)
    else { return }
    if found.newest < seen { patients = [] }
    patients += found.patients
    seen = found.newest
  }

  /// All of them, for those who may know; of some other fields may have been measured.
  var newest: [Patient] { patients.suffix(Self.count).map(\.patient) }

  /// Those whom figures in steps are made of: up to an end that all processes share, and that moves
  /// when 50 more have come.
  ///
  /// One in five is left out, and nobody knows which: that makes it harder, not impossible, for who has sent
  /// all the others to find out by how much the last has changed the figures.
  mutating func stepped(_ header: SharedCountersHeader) -> [Patient] {
    var end = header.driftEnd
    let newest = patients.last?.number ?? seen
    let later = patients.lazy.reversed().prefix { $0.number > end ?? .max }.count
    // A log that was set aside begins anew.
    if end == nil || end! > seen || later >= ShownFigures.step {
      end = header.moveDriftEnd(from: end, to: newest)
    }
    let last = end!
    let before = patients.prefix { $0.number <= last }
    if before.count > Self.count { patients.removeFirst(before.count - Self.count) }
    let secret = header.secret
    return patients.lazy.prefix { $0.number <= last }.suffix(Self.count)
      .filter { ShownFigures.mix(secret, UInt64($0.number)) % 5 != 0 }
      .map(\.patient)
  }
}

extension DriftReport.Finding {
  /// The p-value as it is told; what is below is told as this.
  private static let leastPValue = 0.001

  /// The statistic, to two digits.
  var roundedStatistic: Double? { statistic.map(Self.rounded) }

  /// How great the change is, to two digits.
  var roundedEffect: Double? { histogram.map { Self.rounded($0.stabilityIndex) } }

  /// The p-value, to two digits.
  var roundedPValue: Double? { pValue.map { Self.rounded(max($0, Self.leastPValue)) } }

  private static func rounded(_ value: Double) -> Double {
    guard value.isFinite, value != 0 else { return value }
    var factor = 1.0
    while abs(value) * factor < 10 { factor *= 10 }
    while abs(value) * factor >= 100 { factor /= 10 }
    return (value * factor).rounded() / factor
  }
}
