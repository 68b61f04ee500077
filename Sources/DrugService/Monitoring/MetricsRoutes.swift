import FastCGI
import Linux
import Models
import POSIX
import Patients
import Records

/// What Prometheus scrapes.
struct MetricsRoutes: RouteGroup {
  static let routes = [Route<Self>("GET", "/metrics", isBrief: true, metricsText)]

  let models: ModelStore
  let log: PredictionLog?
  let metrics: ServiceMetrics
  let monitor: Monitor
  let lookout: Lookout
  let shadows: ShadowKeeper

  /// GET /metrics: what Prometheus scrapes, summed over the processes of the service. Only programs on
  /// the service's own machine get it, whatever the web server lets pass, unless it says that it was told
  /// to by a parameter that no client can send.
  func metricsText(
    _ request: borrowing Request, _: RequestTrace
  ) throws(ServiceError) -> Outcome {
    guard
      Self.isLoopback(request.parameter("REMOTE_ADDR") ?? "")
        || request.parameter("METRICS_READER") == "yes"
    else { throw .notFound }
    let served = models.served
    var text = MetricsText()
    let reading = MetricsReading(metrics)
    Self.writeTraffic(reading, &text)
    Self.writeRefused(reading, &text)
    Self.writePredictions(reading, &text)
    Self.writeLog(reading, &text)
    Self.writeSignIn(reading, &text)
    Self.writeSpans(reading, &text)
    if let log { Self.writeState(of: log, &text) }
    Self.writeModel(served, reading, &text)
    let facts = monitor.known
    if let facts { Self.writeFacts(facts, served, &text) }
    writeAttention(facts, &text)
    if let shadow = shadows.known { Self.write(shadow, &text) }
    writeProcesses(&text)
    return Outcome(
      Response(
        status: 200,
        headers: [
          ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
          ("Cache-Control", "no-store"),
        ], body: text.bytes))
  }

  static func isLoopback(_ address: String) -> Bool {
    address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
  }

  private static func writeTraffic(_ reading: MetricsReading, _ text: inout MetricsText) {
    text.metric(
      "drug_classifier_http_requests_total", .counter, "Requests answered by the responders.")
    for entry in reading.requests {
      text.count(
        entry.count,
        [("route", entry.route), ("method", entry.method), ("code", "\(entry.status)")])
    }
    text.metric(
      "drug_classifier_http_request_duration_seconds", .histogram,
      "From a request's arrival in the responder to its answer, with the commit of its prediction.")
    for (route, histogram) in reading.durations.sorted(by: { $0.key < $1.key }) {
      text.histogram(
        histogram.counts, sum: histogram.sum, .requestSeconds, [("route", route)])
    }
  }

  private static func writeRefused(_ reading: MetricsReading, _ text: inout MetricsText) {
    text.metric(
      "drug_classifier_refused_requests_total", .counter,
      "Requests refused because too many of their kind were waiting.")
    text.counts(reading.refused, by: "lane")
  }

  private static func writePredictions(_ reading: MetricsReading, _ text: inout MetricsText) {
    text.metric(
      "drug_classifier_predictions_total", .counter, "Drugs recommended, rows of tables included.")
    for entry in reading.predictions {
      text.count(entry.count, [("drug", entry.drug), ("model_version", entry.version)])
    }
    text.metric(
      "drug_classifier_predictions_needing_review_total", .counter,
      "Recommendations that a person must look at: several drugs fit, or a value is warned of.")
    text.count(reading.needsReview)
    text.metric(
      "drug_classifier_rejected_inputs_total", .counter,
      "Faults for which a patient was refused, by field and reason.")
    for entry in reading.rejected {
      text.count(entry.count, [("field", entry.field), ("reason", entry.reason)])
    }
  }

  private static func writeLog(_ reading: MetricsReading, _ text: inout MetricsText) {
    text.metric(
      "drug_classifier_log_commit_records", .histogram,
      "Predictions that shared a commit of the log; its count is the number of commits.")
    text.histogram(reading.commitRecords.counts, sum: reading.commitRecords.sum, .records)
    text.metric(
      "drug_classifier_log_commit_duration_seconds", .histogram,
      "How long a commit of the log took, waiting for the other process included.")
    text.histogram(
      reading.commitDurations.counts, sum: reading.commitDurations.sum, .requestSeconds)
    text.metric(
      "drug_classifier_log_commit_failures_total", .counter, "Commits of the log that failed.")
    text.counts(reading.commitFailures, by: "reason")
  }

