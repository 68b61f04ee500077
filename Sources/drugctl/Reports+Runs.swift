import Models
import RandomForest
import Records

extension Reports {
  static func runs(_ runs: [Run]) -> [String] {
    var text = TextTable(
      [
        "run", "began (UTC)", "command", "state", "seconds", "CV macro-F1", "held-out accuracy",
        "95% interval", "model", "served", "data", "by", "name",
      ], wordColumns: [1, 2, 3, 8, 9, 10, 11, 12])
    for run in runs {
      text.add([
        "\(run.number)", run.startedAt.tableTime,
        run.command, run.state.rawValue, run.duration?.fixed(2) ?? "–",
        run.macroF1, run.metrics["test_accuracy"]?.percent ?? "–",
        run.interval(of: "test")?.percent ?? "–", run.version ?? "–",
        run.isPromoted.map { $0 ? "yes" : "no" } ?? "–",
        run.dataDigest.map { String($0.prefix(12)) } ?? "–", run.user ?? "–",
        run.remark?.name ?? "",
      ])
    }
    return text.lines.map(\.visible)
  }

  static func run(_ run: Run) -> [String] {
    var text = TextTable(["run \(run.number)", run.command], wordColumns: [0, 1])
    func add(_ name: String, _ value: String?) {
      if let value { text.add([name, value]) }
    }
    add("name", run.remark?.name)
    add("note", run.remark?.note)
    add("began", run.startedAt)
    add("by", run.user)
    add("state", run.state.rawValue)
    add("seconds", run.duration?.fixed(3))
    add("error", run.error)
    add("table", run.dataset)
    add("sha256", run.dataDigest)
    add("model", run.version.map { "\($0) (registry/\($0))" })
    add("served", run.isPromoted.map { $0 ? "yes" : "no" })
    for (name, value) in run.parameters.sorted(by: { $0.key < $1.key }) { add(name, value) }
    for (name, value) in run.metrics.sorted(by: { $0.key < $1.key }) { add(name, value.score) }
    for (kind, title) in [("cv", "cross-validated"), ("test", "held-out")] {
      add("\(title) accuracy, 95% interval", run.interval(of: kind)?.percent)
    }
    return text.lines.map(\.visible) + (run.keptComparison.map { [""] + comparison($0) } ?? [])
  }

  static func compared(_ runs: [Run]) -> [String] {
    var text = TextTable(
      ["run"] + runs.map { "\($0.number)" }, wordColumns: [0])
    func add(_ name: String, _ value: (Run) -> String?) {
      let values = runs.map { value($0) ?? "–" }
      if values.contains(where: { $0 != "–" }) { text.add([name] + values) }
    }
    add("command") { $0.command }
    add("state") { $0.state.rawValue }
    add("model") { $0.version }
    add("data") { $0.dataDigest.map { String($0.prefix(12)) } }
    // Only what tells them apart.
    for name in Set(runs.flatMap(\.parameters.keys)).sorted()
    where Set(runs.map { $0.parameters[name] }).count > 1 {
      add(name) { $0.parameters[name] }
    }
    for name in Set(runs.flatMap(\.metrics.keys)).sorted() {
      add(name) { $0.metrics[name]?.score }
    }
    add("seconds") { $0.duration?.fixed(2) }
    return text.lines
  }

  static func trials(_ trials: [Trial]) -> [String] {
    var text = TextTable(
      [
        "trial", "features", "trees", "leaves", "columns", "leaf", "SMOTE", "CV macro-F1",
        "CV log-loss", "folds", "seconds",
      ], wordColumns: [1, 4, 6])
    for trial in trials {
      func name(_ name: String) -> String { trial.parameters[name] ?? "–" }
      text.add([
        "\(trial.number)", name("features"), name("n-estimators"), name("max-leaf-nodes"),
        name("max-features"), name("min-samples-leaf"), name("smote"), trial.macroF1.fixed(4),
        trial.logLoss.fixed(4), "\(trial.foldCount)\(trial.isRejected ? ", given up" : "")",
        trial.duration.fixed(2),
      ])
    }
    return text.lines
  }
}

extension Run {
  /// The cross-validated macro-F1, with its standard deviation over the repeats.
  fileprivate var macroF1: String {
    guard let mean = metrics["cv_macro_f1"] else { return "–" }
    // Runs of before have kept no spread; those with one repeat have none.
    return "\(mean.fixed(3)) ± \(metrics["cv_macro_f1_sd"]?.fixed(3) ?? "–")"
  }

  /// The interval that holds the true accuracy with 95% confidence, as far as the number of patients decides;
  /// nil where that was not recorded.
  fileprivate func interval(of kind: String) -> ClosedRange<Double>? {
    guard let accuracy = metrics["\(kind)_accuracy"],
      let samples = metrics["\(kind)_samples"].flatMap({ Int(exactly: $0) }), samples > 0,
      0...1 ~= accuracy
    else { return nil }
    return Proportion.interval(of: accuracy, total: samples)
  }
}

extension Double {
  /// A score, or a count.
  fileprivate var score: String { self > 1 && self == rounded() ? fixed(0) : fixed(4) }
}
