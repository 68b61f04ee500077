import FastCGI
import Foundation
import GRDB
import Models
import POSIX
import Patients
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct MonitoringTests {
  struct Body: Decodable {
    struct Traffic: Decodable {
      struct Minute: Decodable { let minute: String, requests: Int, errors: Int, refused: Int }
      let requests_total: Int, per_minute: [Minute], by_status: [String: Int]
      let refused_by_code: [String: Int]
    }
    struct Latency: Decodable { let p50_s: Double?, p95_s: Double?, p99_s: Double?, count: Int }
    struct Predictions: Decodable {
      struct Hour: Decodable { let hour: String, by_drug: [String: Int], needs_review: Int }
      let total: Int, by_drug: [String: Int], by_model: [String: Int], needs_review: Int
      let per_hour: [Hour]
    }
    struct Accuracy: Decodable {
      let status: String, needed: Int, outcomes: Int, agreed: Int, accuracy: Double?
      let interval: [Double]?
    }
    struct Drift: Decodable {
      struct Feature: Decodable {
        struct Histogram: Decodable, Equatable {
          let bounds: [Double], levels: [String?], training: [Int], recent: [Int]
        }
        let feature: String, test: String, statistic: Double?, p_value: Double?, status: String
        let effect: Double?, effect_size: String?, histogram: Histogram?
      }
      let sample_size: Int, other_fields: Int, least: Int, features: [Feature]
    }
    struct Attention: Decodable {
      let code: String, urgency: String, detail: String, since: String?, action: String
    }
    struct Event: Decodable { let time: String, kind: String, model_version: String? }
    struct Model: Decodable { let version: String, trained_at: String, loaded_at: String }
    struct Retraining: Decodable {
      let id: String, state: String, finished_at: String?, promoted: Bool?, model_version: String?
    }
    struct Log: Decodable { let status: String, size_bytes: Int }
    struct Disk: Decodable { let free_bytes: Int, free_fraction: Double }

    let attention: [Attention], events: [Event]
    let started_at: String, window_s: Int, traffic: Traffic, latency: Latency
    let predictions: Predictions, accuracy: Accuracy, drift: Drift, model: Model?
    let last_retraining: Retraining?, log: Log, disk: Disk?
  }

  /// What somebody is told who has signed in.
  private func monitoring(_ service: Service) throws -> Body {
    let response = service.answer("GET", "/monitoring", parameters: signedIn(as: "ann"))
    #expect(response.status == 200)
    return try response.decoded()
  }

  /// What everybody is told, without the times.
  private func told(_ service: Service) throws -> NSDictionary {
    let response = service.answer("GET", "/monitoring")
    #expect(response.status == 200)
    var body = try #require(
      try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    for name in ["time", "started_at", "latency", "events"] { body[name] = nil }
    let attention = try #require(body["attention"] as? [[String: Any]])
    body["attention"] = attention.map { $0["code"] as? String }
    for (name, part) in [
      ("traffic", "per_minute"), ("model", "loaded_at"), ("model", "trained_at"),
    ] {
      var members = try #require(body[name] as? [String: Any])
      members[part] = nil
      body[name] = members
    }
    return body as NSDictionary
  }

  private func patient(age: Int = 45, ratio: Double = 15.5) -> String {
    #"{"Age":\#(age),"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL","Na_to_K":\#(ratio)}"#
  }

  @Test func itCountsTrafficTimesAndDrugs() throws {
    try withLoggingService { service, _ in
      let before = try monitoring(service)
      #expect(before.latency.count == 0 && before.latency.p50_s == nil)
      for _ in 0..<60 { _ = service.predict(patient()) }
      _ = service.predict("{}")
      let found = try monitoring(service)
      #expect(found.window_s == 3600)
      #expect(found.traffic.requests_total == 62)
      #expect(found.traffic.by_status == ["2xx": 61, "3xx": 0, "4xx": 1, "5xx": 0])
      #expect(found.traffic.per_minute.count == 60)
      #expect(found.traffic.per_minute.suffix(2).reduce(0) { $0 + $1.requests } == 62)
      #expect(found.traffic.per_minute.allSatisfy { $0.errors == 0 })
      #expect(found.traffic.per_minute.reduce(0) { $0 + $1.refused } == 1)
      #expect(found.traffic.refused_by_code == ["422": 1])
      #expect(found.predictions.per_hour.allSatisfy { $0.needs_review == 0 })
      #expect(found.latency.count == 61)
      let times = [found.latency.p50_s!, found.latency.p95_s!, found.latency.p99_s!]
      #expect(times[0] > 0 && times == times.sorted() && times[2] <= 10)
      #expect(found.predictions.total == 60)
      #expect(found.predictions.by_drug["DrugY"] == 60)
      #expect(found.predictions.by_model == [try #require(found.model?.version): 60])
      #expect(found.predictions.per_hour.count == 24)
      // Rounded twice, when the hour has ended meanwhile.
      let shown = found.predictions.per_hour.suffix(2).map { $0.by_drug["DrugY"]! }
      #expect(shown.max() == 60 || 40...80 ~= shown.reduce(0, +))
      #expect(found.log.status == "ok" && found.log.size_bytes > 0)
      #expect(found.disk!.free_bytes > 0 && (0...1).contains(found.disk!.free_fraction))
      #expect(found.last_retraining == nil)
    }
  }

  @Test func answersOf500AndAboveAreErrors() throws {
    try withLoggingService({ $0.log?.path = "/proc/predictions.sqlite" }) { service, _ in
      _ = service.predict(patient())
      let found = try monitoring(service)
      #expect(found.traffic.by_status["5xx"] == 1)
      #expect(found.traffic.per_minute.suffix(2).reduce(0) { $0 + $1.errors } == 1)
      #expect(found.log.status == "not_writable")
      let item = try #require(found.attention.first)
      #expect(item.code == "log_not_written" && item.urgency == "now" && item.since != nil)
      #expect(item.action.hasSuffix("until then predictions are refused."))
      // One cause is told once.
      for _ in 0..<20 { _ = service.predict(patient()) }
      #expect(try !monitoring(service).attention.map(\.code).contains("errors"))
    }
  }

  @Test func withoutAModelAndALogItSaysSo() throws {
    try withTemporaryFolder { folder in
      var settings = ServiceSettings(models: "/nowhere")
      settings.passwords = try writePeople(in: folder)
      let found = try monitoring(Service(settings, logger: silent))
      #expect(found.model == nil)
      #expect(found.log.status == "off")
      #expect(found.attention.first?.code == "no_model")
      #expect(found.attention.first?.since != nil)
      #expect(found.drift.features.allSatisfy { $0.status == "no_reference" })
    }
  }

  @Test func driftIsSeenInWhatIsAskedFor() throws {
    try withLoggingService { service, _ in
      let drift = try monitoring(service).drift
      #expect(drift.features.allSatisfy { $0.status == "too_few" })
    }
    try withLoggingService { service, _ in
      // The same patient again and again is nothing like those of the training.
      for number in 0..<100 { _ = service.predict(patient(age: 20 + number % 50)) }
      let drift = try monitoring(service).drift
      #expect(60...100 ~= drift.sample_size && drift.least == 50)
      let status = Dictionary(
        uniqueKeysWithValues: drift.features.map { ($0.feature, $0.status) })
      #expect(
        status == [
          "Age": "ok", "Sex": "drift", "BP": "drift", "Cholesterol": "drift", "Na_to_K": "drift",
        ])
      #expect(drift.features.map(\.test) == ["ks", "chi2", "chi2", "chi2", "ks"])
      let sex = try #require(drift.features.first { $0.feature == "Sex" })
      #expect(sex.effect_size == "large" && sex.effect! > 0.25)
      let histogram = try #require(sex.histogram)
      #expect(histogram.levels == ["F", "M"] && histogram.bounds.isEmpty)
      #expect(histogram.training.reduce(0, +) == 140)
      #expect(histogram.recent[0] == 0 && 60...100 ~= histogram.recent[1])
      for feature in drift.features {
        #expect(try #require(feature.histogram).recent.allSatisfy { $0.isMultiple(of: 10) })
      }
      let told = try monitoring(service)
      let item = try #require(told.attention.first { $0.code == "drift" })
      #expect(item.urgency == "today" && item.since != nil)
      #expect(
        item.detail.hasSuffix("in Sex, Blood pressure, Cholesterol and Sodium to potassium ratio."))
      #expect(try !told.attention.isEmpty && !self.told(service).description.contains("drift\""))
    }
  }

  @Test func whatNeedsSomebodyIsToldToAlertsAsToPages() throws {
    try withLoggingService({ $0.log?.path = "/proc/predictions.sqlite" }) { service, _ in
      _ = try monitoring(service)
      let text = service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": "::1"]).text
      #expect(text.contains("\ndrug_classifier_attention{code=\"log_not_written\"} 1\n"))
      #expect(text.contains("\ndrug_classifier_attention{code=\"no_model\"} 0\n"))
    }
  }

  @Test func respondersThatEndAgainAndAgainNeedSomebody() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: "\(folder)/models")
      var settings = ServiceSettings(models: "\(folder)/models")
      settings.passwords = try writePeople(in: folder)
      settings.counters = "\(folder)/counters"
      for number in 1...4 {
        let told = try monitoring(Service(settings, logger: silent))
        #expect(
          told.events.map(\.kind) == ["process_started"]
            + Array(repeating: "process_replaced", count: number - 1))
        #expect(told.attention.contains { $0.code == "restarting" } == (number == 4))
      }
    }
  }

  @Test func anotherModelIsAnEventOfAllProcesses() throws {
    let metrics = ServiceMetrics(path: nil, routes: ["/predict"]) { _ in }
    defer { withExtendedLifetime(metrics) {} }
    let header = metrics.counters.header
    // The first one is no change, and neither is the same that another process loads.
    for number in [7, 7, 8, 8, 7] as [UInt64] { header.modelLoaded(number) }
    #expect(header.events.map(\.model) == [8, 7])
    #expect(header.events.allSatisfy { $0.kind == .modelChanged })
    for number in 0..<200 { header.modelLoaded(UInt64(9 + number)) }
    #expect(header.events.count == SharedCountersHeader.eventCount)
  }

  @Test func aStateIsNoticedOnceAndForgottenWhenItIsOver() throws {
    let metrics = ServiceMetrics(path: nil, routes: ["/predict"]) { _ in }
    defer { withExtendedLifetime(metrics) {} }
    let header = metrics.counters.header
    let first = try #require(header.noticed(3, isSo: true))
    usleep(2000)
    #expect(header.noticed(3, isSo: true)?.microseconds == first.microseconds)
    #expect(header.noticed(3, isSo: false) == nil)
    #expect(try #require(header.noticed(3, isSo: true)).microseconds > first.microseconds)
    #expect(Attention.Code.allCases.count <= SharedCountersHeader.noticedCount)
  }

  @Test func tablesOfAnybodyDoNotCountTowardsDrift() throws {
    try withLoggingService { service, _ in
      let body = (0..<200).map { "\(20 + $0 % 50),M,HIGH,NORMAL,15.5" }.joined(separator: "\n")
      let table = service.predictBatch(
        "Age,Sex,BP,Cholesterol,Na_to_K\n\(body)\n", as: "text/csv")
      #expect(table.status == 200)
      let list = Array(repeating: patient(), count: 100).joined(separator: ",")
      #expect(service.predictBatch("{\"patients\":[\(list)]}").status == 200)
      let drift = try monitoring(service).drift
      #expect(drift.sample_size == 0)
      #expect(drift.features.allSatisfy { $0.status == "too_few" })
    }
  }

  @Test func patientsOfOtherFieldsAreLeftOutOfDriftAndCounted() throws {
    let other = try PatientSchema(
      TableDescription(
        parsing: Array(
          """
          {"fields":[{"name":"Weight","type":"number"},
            {"name":"Drug","type":"string","constraints":{"enum":["a","b"]}}],"target":"Drug"}
          """.utf8)))
    try withLoggingService { service, log in
      let stranger = try Patient(of: other) { _ in .number(80) }
      try PredictionLog(PredictionLog.Settings(path: log)).append(
        (0..<63).map {
          PredictionRecord(
            id: "w\($0)", time: 1, patient: stranger, drug: "a", probability: 1,
            predictionSet: ["a"], modelVersion: "w")
        })
      for _ in 0..<100 { _ = service.predict(patient()) }
      let drift = try monitoring(service).drift
      // One in five is left out of what is told, nobody knows which.
      #expect(60...100 ~= drift.sample_size && 30...70 ~= drift.other_fields)
      #expect(drift.features.map(\.feature) == ["Age", "Sex", "BP", "Cholesterol", "Na_to_K"])
      let text = service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": "::1"]).text
      #expect(text.contains("\ndrug_classifier_drift_samples 100\n"))
      #expect(text.contains("\ndrug_classifier_drift_samples_of_other_fields 63\n"))
    }
  }

  private static let next = #"{"Age":74,"Sex":"F","BP":"LOW","Cholesterol":"HIGH","Na_to_K":8.1}"#

  /// What figures tell of patients.
  private func figures(_ service: Service) throws -> String {
    // What is known is a second old at most.
    usleep(1_100_000)
    let body = try monitoring(service)
    func sorted(_ counts: [String: Int]) -> String { "\(counts.sorted { $0.key < $1.key })" }
    return "\(body.drift) \(body.accuracy) \(sorted(body.predictions.by_drug))"
      + " \(body.predictions.needs_review)"
      + " \(body.predictions.per_hour.map { sorted($0.by_drug) })"
  }

  private func table(_ rows: [String]) -> String {
    "Age,Sex,BP,Cholesterol,Na_to_K\n" + rows.joined(separator: "\n") + "\n"
  }

  @Test func whoHasNoNameIsToldTheSameWhateverThePatientsWere() throws {
    // Rows of other lengths, too: the size of the log would tell of them.
    let kinds = [
      ("74,F,LOW,HIGH,8.1", #"{"Age":74,"Sex":"F","BP":"LOW","Cholesterol":"HIGH","Na_to_K":8.1}"#),
      ("45,M,NORMAL,NORMAL,15.512345", patient(ratio: 15.512345)),
    ]
    var answers: [[NSDictionary]] = []
    for (row, single) in kinds {
      try withLoggingService { service, log in
        var seen: [NSDictionary] = []
        // Tables that somebody knows, with a patient behind each of whom nothing is to be learned.
        for _ in 0..<12 {
          let known = table(Array(repeating: "45,M,HIGH,NORMAL,15.5", count: 49))
          #expect(service.predictBatch(known, as: "text/csv").status == 200)
          #expect(service.predict(single).status == 200)
          seen.append(try told(service))
        }
        #expect(
          service.predictBatch(table(Array(repeating: row, count: 500)), as: "text/csv").status
            == 200)
        usleep(1_100_000)
        seen.append(try told(service))
        answers.append(seen)
        // Somebody with a name is told, of both kinds something else.
        #expect(try monitoring(service).predictions.by_drug.values.reduce(0, +) > 900)
      }
    }
    #expect(answers[0] == answers[1])
    let predictions = try #require(answers[0].last?["predictions"] as? [String: Any])
    for name in ["by_drug", "needs_review", "per_hour"] {
      #expect(predictions[name] is NSNull)
    }
    #expect(predictions["total"] as? Int == 12 * 50 + 500)
    #expect(answers[0].last?["drift"] is NSNull && answers[0].last?["disk"] is NSNull)
  }

  @Test func aWrongNameIsRefusedAndAKeyIsNone() throws {
    try withLoggingService { service, _ in
      for header in [credentials("ann", "wrong"), "Bearer dk_x", "Digest x"] {
        let response = service.answer(
          "GET", "/monitoring", parameters: ["HTTP_AUTHORIZATION": header])
        #expect(response.status == 401 && response.header("WWW-Authenticate") != nil)
      }
      let response = service.answer("GET", "/monitoring", parameters: ["HTTP_AUTHORIZATION": ""])
      #expect(response.status == 200)
    }
  }

  @Test("Who only looks learns nothing of the next patient", arguments: [1, 49])
  func theNextPatient(_ count: Int) throws {
    try withLoggingService { service, log in
      for number in 0..<1000 {
        _ = service.predict(
          patient(age: 20 + number % 2), parameters: ["REQUEST_ID": "r\(number)"])
      }
      try tell((0..<50).map { _ in true }, in: log)
      let before = try figures(service)
      for _ in 0..<count { _ = service.predict(Self.next) }
      try DatabaseQueue(path: log).write {
        try $0.execute(
          sql: "INSERT INTO outcome VALUES (1000, 1, 'admin', 'drugX', 0, 'allergy')")
      }
      #expect(try figures(service) == before)
      // With 50 more they move.
      for _ in 0..<50 { _ = service.predict(Self.next) }
      #expect(try figures(service) != before)
    }
  }

  @Test func figuresMoveByTensWithEachStep() throws {
    let metrics = ServiceMetrics(path: nil, routes: ["/predict"]) { _ in }
    metrics.learn(.drug200)
    let shown = ShownFigures(metrics: metrics)
    func record(_ drug: String) -> PredictionRecord {
      PredictionRecord(
        id: "x", time: Moment.now.microseconds, patient: DocumentedPatient.first, drug: drug,
        probability: 1, predictionSet: [drug], modelVersion: "39a8d4e015ed")
    }
    var seen: [Int] = []
    for _ in 0..<40 {
      for _ in 0..<49 { metrics.predicted(record("DrugY"), by: 7) }
      metrics.predicted(record("drugX"), by: 7)
      shown.renew(MetricsReading(metrics), hour: Moment.now.microseconds / 3_600_000_000)
      let drug = metrics.counters.drugs.number(of: "drugX")
      seen.append(shown.predictions(drug: drug))
    }
    #expect(seen.allSatisfy { $0.isMultiple(of: 10) } && seen == seen.sorted())
    #expect(Set(seen).isSuperset(of: [10, 20, 30]) && seen.last == 40)
    #expect(shown.needsReview == 0)
  }

  @Test func statisticsAreToldToTwoDigits() throws {
    let reference = try #require(service.models.served?.model.card.reference)
    let patients = Array(repeating: DocumentedPatient.first, count: 60)
    let report = DriftReport(patients, of: .drug200, reference: reference)
    for finding in report.findings {
      let exact = try #require(finding.statistic)
      let told = try #require(finding.roundedStatistic)
      #expect(abs(told - exact) <= 0.05 * exact)
      #expect(try #require(finding.roundedPValue) >= 0.001)
    }
  }

  /// Adds outcomes of the predictions from the first on.
  private func tell(_ outcomes: [Bool], in log: String) throws {
    try DatabaseQueue(path: log).write { database in
      for (number, agrees) in outcomes.enumerated() {
        try database.execute(
          sql: "INSERT INTO outcome VALUES (?, 0, 'admin', 'drugX', ?, NULL)",
          arguments: [number + 1, agrees])
      }
    }
  }

  @Test func theLiveAccuracyIsThatOfTheOutcomes() throws {
    try withLoggingService { service, log in
      for number in 0..<60 {
        _ = service.predict(patient(), parameters: ["REQUEST_ID": "r\(number)"])
      }
      // What was told since the last step of 50 does not count yet.
      try tell((0..<60).map { $0 >= 2 && $0 < 50 }, in: log)
      let accuracy = try monitoring(service).accuracy
      #expect(accuracy.status == "ok" && accuracy.outcomes == 50 && accuracy.agreed == 48)
      #expect(accuracy.accuracy == 0.96)
      // From Wilson's formula by hand.
      let interval = try #require(accuracy.interval)
      #expect(abs(interval[0] - 0.86539909) < 1e-8)
      #expect(abs(interval[1] - 0.98896112) < 1e-8)
    }
    try withLoggingService { service, log in
      for number in 0..<49 {
        _ = service.predict(patient(), parameters: ["REQUEST_ID": "r\(number)"])
      }
      try tell((0..<49).map { _ in true }, in: log)
      let accuracy = try monitoring(service).accuracy
      #expect(accuracy.status == "too_few" && accuracy.needed == 50 && accuracy.outcomes == 0)
      #expect(accuracy.accuracy == nil && accuracy.interval == nil)
    }
  }

  @Test func theHoursBeforeTheStartComeFromTheLog() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: "\(folder)/models")
      let path = "\(folder)/predictions.sqlite"
      let log = PredictionLog(.init(path: path))
      let now = Moment.now.microseconds
      let hour: Int64 = 3_600_000_000
      let kinds = [(1, "drugX"), (5, "drugX"), (5, "DrugY"), (30, "drugA")] as [(Int64, String)]
      let kept = (0..<20).flatMap { _ in kinds }
      try log.append(
        kept.enumerated().map { number, entry in
          PredictionRecord(
            id: "\(number)", time: now - entry.0 * hour, patient: DocumentedPatient.first,
            drug: entry.1, probability: 1,
            predictionSet: entry.1 == "DrugY" ? ["DrugY", "drugA"] : [entry.1],
            modelVersion: "39a8d4e015ed")
        })
      var settings = ServiceSettings(models: "\(folder)/models")
      settings.passwords = try writePeople(in: folder)
      settings.log = .init(path: path)
      settings.counters = "\(folder)/counters"
      let one = Service(settings, logger: silent)
      let other = Service(settings, logger: silent)
      _ = one.predict(patient())
      for service in [one, other] {
        let hours = try monitoring(service).predictions.per_hour
        func sum(_ drug: String) -> Int { hours.reduce(0) { $0 + $1.by_drug[drug]! } }
        #expect(sum("drugX") == 40 && sum("DrugY") == 20 && sum("drugA") == 0)
        #expect(hours.reduce(0) { $0 + $1.needs_review } == 20)
      }
      // What was before is no prediction of this service.
      let total = try monitoring(one).predictions.total
      #expect(total == 1)
    }
  }

  @Test func theNewestRetrainingIsToldAndEachEndCountedOnce() throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: "\(folder)/models")
      var settings = ServiceSettings(models: "\(folder)/models")
      settings.passwords = try writePeople(in: folder)
      settings.counters = "\(folder)/counters"
      let services = [
        Service(settings, logger: silent), Service(settings, logger: silent),
      ]
      func job(_ id: String, _ state: String, end: Int?, result: String?) throws {
        let jobs = "\(folder)/models/jobs/\(id)"
        try FileManager.default.createDirectory(
          atPath: jobs, withIntermediateDirectories: true)
        let finished = end.map { "\"2100-01-01T00:00:0\($0).500Z\"" } ?? "null"
        _ = try write(
          Array(
            """
            {"id":"\(id)","state":"\(state)","started_at":"2100-01-01T00:00:0\(id).000Z",\
            "finished_at":\(finished),"result":null,"parameters":{},"progress":null}
            """.utf8), to: "\(jobs)/status.json")
        if let result { _ = try write(Array(result.utf8), to: "\(jobs)/result.json") }
      }
      func look() throws -> [Body] {
        // What is known is a second old at most.
        usleep(1_100_000)
        return try services.map(monitoring)
      }
      _ = try write([], to: "\(folder)/models/lock")
      try job("1", "running", end: nil, result: nil)
      for body in try look() {
        #expect(body.last_retraining?.state == "running")
        #expect(body.last_retraining?.finished_at == nil)
      }
      try job(
        "1", "succeeded", end: 3, result: #"{"promoted":true,"model_version":"39a8d4e015ed"}"#)
      try job("4", "failed", end: 5, result: nil)
      for body in try look() + look() {
        #expect(body.last_retraining?.id == "4" && body.last_retraining?.state == "failed")
        #expect(body.last_retraining?.promoted == nil)
      }
      try job("6", "succeeded", end: 7, result: #"{"promoted":false,"model_version":"0"}"#)
      for body in try look() {
        #expect(body.last_retraining?.promoted == false)
      }
      services[1].maintain()
      let text = services[1].answer(
        "GET", "/metrics", parameters: ["REMOTE_ADDR": "::1"]
      ).text
      let found = try Exposition(text)
      let name = "drug_classifier_retrainings_total"
      #expect(found.value(name, ["outcome": "promoted"]) == 1)
      #expect(found.value(name, ["outcome": "failed"]) == 1)
      #expect(found.value(name, ["outcome": "not_promoted"]) == 1)
      #expect(found.value(name, ["outcome": "cancelled"]) == 0)
      #expect(found.value("drug_classifier_retraining_duration_seconds_count") == 3)
      #expect(
        found.value("drug_classifier_retraining_duration_seconds_sum") == 2.5 + 1.5 + 1.5)
    }
  }

  @Test func quantilesLieStraightBetweenTheBounds() {
    let buckets = Buckets(bounds: [1, 2, 4], unitsInOne: 1)
    func quantile(_ share: Double, _ counts: [UInt64]) -> Double? {
      MetricsReading.quantile(share, of: counts, buckets)
    }
    #expect(quantile(0.5, [0, 0, 0, 0]) == nil)
    #expect(quantile(0.5, [0, 10, 0, 0]) == 1.5)
    #expect(quantile(0.5, [10, 10, 10, 0]) == 1.5)
    #expect(quantile(0.95, [0, 0, 20, 0]) == 3.9)
    // Beyond the last bound nothing more is known.
    #expect(quantile(0.99, [1, 0, 0, 99]) == 4)
  }
}
