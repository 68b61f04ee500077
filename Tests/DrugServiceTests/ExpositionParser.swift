import Testing

/// Reads the text format of Prometheus (0.0.4) and refuses whatever its description does not allow, or
/// asks good exporters not to do.
struct Exposition {
  struct Sample {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  struct Fault: Error, CustomStringConvertible {
    let description: String
    init(_ words: String) { description = words }
  }

  private(set) var types: [String: String] = [:]
  private(set) var samples: [Sample] = []
  private var help: Set<String> = []
  private var current = ""

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Fault("the last line does not end") }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("# HELP ") {
        try readHelp(line)
      } else if line.hasPrefix("# TYPE ") {
        try readType(line)
      } else {
        try readSample(line)
      }
    }
    try checkHistograms()
    let series = samples.map { sample in
      let labels = sample.labels.sorted { $0.key < $1.key }
      return "\(sample.name) \(labels)"
    }
    guard Set(series).count == series.count else { throw Fault("a series stands twice") }
  }

  /// The value of one series; nil when it is not there.
  func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    samples.first { $0.name == name && $0.labels == labels }?.value
  }

  /// The sum over all series that have these labels among theirs.
  func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
    samples.filter { sample in
      sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
    }.reduce(0) { $0 + $1.value }
  }

  private mutating func readHelp(_ line: Substring) throws {
    let parts = line.split(separator: " ", maxSplits: 3)
    guard parts.count == 4, Self.isName(parts[2]), help.insert(String(parts[2])).inserted else {
      throw Fault("help: \(line)")
    }
  }

  private mutating func readType(_ line: Substring) throws {
    let parts = line.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 4, ["counter", "gauge", "histogram"].contains(parts[3]) else {
      throw Fault("type: \(line)")
    }
    current = String(parts[2])
    guard help.contains(current), types[current] == nil else { throw Fault("order: \(line)") }
    guard (parts[3] == "counter") == current.hasSuffix("_total") else {
      throw Fault("only counters end in _total: \(line)")
    }
    types[current] = String(parts[3])
  }

  private mutating func readSample(_ line: Substring) throws {
    let name = line.prefix { $0 != "{" && $0 != " " }
    guard Self.isName(name) else { throw Fault("name: \(line)") }
    let suffixes = types[current] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
    guard suffixes.contains(where: { current + $0 == name }) else {
      throw Fault("a sample of another metric than \(current): \(line)")
    }
    var rest = line.dropFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      rest = rest.dropFirst()
      while true {
        let label = rest.prefix { $0 != "=" }
        guard Self.isName(label), !label.contains(":"), !label.hasPrefix("__") else {
          throw Fault("label: \(line)")
        }
        rest = rest.dropFirst(label.count)
        guard rest.hasPrefix("=\"") else { throw Fault("label: \(line)") }
        rest = rest.dropFirst(2)
        guard labels.updateValue(try Self.string(&rest), forKey: String(label)) == nil else {
          throw Fault("a label stands twice: \(line)")
        }
        if rest.first == "," {
          rest = rest.dropFirst()
        } else if rest.first == "}" {
          rest = rest.dropFirst()
          break
        } else {
          throw Fault("labels: \(line)")
        }
      }
    }
    guard rest.first == " " else { throw Fault("no value: \(line)") }
    let text = rest.dropFirst()
    guard let value = text == "+Inf" ? .infinity : Double(text), !text.isEmpty else {
      throw Fault("value: \(line)")
    }
    samples.append(Sample(name: String(name), labels: labels, value: value))
  }

  private static func string(_ rest: inout Substring) throws -> String {
    var value = ""
    while let character = rest.popFirst() {
      switch character {
      case "\"": return value
      case "\\":
        switch rest.popFirst() {
        case "\\": value.append("\\")
        case "\"": value.append("\"")
        case "n": value.append("\n")
        default: throw Fault("escape: \(rest)")
        }
      default: value.append(character)
      }
    }
    throw Fault("a label's value does not end")
  }

  /// Buckets ascend, their counts too, and the last is all.
  private func checkHistograms() throws {
    for (name, type) in types where type == "histogram" {
      let buckets = samples.filter { $0.name == "\(name)_bucket" }
      let series = Set(buckets.map { $0.labels.filter { $0.key != "le" } })
      for labels in series {
        let own = buckets.filter { $0.labels.filter { $0.key != "le" } == labels }
        let bounds = own.map { $0.labels["le"]! == "+Inf" ? .infinity : Double($0.labels["le"]!)! }
        guard zip(bounds, bounds.dropFirst()).allSatisfy(<), bounds.last == .infinity,
          zip(own, own.dropFirst()).allSatisfy({ $0.value <= $1.value }),
          own.last?.value == value("\(name)_count", labels), value("\(name)_sum", labels) != nil
        else { throw Fault("the histogram \(name) of \(labels)") }
      }
    }
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else {
      return false
    }
    return text.utf8.allSatisfy { byte in
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:".utf8.contains(byte)
    }
  }
}
