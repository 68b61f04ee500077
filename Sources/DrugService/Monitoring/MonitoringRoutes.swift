import FastCGI
import Models
import POSIX
import Patients
import Records

/// How the service and its model do, for people.
struct MonitoringRoutes: RouteGroup {
  static let routes = [Route<Self>("GET", "/monitoring", monitoring)]

  let models: ModelStore
  let log: PredictionLog?
  let metrics: ServiceMetrics
  let monitor: Monitor
  let lookout: Lookout
  let administrators: Administrators

  /// GET /monitoring: how the service and its model do, with no patient's data.
  ///
  /// Figures that are made of patients are as of the last step of 50 of them, and rounded. Whoever can add
  /// patients can find out where they are rounded and so learn of the next, which is why those to which
  /// everybody can add are told only to who has signed in, and are null to all others; with them the size
  /// of the log, which depends on the length of what is kept.
  func monitoring(
    _ request: borrowing Request, _: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let isSignedIn = request.authorization != nil
    if isSignedIn { _ = try administrators.person(of: request) }
    let served = models.served
    let facts = monitor.facts(of: served)
    let reading = MetricsReading(metrics)
    let response = Response { writer in
      writer.object { writer in
        writer.name("time")
        writer.time(.now)
        writer.name("started_at")
        writer.time(metrics.counters.header.start)
        writer.name("window_s")
        writer.number(3600)
        writer.write(
          lookout.attention(facts, drift: isSignedIn ? facts.shownDrift : nil, isNamed: isSignedIn))
        writer.write(metrics.counters.header.events)
        writeTraffic(reading, &writer)
        writePredictions(reading, served, isSignedIn, &writer)
        writer.name("step")
        writer.number(ShownFigures.step)
        writer.write(facts.shownAgreement)
        writer.write(isSignedIn ? facts.shownExpected : nil, of: served)
        writer.write(isSignedIn ? facts.shownDrift : nil, ShownFigures(metrics: metrics))
        writer.name("model")
        if let served {
          writer.object { writer in
            writer.name("version")
            writer.string(served.version)
            writer.name("trained_at")
            writer.string(served.model.card.trainedAt)
            writer.name("loaded_at")
            writer.time(served.loadedAt)
            writer.write(AccuracyPromise(served.model.card, served.model.evaluation))
          }
        } else {
          writer.null()
        }
        writer.write(facts.lastRetraining)
        writer.name("log")
        writer.object { writer in
          writer.name("status")
          writer.string(log == nil ? "off" : log?.failure?.code.rawValue ?? "ok")
          writer.name("size_bytes")
          if isSignedIn { writer.number(facts.logSize) } else { writer.null() }
        }
        writer.name("disk")
        guard isSignedIn, let disk = facts.disk else {
          writer.null()
          return
        }
        writer.object { writer in
          writer.name("free_bytes")
          writer.number(disk.freeBytes)
          writer.name("free_fraction")
          writer.number(disk.freeShare)
        }
      }
    }
    return Outcome(response)
  }

  private func writeTraffic(_ reading: MetricsReading, _ writer: inout JSONWriter) {
    let now = Moment.now.microseconds / 60_000_000
    let minutes = (now - 59)...now
    func count(_ minute: Int64, _ cell: Int) -> UInt64 {
      metrics.counters.count(ServiceMetrics.recent(minute: minute, cell))
    }
    writer.name("traffic")
    writer.object { writer in
      writer.name("requests_total")
      writer.number(Int(reading.requests.reduce(0) { $0 + $1.count }))
      writer.name("per_minute")
      writer.array { writer in
        for minute in minutes {
          writer.object { writer in
            writer.name("minute")
            writer.time(Moment(microseconds: minute * 60_000_000))
            writer.name("requests")
            writer.number(Int(count(minute, ServiceMetrics.MinuteCell.requests)))
            writer.name("errors")
            writer.number(Int(count(minute, ServiceMetrics.MinuteCell.errors)))
            writer.name("refused")
            writer.number(Int(count(minute, ServiceMetrics.MinuteCell.refused)))
          }
        }
      }
      writer.name("by_status")
      writer.object { writer in
        for family in 2...5 {
          writer.name("\(family)xx")
          writer.number(
            Int(reading.requests.filter { $0.status / 100 == family }.reduce(0) { $0 + $1.count }))
        }
      }
      writer.name("refused_by_code")
      writer.object { writer in
        for code in Set(reading.requests.map(\.status)).filter({ $0 >= 400 }).sorted() {
          writer.name("\(code)")
          writer.number(
            Int(reading.requests.filter { $0.status == code }.reduce(0) { $0 + $1.count }))
        }
      }
    }
    var buckets = [UInt64](repeating: 0, count: Buckets.requestSeconds.bounds.count + 1)
    for minute in minutes {
      for index in buckets.indices {
        buckets[index] += count(minute, ServiceMetrics.MinuteCell.latency + index)
      }
    }
    writer.name("latency")
    writer.object { writer in
      for (name, share) in [("p50_s", 0.5), ("p95_s", 0.95), ("p99_s", 0.99)] {
        writer.name(name)
        writer.number(MetricsReading.quantile(share, of: buckets, .requestSeconds))
      }
      writer.name("count")
      writer.number(Int(buckets.reduce(0, +)))
    }
  }

