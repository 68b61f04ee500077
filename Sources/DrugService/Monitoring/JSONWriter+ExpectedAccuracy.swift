import Models
import POSIX
import Patients
import Records

extension JSONWriter {
  /// What the newest answers are expected to be worth, for who has signed in.
  ///
  /// Shares are told to thousandths, counts to tens and times to minutes: the next patient shows in none.
  mutating func write(_ figures: RecentConfidences.Figures?, of served: ServedModel?) {
    name("expected_accuracy")
    guard let figures, let served, let report = figures.served else {
      null()
      return
    }
    object { writer in
      writer.name("status")
      writer.string(report.whole == nil ? "too_few" : "ok")
      writer.name("needed")
      writer.number(AccuracyReport.chunkSize)
      writer.name("model_version")
      writer.string(served.version)
      writer.name("predictions")
      writer.number(report.count / 10 * 10)
      writer.write(report.whole?.expected)
      writer.name("verdict")
      writer.string(report.whole.flatMap { report.verdict(on: $0) })
      writer.name("keeps_its_word")
      writer.bool(figures.keepsItsWord)
      writer.name("calibration_error")
      writer.number(figures.calibrationError)
      writer.name("chunks")
      writer.array { writer in
        for chunk in report.chunks { writer.write(chunk, report) }
      }
      writer.name("other_versions")
      writer.array { writer in
        for (version, report) in figures.others {
          writer.object { writer in
            writer.name("model_version")
            writer.string(version)
            writer.name("predictions")
            writer.number(report.count / 10 * 10)
            writer.write(report.whole?.expected)
            writer.name("verdict")
            writer.string(report.whole.flatMap { report.verdict(on: $0) })
          }
        }
      }
    }
  }

  /// What the served model's card promises.
  mutating func write(_ promise: AccuracyPromise?) {
    name("promised_accuracy")
    guard let promise else {
      null()
      return
    }
    object { writer in
      writer.name("from")
      writer.string(promise.source.rawValue)
      writer.name("samples")
      writer.number(promise.samples)
      writer.name("accuracy")
      writer.number(promise.accuracy)
      writer.write("interval", promise.interval)
    }
  }

  private mutating func write(_ chunk: AccuracyReport.Part, _ report: AccuracyReport) {
    object { writer in
      writer.name("from")
      writer.time(Moment(microseconds: chunk.start / 60_000_000 * 60_000_000))
      writer.name("to")
      writer.time(Moment(microseconds: chunk.end / 60_000_000 * 60_000_000))
      writer.write(chunk.expected)
      writer.name("verdict")
      writer.string(report.verdict(on: chunk))
      let recorded = Agreement(outcomes: chunk.outcomes, agreed: chunk.agreed)
      writer.name("outcomes")
      writer.number(recorded.outcomes)
      writer.name("agreed")
      writer.number(recorded.agreed)
      writer.write("recorded_interval", recorded.interval)
    }
  }

  private mutating func write(_ expected: ExpectedAccuracy?) {
    name("accuracy")
    number(expected.map { Self.thousandths($0.accuracy) })
    write(
      "interval",
      expected.map {
        Self.thousandths($0.interval.lowerBound)...Self.thousandths($0.interval.upperBound)
      })
  }

  private mutating func write(_ name: String, _ interval: ClosedRange<Double>?) {
    self.name(name)
    guard let interval else {
      null()
      return
    }
    array { writer in
      writer.number(interval.lowerBound)
      writer.number(interval.upperBound)
    }
  }

  private static func thousandths(_ share: Double) -> Double { (share * 1000).rounded() / 1000 }
}

extension AccuracyReport {
  /// Where a part lies beside the promise; nil where nothing is promised.
  fileprivate func verdict(on part: Part) -> String? {
    promise?.verdict(on: part.expected.interval).rawValue
  }
}
