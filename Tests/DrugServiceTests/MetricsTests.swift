import FastCGI
import FoundationEssentials
import Models
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct MetricsTests {
  private func scrape(_ service: Service) throws -> Exposition {
    service.maintain()
    let response = service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": "127.0.0.1"])
    #expect(response.status == 200)
    #expect(response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    #expect(response.header("Cache-Control") == "no-store")
    return try Exposition(response.text)
  }

  /// Two services on the same files, as two processes have them.
  private func withTwoServices(_ body: (Service, Service) throws -> Void) throws {
    try withTemporaryFolder { folder in
      _ = try saveModel(in: "\(folder)/models")
      var settings = ServiceSettings(models: "\(folder)/models")
      settings.log = .init(path: "\(folder)/predictions.sqlite")
      settings.temporaryFolder = folder
      settings.counters = "\(folder)/counters"
      try body(Service(settings, logger: silent), Service(settings, logger: silent))
    }
  }

  @Test func requestsAreCountedByRouteMethodAndCodeOverAllProcesses() throws {
    try withTwoServices { one, other in
      for _ in 0..<3 { #expect(one.predict(documentedPatients[0]).status == 200) }
      for _ in 0..<2 { #expect(other.predict(documentedPatients[1]).status == 200) }
      #expect(one.predict("{").status == 400)
      #expect(other.answer("HEAD", "/health").status == 200)
      #expect(other.answer("BREW", "/health").status == 405)
      #expect(other.answer("GET", "/../secret").status == 404)
      let found = try scrape(one)
      func requests(_ route: String, _ method: String, _ code: String) -> Double? {
        found.value(
          "drug_classifier_http_requests_total",
          ["route": route, "method": method, "code": code])
      }
      #expect(requests("/predict", "POST", "200") == 5)
      #expect(requests("/predict", "POST", "400") == 1)
      #expect(requests("/health", "HEAD", "200") == 1)
      #expect(requests("/health", "other", "405") == 1)
      #expect(requests("none", "GET", "404") == 1)
      #expect(found.sum("drug_classifier_http_requests_total") == 9)
      let name = "drug_classifier_http_request_duration_seconds"
      #expect(found.value("\(name)_count", ["route": "/predict"]) == 6)
      #expect(found.value("\(name)_sum", ["route": "/predict"])! > 0)
      #expect(found.value("\(name)_sum", ["route": "/predict"])! < 60)
      // Each sees the same, and the other's scrape as a request.
      let seen = try scrape(other)
      #expect(
        seen.sum("drug_classifier_http_requests_total")
          == found.sum("drug_classifier_http_requests_total") + 1)
    }
  }

  @Test func predictionsAreCountedByDrugAndModelRowsOfTablesToo() throws {
    try withTwoServices { one, other in
      #expect(one.predict(documentedPatients[0]).status == 200)
      let table = """
        Age,Sex,BP,Cholesterol,Na_to_K
        45,M,HIGH,NORMAL,15.5
        121,M,HIGH,normal,15.5
        52,F,HIGH,NORMAL,18.3
        """
      #expect(other.predictBatch(table, as: "text/csv").status == 200)
      #expect(
        other.predictBatch(
          #"{"patients":[\#(documentedPatients.joined(separator: ","))]}"#
        ).status == 200)
      let found = try scrape(one)
      let version = try #require(one.models.served?.version)
      #expect(
        found.value(
          "drug_classifier_predictions_total", ["drug": "DrugY", "model_version": version]) == 5)
      #expect(found.value("drug_classifier_log_commit_records_sum") == 5)
      #expect(found.value("drug_classifier_log_commit_records_count") == 3)
      #expect(found.value("drug_classifier_log_commit_duration_seconds_count") == 3)
      #expect(
        found.value(
          "drug_classifier_rejected_inputs_total", ["field": "Age", "reason": "out_of_range"]) == 1)
      #expect(
        found.value(
          "drug_classifier_rejected_inputs_total",
          ["field": "Cholesterol", "reason": "unknown_category"]) == 1)
    }
  }

  @Test(arguments: [
    (#"{"Age":121,"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL"}"#, "Age", "out_of_range"),
    (#"{"Age":121,"Sex":"M","BP":"HIGH","Cholesterol":"NORMAL"}"#, "Na_to_K", "missing"),
    (#"{"Age":1,"AGE":2}"#, "other", "unknown_field"),
    ("[]", "body", "wrong_type"), ("{", "body", "malformed_json"),
    (#"{"Age":1,"Age":2}"#, "body", "duplicate_key"),
  ])
  func aRejectedInputIsCountedByFieldAndReason(body: String, field: String, reason: String) throws {
    try withLoggingService { service, _ in
      _ = service.predict(body)
      let name = "drug_classifier_rejected_inputs_total"
      let labels = ["field": field, "reason": reason]
      let once = try scrape(service).value(name, labels)
      #expect(once == 1)
      _ = service.predictBatch(#"{"patients":[\#(body)]}"#)
      let twice = try scrape(service).value(name, labels)
      #expect(twice == 2)
    }
  }

  @Test func onlyThisMachineGetsThem() throws {
    for address in ["10.0.0.1", "192.168.0.1", "", "::", "fe80::1", "1127.0.0.1", "unix:"] {
      let response = service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": address])
      #expect(response.status == 404)
      #expect(!response.text.contains("drug_classifier_"))
    }
    for address in ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"] {
      #expect(
        service.answer("GET", "/metrics", parameters: ["REMOTE_ADDR": address]).status == 200)
    }
    #expect(service.answer("GET", "/metrics").status == 404)
  }

  @Test func itTellsOfModelProcessesAndDisk() throws {
    try withTwoServices { one, other in
      let found = try scrape(one)
      let card = try #require(other.models.served?.model.card)
      #expect(
        found.value(
          "drug_classifier_model_info",
          [
            "model_version": card.modelVersion, "features": card.features.rawValue,
            "program_version": programVersion,
          ]) == 1)
      #expect(found.value("drug_classifier_model_loads_total", ["outcome": "loaded"]) == 2)
      #expect(found.value("drug_classifier_log_writable") == 1)
      for place in ["0", "1"] {
        let labels = ["process": place]
        #expect(found.value("process_resident_memory_bytes", labels)! > 1_048_576)
        #expect(found.value("process_open_fds", labels)! > 3)
        #expect(found.value("process_start_time_seconds", labels)! > 1.7e9)
      }
      #expect(found.value("drug_classifier_log_size_bytes")! > 0)
      #expect(found.value("drug_classifier_disk_free_bytes")! > 0)
      #expect((0...1).contains(found.value("drug_classifier_disk_free_ratio")!))
      #expect(found.value("drug_classifier_lost_samples_total") == 0)
    }
  }

  @Test func theReserveOfTheLogIsToldWhereThereIsOne() throws {
    try withLoggingService({ $0.log?.reserve = 1 << 20 }) { service, _ in
      let found = try scrape(service)
      #expect(found.value("drug_classifier_log_reserve_kept") == 1)
    }
    try withLoggingService { service, _ in
      let found = try scrape(service)
      #expect(found.value("drug_classifier_log_reserve_kept") == nil)
    }
  }

  @Test func aRefusedModelAndAFailedCommitAreCounted() throws {
    try withLoggingService({ $0.log?.path = "/proc/predictions.sqlite" }) { service, _ in
      #expect(service.predict(documentedPatients[0]).status == 503)
      let found = try scrape(service)
      #expect(
        found.value(
          "drug_classifier_log_commit_failures_total", ["reason": "not_writable"]) == 1)
      #expect(found.value("drug_classifier_log_writable") == 0)
      #expect(found.sum("drug_classifier_predictions_total") == 0)
    }
    let found = try scrape(Service(ServiceSettings(models: "/nowhere"), logger: silent))
    #expect(found.value("drug_classifier_model_loads_total", ["outcome": "refused"]) == 1)
    #expect(found.samples.allSatisfy { $0.name != "drug_classifier_model_info" })
  }

  @Test func aFileThatCannotBeSharedCostsNoCount() throws {
    var settings = ServiceSettings(models: "/nowhere/models")
    settings.counters = "/nowhere/counters"
    let alone = Service(settings, logger: silent)
    _ = alone.answer("GET", "/health/live")
    let found = try scrape(alone)
    #expect(found.sum("drug_classifier_http_requests_total", ["route": "/health/live"]) == 1)
  }

  @Test(arguments: [1, 8, 9, 40, SharedCounters.drugCapacity - 1])
  func theDrugsOfAnHourStayInIt(_ drugCount: Int) {
    let metrics = ServiceMetrics(path: nil, routes: []) { _ in }
    let hours: [Int64] = [500_000, 500_001, 500_023]
    for (number, hour) in hours.enumerated() {
      for drug in 0...drugCount {
        metrics.counters.add(metrics.recent(hour: hour, drug: drug), UInt64(1 + number + drug))
      }
    }
    for (number, hour) in hours.enumerated() {
      for drug in 0...drugCount {
        let count = metrics.counters.count(metrics.recent(hour: hour, drug: drug))
        #expect(count == UInt64(1 + number + drug))
      }
    }
  }
}