  private static func writeSignIn(_ reading: MetricsReading, _ text: inout MetricsText) {
    text.metric(
      "drug_classifier_sign_in_failures_total", .counter,
      "Requests that were not let in, by reason.")
    text.counts(reading.signInFailures, by: "reason")
  }

  private static func writeSpans(_ reading: MetricsReading, _ text: inout MetricsText) {
    text.metric(
      "drug_classifier_spans_total", .counter,
      "Spans of traces that the collector took, or that were dropped.")
    text.counts(reading.spans, by: "outcome")
  }

  private static func writeState(of log: PredictionLog, _ text: inout MetricsText) {
    text.metric(
      "drug_classifier_log_writable", .gauge,
      "Whether the responder that answers this scrape can write the log.")
    text.sample(log.failure == nil ? 1 : 0)
    guard let hasReserve = log.hasReserve else { return }
    text.metric(
      "drug_classifier_log_reserve_kept", .gauge, "Whether room is kept for the log on its disk.")
    text.sample(hasReserve ? 1 : 0)
  }

  private static func writeModel(
    _ served: ServedModel?, _ reading: MetricsReading, _ text: inout MetricsText
  ) {
    text.metric("drug_classifier_model_info", .gauge, "The served model; nothing without one.")
    if let served {
      let card = served.model.card
      text.sample(
        1,
        [
          ("model_version", served.version), ("features", card.features.rawValue),
          ("program_version", programVersion),
        ])
    }
    text.metric(
      "drug_classifier_model_loaded_timestamp_seconds", .gauge,
      "When the responder that answers this scrape loaded the served model.")
    if let served { text.sample(Double(served.loadedAt.microseconds) / 1e6) }
    text.metric(
      "drug_classifier_model_loads_total", .counter,
      "Models that a responder loaded, or refused; each process loads for itself.")
    text.counts(reading.modelLoads, by: "outcome")
    text.metric(
      "drug_classifier_retrainings_total", .counter, "Retrainings that have ended, by outcome.")
    text.counts(reading.retrainings, by: "outcome")
    text.metric(
      "drug_classifier_retraining_duration_seconds", .histogram, "How long retrainings took.")
    text.histogram(
      reading.retrainingDurations.counts, sum: reading.retrainingDurations.sum,
      .retrainingSeconds)
  }

  private static func writeFacts(
    _ facts: Monitor.Facts, _ served: ServedModel?, _ text: inout MetricsText
  ) {
    text.metric("drug_classifier_retraining_running", .gauge, "Whether a retraining is under way.")
    text.sample(facts.isRetraining ? 1 : 0)
    text.metric(
      "drug_classifier_drift_samples", .gauge,
      "Newest patients that are compared with the training rows.")
    text.count(UInt64(facts.drift.sampleCount))
    text.metric(
      "drug_classifier_drift_samples_of_other_fields", .gauge,
      "Newest patients that are left out, since other fields were measured of them.")
    text.count(UInt64(facts.drift.foreignCount))
    let findings = facts.drift.findings
    text.metric(
      "drug_classifier_drift_detected", .gauge,
      "Whether a field is distributed otherwise than in training; nothing without a verdict.")
    for finding in findings where finding.pValue != nil {
      text.sample(finding.status == .drift ? 1 : 0, [("feature", finding.field.name)])
    }
    text.metric(
      "drug_classifier_drift_p_value", .gauge, "The p-value of a field's test by itself.")
    for finding in findings {
      guard let value = finding.pValue else { continue }
      text.sample(value, [("feature", finding.field.name), ("test", finding.test)])
    }
    text.metric("drug_classifier_drift_statistic", .gauge, "The statistic of a field's test.")
    for finding in findings {
      guard let value = finding.statistic else { continue }
      text.sample(value, [("feature", finding.field.name), ("test", finding.test)])
    }
    text.metric(
      "drug_classifier_recent_outcomes", .gauge, "Newest outcomes that the live accuracy is of.")
    text.count(UInt64(facts.agreement.outcomes))
    text.metric(
      "drug_classifier_recent_outcomes_agreed", .gauge,
      "Those of them in which the recommended drug was given.")
    text.count(UInt64(facts.agreement.agreed))
    writeExpected(facts.expected, served?.version, &text)
    text.metric(
      "drug_classifier_log_size_bytes", .gauge, "The log and its write-ahead part on the disk.")
    text.count(UInt64(facts.logSize))
    text.metric("drug_classifier_disk_free_bytes", .gauge, "Free room on the disk of the log.")
    if let disk = facts.disk { text.count(UInt64(disk.freeBytes)) }
    text.metric(
      "drug_classifier_disk_free_ratio", .gauge, "The free share of the disk of the log, 0 to 1.")
    if let disk = facts.disk { text.sample(disk.freeShare) }
  }

