import POSIX
import Patients
import Records

/// What the service counts, by names that are known beforehand or come from a model: no label is ever taken
/// from a request.
final class ServiceMetrics: Sendable {
  /// The names that labels are made of; a number stands for each.
  struct Labels: Sendable {
    /// The routes and, last, what is none.
    let routes: [String]
    let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "other"]
    let reasons =
      FieldProblem.Code.allCases.map(\.rawValue) + JSONError.Code.allCases.map(\.rawValue)
    let loads = ["loaded", "refused"]
    let failures = PredictionLogError.Code.allCases.map(\.rawValue)
    let retrainings = ["promoted", "not_promoted", "failed", "cancelled"]
    let lanes = ServiceLane.allCases.map(\.name)
    let signInFailures = ["wrong", "too_many", "busy", "malformed", "forbidden"]
    let spans = ["sent", "no_room", "not_taken"]

    init(routes: some Sequence<String>) {
      // The one that is asked for most comes first, where it is found at once.
      self.routes = ["/predict"] + routes.filter { $0 != "/predict" }.sorted() + ["none"]
    }

    /// A number that changes with any of the names (FNV-1a, 64 bits).
    var digest: UInt64 {
      let all = [
        routes, methods, reasons, loads, failures, retrainings, lanes,
        signInFailures, spans,
      ]
      var digest: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in all.map({ $0.joined(separator: " ") }).joined(separator: "\n").utf8 {
        digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3
      }
      return digest
    }
  }

  /// Requests of a minute, and how long its predictions took.
  enum MinuteCell {
    static let requests = 0
    /// Answers of 500 and above.
    static let errors = 1
    /// Answers of 400 to 499.
    static let refused = 2
    /// Those among the errors that found no room.
    static let busy = 3
    static let latency = 4
    static let count = latency + Buckets.requestSeconds.bounds.count + 1
    /// More than an hour, so that no minute is begun anew while it is told of.
    static let minutes: Int64 = 64
  }

  /// The hours whose predictions are kept by drug: more than a day.
  private static let hours: Int64 = 32
  /// What an hour counts: each drug, and then what needed review.
  private static let hourLength = SharedCounters.drugCapacity + 1

  let labels: Labels
  let counters: SharedCounters

  /// - Parameters:
  ///   - path: the file that the processes of the service share; nil for counters of this one alone.
  ///   - failed: told why the file cannot be used; the counters are then this process's alone.
  init(
    path: String?, routes: some Sequence<String>, failed: (SystemError) -> Void
  ) {
    labels = Labels(routes: routes)
    let layout = SharedCounters.Layout(
      digest: labels.digest,
      recentCount: Int(MinuteCell.minutes) * MinuteCell.count
        + Int(Self.hours) * Self.hourLength)
    defer { counters.fields.learn([Self.body]) }
    guard let path else {
      counters = SharedCounters(layout)
      return
    }
    do throws(SystemError) {
      counters = try SharedCounters(path: path, layout)
    } catch {
      failed(error)
      counters = SharedCounters(layout)
    }
  }

  /// What a fault of a whole body is counted under.
  private static let body = "body"

  /// Gives the drugs and fields of a model numbers, under which they are counted from then on.
  func learn(_ schema: PatientSchema) {
    counters.drugs.learn(schema.drugs)
    counters.fields.learn(schema.fields.map(\.name))
  }

  /// Counts an answer.
  func answered(route: String, method: String, status: Int, in duration: Duration) {
    let route = Self.index(of: route, in: labels.routes)
    let method = Self.index(of: method, in: labels.methods)
    let nanoseconds = Self.nanoseconds(duration)
    let bucket = Buckets.requestSeconds.index(of: nanoseconds)
    let minute = Moment.coarse.microseconds / 60_000_000
    let row = counters.row
    counters.add(CounterKey.request(route: route, method: method, status: status), in: row)
    counters.add(CounterKey.histogram(.duration, label: route, bucket: bucket), in: row)
    counters.add(
      CounterKey.histogram(.duration, label: route, bucket: Buckets.sum), nanoseconds, in: row)
    counters.add(Self.recent(minute: minute, MinuteCell.requests), in: row)
    if status >= 400 {
      let cell = status >= 500 ? MinuteCell.errors : MinuteCell.refused
      counters.add(Self.recent(minute: minute, cell), in: row)
    }
    if route == 0 {
      counters.add(Self.recent(minute: minute, MinuteCell.latency + bucket), in: row)
    }
  }

  /// Counts a request that found no room in its lane.
  func refused(_ lane: Int) {
    counters.add(CounterKey.plain(.refused, lane))
    let minute = Moment.coarse.microseconds / 60_000_000
    counters.add(Self.recent(minute: minute, MinuteCell.busy))
  }

  /// Counts a prediction that is answered.
  ///
  /// - Parameter model: the number of the model's version.
  func predicted(_ record: borrowing PredictionRecord, by model: UInt64) {
    let drug = counters.drugs.number(of: record.drug)
    let row = counters.row
    counters.add(CounterKey.prediction(drug: drug, version: model), in: row)
    let hour = record.time / 3_600_000_000
    counters.add(recent(hour: hour, drug: drug), in: row)
    guard record.needsReview else { return }
    counters.add(CounterKey.plain(.needsReview), in: row)
    counters.add(recent(hour: hour, drug: Self.review), in: row)
  }

  /// Counts the fields for which a request, or a row of a table, was refused.
  func rejected(_ problems: some Sequence<FieldProblem>) {
    for problem in problems {
      // In a list the patient's place stands before the field; the patient itself has no name.
      let name =
        problem.pointer.split(separator: "/").last.map {
          $0.replacing("~1", with: "/").replacing("~0", with: "~")
        }.map(String.init) ?? ""
      let isField = counters.fields.number(of: name) != counters.fields.other
      let isWhole = !isField && name.allSatisfy(\.isNumber)
      reject(isWhole ? Self.body : name, problem.code.rawValue)
    }
  }

  /// Counts a body that is no JSON.
  func rejected(_ error: JSONError) { reject(Self.body, error.code.rawValue) }

  private func reject(_ field: String, _ reason: String) {
    counters.add(
      CounterKey.rejected(
        field: counters.fields.number(of: field),
        reason: Self.index(of: reason, in: labels.reasons)))
  }

  /// Counts a model that was loaded, or refused.
  func loaded(isServed: Bool) {
    counters.add(CounterKey.plain(.modelLoad, isServed ? 0 : 1))
  }

  /// Counts a commit of the log.
  func committed(records: Int, in duration: Duration) {
    count(.commitRecords, UInt64(records), Buckets.records)
    count(.commitDuration, Self.nanoseconds(duration), Buckets.requestSeconds)
  }

  /// Counts a commit that failed.
  func commitFailed(_ code: PredictionLogError.Code) {
    counters.add(
      CounterKey.plain(.commitFailure, Self.index(of: code.rawValue, in: labels.failures)))
  }

  /// Counts a retraining that has ended.
  ///
  /// - Parameter outcome: one of `Labels.retrainings`.
  func retrained(_ outcome: String, seconds: Double) {
    counters.add(
      CounterKey.plain(.retraining, Self.index(of: outcome, in: labels.retrainings)))
    // A file told it, and may have told anything.
    let milliseconds = UInt64(exactly: (max(0, seconds) * 1000).rounded(.towardZero)) ?? 0
    count(.retrainingDuration, milliseconds, Buckets.retrainingSeconds)
  }

  /// Counts somebody who was not let in.
  ///
  /// - Parameter reason: one of `Labels.signInFailures`.
  func signInFailed(_ reason: String) {
    counters.add(
      CounterKey.plain(.signInFailure, Self.index(of: reason, in: labels.signInFailures)))
  }

  /// Counts spans that were sent, or dropped.
  ///
  /// - Parameter outcome: one of `Labels.spans`.
  func spans(_ outcome: String, _ count: Int) {
    counters.add(
      CounterKey.plain(.span, Self.index(of: outcome, in: labels.spans)), UInt64(count))
  }

  private func count(_ kind: CounterKey.Kind, _ value: UInt64, _ buckets: Buckets) {
    counters.add(CounterKey.histogram(kind, label: 0, bucket: buckets.index(of: value)))
    counters.add(CounterKey.histogram(kind, label: 0, bucket: Buckets.sum), value)
  }

  private static func nanoseconds(_ duration: Duration) -> UInt64 {
    UInt64(
      clamping: duration.components.seconds &* 1_000_000_000
        &+ duration.components.attoseconds / 1_000_000_000)
  }

  static func recent(minute: Int64, _ cell: Int) -> SharedCounters.Recent {
    SharedCounters.Recent(
      place: Int(minute % MinuteCell.minutes) * MinuteCell.count + cell, period: UInt64(minute))
  }

  /// The place in an hour of what needed review, behind the drugs.
  static let review = SharedCounters.drugCapacity

  /// - Parameter drug: the drug's number, or `review`.
  func recent(hour: Int64, drug: Int) -> SharedCounters.Recent {
    let first = Int(MinuteCell.minutes) * MinuteCell.count
    return SharedCounters.Recent(
      place: first + Int(hour % Self.hours) * Self.hourLength + drug,
      period: UInt64(hour))
  }

  /// The number of a name; the last for one that is not there.
  static func index(of name: String, in names: [String]) -> Int {
    names.firstIndex(of: name) ?? names.count - 1
  }

  /// The number of a model's version, 12 hexadecimal digits; 0 for what is none.
  static func number(of version: String) -> UInt64 {
    UInt64(hexadecimal: version, digitCount: 12) ?? 0
  }

  /// The version of a number.
  static func version(of number: UInt64) -> String {
    guard number != 0 else { return "unknown" }
    return number.hexadecimal(digitCount: 12)
  }
}
