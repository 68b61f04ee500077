/// Where spans go, and which: what the variables of OpenTelemetry say, as far as they are known here.
public struct TracingSettings: Sendable {
  let collector: Collector
  let sampler: Sampler
  /// What tells this process from others.
  let resource: [(name: String, value: String)]
  /// The most requests that wait.
  let queueSize: Int
  /// The most requests that are sent together.
  let batchSize: Int
  /// The longest that a request waits for others, in milliseconds.
  let delay: Int
  /// The longest that one try to send may take, in milliseconds.
  let timeout: Int
  /// What was passed over, in words for the operator.
  public private(set) var warnings: [String]

  /// Reads the variables `OTEL_…`.
  ///
  /// - Parameters:
  ///   - own: further attributes of the resource, of which those of the variables come first.
  ///   - environment: the value of a variable.
  /// - Returns: nil when nothing is to be sent.
  /// - Throws: `TracingError` for an address to which nothing can be sent.
  public init?(
    own: [(name: String, value: String)] = [], environment: (String) -> String?
  ) throws(TracingError) {
    func value(_ name: String) -> String? {
      environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    var warnings: [String] = []
    func number(_ name: String, _ range: ClosedRange<Int>, or standard: Int) -> Int {
      guard let text = value(name) else { return standard }
      if let number = Int(text), range ~= number { return number }
      warnings.append("\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
      return standard
    }
    func pairs(_ name: String) -> [(name: String, value: String)] {
      guard let text = value(name) else { return [] }
      if let pairs = Self.pairs(text) { return pairs }
      warnings.append("\(name) is a list as name=value,name=value")
      return []
    }
    let (whole, traces) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    guard value(whole) != nil || value(traces) != nil,
      value("OTEL_SDK_DISABLED")?.lowercased() != "true", value("OTEL_TRACES_EXPORTER") != "none"
    else { return nil }
    var headers = pairs("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
    if headers.isEmpty { headers = pairs("OTEL_EXPORTER_OTLP_HEADERS") }
    if headers.contains(where: { !Collector.isHeader($0.name, $0.value) }) {
      warnings.append("OTEL_EXPORTER_OTLP_HEADERS holds what is no header")
      headers = []
    }
    if let address = value(traces) {
      collector = try Collector(address, of: traces, headers: headers)
    } else {
      collector = try Collector(value(whole)!, of: whole, adding: "/v1/traces", headers: headers)
    }
    let protocols = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]
    if let told = protocols.compactMap({ value($0) }).first, told != "http/protobuf" {
      warnings.append("OTEL_EXPORTER_OTLP_PROTOCOL: spans go out as http/protobuf alone")
    }
    let named = value("OTEL_TRACES_SAMPLER") ?? Sampler.standard
    if let sampler = Sampler(named, argument: value("OTEL_TRACES_SAMPLER_ARG")) {
      self.sampler = sampler
    } else {
      let names = Sampler.names.joined(separator: ", ")
      warnings.append("OTEL_TRACES_SAMPLER is none of \(names), or its _ARG no share")
      sampler = Sampler(Sampler.standard, argument: nil)!
    }
    queueSize = number("OTEL_BSP_MAX_QUEUE_SIZE", 2...1_000_000, or: 2048)
    batchSize = min(queueSize, number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1...10_000, or: 512))
    delay = number("OTEL_BSP_SCHEDULE_DELAY", 1...3_600_000, or: 5000)
    timeout = number(
      value("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") == nil
        ? "OTEL_EXPORTER_OTLP_TIMEOUT" : "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
      1...600_000, or: 10_000)
    // Of attributes with one name the last counts.
    var resource = [(name: "service.name", value: "drug-classifier")] + own
    let service = value("OTEL_SERVICE_NAME").map { [(name: "service.name", value: $0)] } ?? []
    for attribute in pairs("OTEL_RESOURCE_ATTRIBUTES") + service {
      resource.removeAll { $0.name == attribute.name }
      resource.append(attribute)
    }
    self.resource = resource
    self.warnings = warnings
  }

  /// Reads `name=value,name=value` with characters as `%20`; nil for what is none.
  private static func pairs(_ text: String) -> [(name: String, value: String)]? {
    var pairs: [(name: String, value: String)] = []
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, let name = decoded(sides[0]), !name.isEmpty,
        let value = decoded(sides[1])
      else { return nil }
      pairs.append((name, value))
    }
    return pairs
  }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      // A radix would take a sign too.
      let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
      guard digits.count == 2 else { return nil }
      bytes.append(UInt8(digits[0] << 4 | digits[1]))
      rest.removeFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else { return nil }
    return String(decoded.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

/// An address to which no span can be sent.
public struct TracingError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, in words for the operator.
  public let description: String
}

/// Which requests' spans are sent.
struct Sampler: Sendable {
  /// Whether a client that says so decides.
  let asksParent: Bool
  /// The share of the others, from 0 to 1.
  let share: Double

  static let standard = "parentbased_always_on"
  static let names = ["always_on", "always_off", "traceidratio"]
    .flatMap { [$0, "parentbased_\($0)"] }

  /// - Parameter argument: the share, where the name needs one; 1 without.
  init?(_ name: String, argument: String?) {
    guard Self.names.contains(name) else { return nil }
    asksParent = name.hasPrefix("parentbased_")
    switch name {
    case _ where name.hasSuffix("always_on"): share = 1
    case _ where name.hasSuffix("always_off"): share = 0
    default:
      guard let share = argument.map(Double.init) ?? 1, 0...1 ~= share else { return nil }
      self.share = share
    }
  }

  /// Whether a trace is among the share.
  func takes(_ trace: String) -> Bool { takes(last: UInt64(trace.suffix(16), radix: 16) ?? .max) }

  /// The same of a trace's last 16 digits, at which other programs look too.
  func takes(last: UInt64) -> Bool {
    // As many bits as a number of this kind holds.
    share == 1 || Double(last >> 11) < share * 0x1p53
  }
}