  private func writePredictions(
    _ reading: MetricsReading, _ served: ServedModel?, _ isSignedIn: Bool,
    _ writer: inout JSONWriter
  ) {
    let known = metrics.counters.drugs
    let drugs = (served?.model.drugs ?? known.all).map { (name: $0, number: known.number(of: $0)) }
    let hour = Moment.now.microseconds / 3_600_000_000
    let shown = ShownFigures(metrics: metrics)
    if isSignedIn { shown.renew(reading, hour: hour) }
    writer.name("predictions")
    writer.object { writer in
      writer.name("total")
      writer.number(Int(reading.predictions.reduce(0) { $0 + $1.count }))
      writer.name("by_model")
      writer.object { writer in
        for version in Set(reading.predictions.map(\.version)).sorted() {
          writer.name(version)
          writer.number(
            Int(reading.predictions.filter { $0.version == version }.reduce(0) { $0 + $1.count }))
        }
      }
      guard isSignedIn else {
        for name in ["by_drug", "needs_review", "per_hour"] {
          writer.name(name)
          writer.null()
        }
        return
      }
      writer.name("by_drug")
      writer.object { writer in
        for drug in drugs {
          writer.name(drug.name)
          writer.number(shown.predictions(drug: drug.number))
        }
      }
      writer.name("needs_review")
      writer.number(shown.needsReview)
      writer.name("per_hour")
      writer.array { writer in
        for hour in (hour - 23)...hour {
          writer.object { writer in
            writer.name("hour")
            writer.time(Moment(microseconds: hour * 3_600_000_000))
            writer.name("by_drug")
            writer.object { writer in
              for drug in drugs {
                writer.name(drug.name)
                writer.number(shown.predictions(hour: hour, drug: drug.number))
              }
            }
            writer.name("needs_review")
            writer.number(shown.predictions(hour: hour, drug: ServiceMetrics.review))
          }
        }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ agreement: Agreement) {
    name("accuracy")
    object { writer in
      writer.name("status")
      writer.string(agreement.share == nil ? "too_few" : "ok")
      writer.name("needed")
      writer.number(ShownFigures.step)
      writer.name("outcomes")
      writer.number(agreement.outcomes)
      writer.name("agreed")
      writer.number(agreement.agreed)
      writer.name("accuracy")
      writer.number(agreement.share)
      writer.name("interval")
      guard let interval = agreement.interval else {
        writer.null()
        return
      }
      writer.array { writer in
        writer.number(interval.lowerBound)
        writer.number(interval.upperBound)
      }
    }
  }

  fileprivate mutating func write(_ attention: [Attention]) {
    name("attention")
    array { writer in
      for item in attention {
        writer.object { writer in
          writer.name("code")
          writer.string(item.code.rawValue)
          writer.name("urgency")
          writer.string(item.urgency.rawValue)
          writer.name("detail")
          writer.string(item.detail)
          writer.name("since")
          if let since = item.since { writer.time(since) } else { writer.null() }
          writer.name("action")
          writer.string(item.action)
        }
      }
    }
  }

  fileprivate mutating func write(_ events: [SharedCountersHeader.Event]) {
    name("events")
    array { writer in
      for event in events {
        writer.object { writer in
          writer.name("time")
          writer.time(event.time)
          writer.name("kind")
          writer.string(event.kind.name)
          writer.name("model_version")
          writer.string(event.kind == .modelChanged ? ServiceMetrics.version(of: event.model) : nil)
        }
      }
    }
  }

  fileprivate mutating func write(_ drift: DriftReport?, _ shown: ShownFigures) {
    name("drift")
    guard let drift else {
      null()
      return
    }
    object { writer in
      writer.name("sample_size")
      writer.number(drift.sampleCount / 10 * 10)
      writer.name("other_fields")
      // Rounded up: who is told of none is told that nobody was left out.
      writer.number((drift.foreignCount + 9) / 10 * 10)
      writer.name("least")
      writer.number(DriftReport.leastSampleCount)
      writer.name("features")
      writer.array { writer in
        for finding in drift.findings {
          writer.object { writer in
            writer.name("feature")
            writer.string(finding.field.name)
            writer.name("test")
            writer.string(finding.test)
            writer.name("statistic")
            writer.number(finding.roundedStatistic)
            writer.name("p_value")
            writer.number(finding.roundedPValue)
            writer.write(finding, shown)
            writer.name("status")
            writer.string(finding.status.rawValue)
          }
        }
      }
    }
  }

  /// How great the change of a field is, and both distributions.
  private mutating func write(_ finding: DriftReport.Finding, _ shown: ShownFigures) {
    name("effect")
    number(finding.roundedEffect)
    name("effect_size")
    string(finding.histogram?.size.rawValue)
    name("histogram")
    guard let histogram = finding.histogram else {
      null()
      return
    }
    object { writer in
      writer.name("bounds")
      writer.array { writer in histogram.bounds.forEach { writer.number($0) } }
      writer.name("levels")
      writer.array { writer in histogram.levels.forEach { writer.string($0) } }
      writer.name("training")
      writer.array { writer in histogram.reference.forEach { writer.number($0) } }
      writer.name("recent")
      writer.array { writer in
        shown.rounded(histogram.sample, field: finding.field.index).forEach { writer.number($0) }
      }
    }
  }

  fileprivate mutating func write(_ job: PastRetraining?) {
    name("last_retraining")
    guard let job else {
      null()
      return
    }
    object { writer in
      writer.name("id")
      writer.string(job.id)
      writer.name("state")
      writer.string(job.state)
      writer.name("finished_at")
      writer.string(job.finishedAt)
      writer.name("promoted")
      writer.bool(job.isPromoted)
      writer.name("model_version")
      writer.string(job.modelVersion)
    }
  }
}