  /// What the newest answers are expected to be worth; nothing of a version with too few.
  private static func writeExpected(
    _ expected: RecentConfidences.Figures, _ served: String?, _ text: inout MetricsText
  ) {
    let served = served.flatMap { version in expected.served.map { (version: version, report: $0) }
    }
    let known = ([served].compactMap { $0 } + expected.others).compactMap { version, report in
      report.whole.map { (label: [("model_version", version)], part: $0.expected) }
    }
    text.metric(
      "drug_classifier_expected_accuracy", .gauge,
      "Expected share of right answers among the newest, by their probabilities (CBPE).")
    for (label, part) in known { text.sample(part.accuracy, label) }
    text.metric(
      "drug_classifier_expected_accuracy_lower", .gauge, "The lower end of its interval.")
    for (label, part) in known { text.sample(part.interval.lowerBound, label) }
    text.metric(
      "drug_classifier_expected_accuracy_upper", .gauge, "The upper end of its interval.")
    for (label, part) in known { text.sample(part.interval.upperBound, label) }
    text.metric(
      "drug_classifier_expected_accuracy_samples", .gauge, "The answers that it is of.")
    for (label, part) in known { text.count(UInt64(part.count), label) }
    text.metric(
      "drug_classifier_promised_accuracy_lower", .gauge,
      "The lower end of the accuracy that the served model's card promises, with 95% confidence.")
    guard let served, let promise = served.report.promise else { return }
    text.sample(promise.interval.lowerBound, [("model_version", served.version)])
  }

  private func writeAttention(_ facts: Monitor.Facts?, _ text: inout MetricsText) {
    text.metric(
      "drug_classifier_attention", .gauge, "Whether a person has to see to something, by its code.")
    let found = lookout.attention(facts, drift: facts?.shownDrift, isNamed: true).map(\.code)
    for code in Attention.Code.allCases {
      text.sample(found.contains(code) ? 1 : 0, [("code", code.rawValue)])
    }
  }

  private static func write(_ shadow: ShadowKeeper.Facts, _ text: inout MetricsText) {
    let labels = [(name: "model_version", value: shadow.version)]
    text.metric(
      "drug_classifier_shadow_up", .gauge, "Whether the shadow answers; missing without one.")
    text.sample(shadow.isUp ? 1 : 0, labels)
    text.metric(
      "drug_classifier_shadow_predictions_total", .counter, "Patients answered by the shadow.")
    text.count(UInt64(shadow.total.answered), labels)
    text.metric(
      "drug_classifier_shadow_changed_total", .counter,
      "Those of them whom it would have recommended another drug.")
    text.count(UInt64(shadow.total.changed), labels)
    text.metric(
      "drug_classifier_shadow_behind", .gauge, "Rows of the log that the shadow has not looked at.")
    if let behind = shadow.behind { text.count(UInt64(behind), labels) }
  }

  private func writeProcesses(_ text: inout MetricsText) {
    let header = metrics.counters.header
    text.metric(
      "drug_classifier_start_time_seconds", .gauge,
      "Since when the counters count: the start of the service, in seconds since 1970.")
    text.sample(Double(header.start.microseconds) / 1e6)
    text.metric(
      "drug_classifier_lost_samples_total", .counter,
      "Counts that found no room, because there were too many label values.")
    text.count(header.lostCount)
    let processes = header.processes.map { process in
      (
        labels: [(name: "process", value: "\(process.place)")], start: process.start,
        figures: ProcessFigures(of: process.id)
      )
    }
    text.metric(
      "process_start_time_seconds", .gauge,
      "When a responder started, in seconds since 1970; a number of processes names each.")
    for process in processes { text.sample(Double(process.start) / 1e6, process.labels) }
    text.metric("process_resident_memory_bytes", .gauge, "Resident memory of a responder.")
    for process in processes {
      guard let figures = process.figures else { continue }
      text.count(UInt64(figures.residentBytes), process.labels)
    }
    text.metric("process_open_fds", .gauge, "Open descriptors of a responder.")
    for process in processes {
      guard let figures = process.figures else { continue }
      text.count(UInt64(figures.openDescriptors), process.labels)
    }
  }
}
