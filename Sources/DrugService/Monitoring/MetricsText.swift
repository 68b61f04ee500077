import Patients

/// Writes metrics in the text format of Prometheus, version 0.0.4.
struct MetricsText {
  enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  typealias Labels = [(name: String, value: String)]

  private(set) var bytes: [UInt8] = []
  private var name = ""

  init() { bytes.reserveCapacity(1 << 14) }

  /// Begins a metric; its samples come next.
  mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    line("# HELP \(name) \(help)")
    line("# TYPE \(name) \(kind.rawValue)")
  }

  /// Writes one sample of the metric.
  mutating func sample(_ value: Double, _ labels: Labels = []) {
    sample("", labels, Self.text(value))
  }

  /// Writes one sample of the metric that is a whole number.
  mutating func count(_ value: UInt64, _ labels: Labels = []) {
    sample("", labels, "\(value)")
  }

  /// Writes a sample for each value of a label, in their order.
  mutating func counts(_ counts: [String: UInt64], by label: String) {
    for (value, count) in counts.sorted(by: { $0.key < $1.key }) {
      self.count(count, [(label, value)])
    }
  }

  /// Writes a histogram's samples.
  ///
  /// - Parameter counts: of each bucket by itself, the one above the last bound included.
  mutating func histogram(
    _ counts: [UInt64], sum: UInt64, _ buckets: Buckets, _ labels: Labels = []
  ) {
    var total: UInt64 = 0
    for (index, count) in counts.enumerated() {
      total += count
      let bound =
        index < buckets.bounds.count
        ? Self.text(Double(buckets.bounds[index]) / buckets.unitsInOne) : "+Inf"
      sample("_bucket", labels + [("le", bound)], "\(total)")
    }
    sample("_sum", labels, Self.text(Double(sum) / buckets.unitsInOne))
    sample("_count", labels, "\(total)")
  }

  private mutating func sample(_ suffix: String, _ labels: Labels, _ value: String) {
    let inside = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    line("\(name)\(suffix)\(inside.isEmpty ? "" : "{\(inside)}") \(value)")
  }

  private mutating func line(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value.plain
  }
}
