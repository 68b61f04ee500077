import Models
import Patients

/// What a search found, as lines.
enum SearchReport {
  /// The best score so far against the trials.
  static func curve(_ trials: [SearchTrial], _ metric: SearchMetric) -> [String] {
    var best: Double?
    let scores = trials.map { trial in
      let score = trial.score(metric)
      if !trial.isRejected {
        best = best.map { metric == .macroF1 ? max($0, score) : min($0, score) } ?? score
      }
      return best ?? score
    }
    let width = min(64, scores.count)
    let columns = (0..<width).map { scores[($0 + 1) * scores.count / width - 1] }
    guard let low = columns.min(), let high = columns.max() else { return [] }
    let height = 8
    var lines = ["Best \(metric.rawValue) so far"]
    for row in (0..<height).reversed() {
      let label =
        row == height - 1
        ? high.fixed(4) : row == 0 ? low.fixed(4) : String(repeating: " ", count: 6)
      let marks = columns.map { value in
        let place = high > low ? Int((value - low) / (high - low) * Double(height - 1) + 0.5) : 0
        return place == row ? "●" : " "
      }
      lines.append("  \(label) ┤" + marks.joined())
    }
    lines.append("         └" + String(repeating: "─", count: width))
    let last = "\(trials.count)"
    let gap = String(repeating: " ", count: max(1, width - 1 - last.count))
    lines.append("          1\(gap)\(width > 1 ? last : "") trials")
    return lines
  }

  /// For each value of each parameter: how often it was tried, and how well it did.
  static func parameters(_ trials: [SearchTrial], _ metric: SearchMetric) -> [String] {
    var text = TextTable(
      ["parameter", "value", "trials", "best", "mean of those not given up"], wordColumns: [0, 1])
    let names = [
      "features", "n-estimators", "max-leaf-nodes", "max-features", "min-samples-leaf", "smote",
    ]
    for name in names {
      let values = Set(trials.compactMap { $0.parameters[name] })
      guard values.count > 1 else { continue }
      for value in values.sorted(by: { (Double($0) ?? 0, $0) < (Double($1) ?? 0, $1) }) {
        let own = trials.filter { $0.parameters[name] == value }
        let kept = own.filter { !$0.isRejected }.map { $0.score(metric) }
        let best = metric == .macroF1 ? kept.max() : kept.min()
        let mean = kept.isEmpty ? Double.nan : kept.reduce(0, +) / Double(kept.count)
        text.add([name, value, "\(own.count)", best?.fixed(4) ?? "–", mean.fixed(4)])
      }
    }
    return text.lines
  }

  /// The command that trains with a trial's parameters.
  static func command(
    _ trial: SearchTrial, data: String, _ testSize: Double, _ randomState: UInt64
  ) -> String {
    func value(_ name: String) -> String { trial.parameters[name] ?? "" }
    var words = ["drugctl", "train", "--data", quoted(data)]
    for name in ["features", "n-estimators", "max-leaf-nodes", "max-features", "min-samples-leaf"] {
      words += ["--\(name)", value(name)]
    }
    words.append(value("smote") == "yes" ? "--smote" : "--no-smote")
    words += ["--test-size", testSize.plain, "--random-state", "\(randomState)"]
    return words.joined(separator: " ")
  }

  /// A word as a shell takes it.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
        || UInt8(ascii: "-")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "_")
    }
    return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
  }
}
