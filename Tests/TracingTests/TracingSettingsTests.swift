import Testing
@testable import Tracing

@Suite struct TracingSettingsTests {
  private func settings(
    _ variables: [String: String]
  ) throws(TracingError) -> TracingSettings? {
    try TracingSettings(own: [("service.version", "1")]) { variables["OTEL_\($0.dropFirst(5))"] }
  }

  private static let address = "OTEL_EXPORTER_OTLP_ENDPOINT"

  @Test(arguments: [
    [:], [address: ""], [address: "http://a", "OTEL_SDK_DISABLED": "TRUE"],
    [address: "http://a", "OTEL_TRACES_EXPORTER": "none"],
  ])
  func withoutAnAddressNothingIsSent(variables: [String: String]) throws {
    #expect(try settings(variables) == nil)
  }

  @Test(arguments: [
    ("http://127.0.0.1:4318", "127.0.0.1", "4318", "/v1/traces"),
    ("http://127.0.0.1:4318/", "127.0.0.1", "4318", "/v1/traces"),
    ("http://collector.ward-3/otel/", "collector.ward-3", "80", "/otel/v1/traces"),
    ("http://[::1]:4318", "::1", "4318", "/v1/traces"),
    ("http://[fe80::1]", "fe80::1", "80", "/v1/traces"),
  ])
  func theAddressIsRead(_ address: String, host: String, port: String, path: String) throws {
    let collector = try #require(try settings([Self.address: address])).collector
    #expect(collector.host == host && collector.port == port)
    #expect(collector.target == path)
  }

  @Test(arguments: [("", "/"), ("/", "/"), ("/otel/", "/otel/"), ("?a=b", "/?a=b")])
  func theAddressOfTracesIsTakenAsItIs(_ path: String, _ target: String) throws {
    let found = try #require(
      try settings([
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://own:4318\(path)",
        Self.address: "https://other",
      ]))
    #expect(found.collector.host == "own" && found.collector.target == target)
  }

  @Test(arguments: [
    "https://collector:4318", "collector:4318", "grpc://collector", "http://", "http://:4318",
    "http://a:0", "http://a:65536", "http://a:b", "http://name:word@a", "http://a b",
    "http://a/\u{e9}", "http://a/#b", "http://a\r\nX: y",
  ])
  func anAddressToWhichNothingCanBeSentIsRefused(_ address: String) {
    #expect(throws: TracingError.self) { try settings([Self.address: address]) }
  }

  @Test func whoeverNamesTLSIsToldOfALocalCollector() {
    let error = #expect(throws: TracingError.self) {
      try settings([Self.address: "https://collector:4318"])
    }
    #expect(error?.description.contains("http://127.0.0.1:4318") == true)
    #expect(error?.description.hasPrefix("OTEL_EXPORTER_OTLP_ENDPOINT ") == true)
  }

  @Test func theResourceIsNamed() throws {
    func resource(_ variables: [String: String]) throws -> [String] {
      try #require(try settings(variables.merging([Self.address: "http://a"]) { $1 })).resource
        .map { "\($0.name)=\($0.value)" }
    }
    #expect(try resource([:]) == ["service.name=drug-classifier", "service.version=1"])
    #expect(
      try resource([
        "OTEL_RESOURCE_ATTRIBUTES": "service.name=a, service.version=2,ward.name=ward%203",
        "OTEL_SERVICE_NAME": "b",
      ]) == ["service.version=2", "ward.name=ward 3", "service.name=b"])
    // One mistake, and none of the list counts.
    for wrong in ["a", "a=%zz", "a=%f", "a=%+1", "a=1,=2", "a=%ff"] {
      let found = try #require(
        try settings([Self.address: "http://a", "OTEL_RESOURCE_ATTRIBUTES": wrong]))
      #expect(found.resource.count == 2 && found.warnings.count == 1, "\(wrong)")
    }
  }

  @Test func whatIsNotKnownIsPassedOverAndTold() throws {
    let found = try #require(
      try settings([
        Self.address: "http://a", "OTEL_TRACES_SAMPLER": "jaeger_remote",
        "OTEL_BSP_SCHEDULE_DELAY": "soon", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_HEADERS": "a%0d%0ab=c",
      ]))
    #expect(found.warnings.count == 4)
    #expect(found.sampler.asksParent && found.sampler.share == 1 && found.delay == 5000)
  }

  @Test func aShareOfTheTracesIsTaken() throws {
    let half = try #require(Sampler("traceidratio", argument: "0.5"))
    #expect(half.takes("ffffffffffffffff7fffffffffffffff"))
    #expect(!half.takes("00000000000000008000000000000001"))
    #expect(Sampler("always_off", argument: nil)?.takes(last: 1) == false)
    for wrong in ["2", "-0.1", "x", "nan"] {
      #expect(Sampler("traceidratio", argument: wrong) == nil, "\(wrong)")
    }
    #expect(Sampler("parentbased_traceidratio", argument: nil)?.share == 1)
  }
}
