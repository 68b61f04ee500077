import Models
import Patients

extension Reports {
  /// The candidate beside the served model.
  static func comparison(_ comparison: ModelComparison) -> [String] {
    var text = TextTable(
      [
        "mean of the same folds", "version", "features", "macro-F1", "accuracy", "log-loss",
      ], wordColumns: [0, 1, 2])
    func cell(_ spread: FeatureSetScores.Spread) -> String {
      "\(spread.mean.fixed(3)) ± \(comparison.hasSpread ? spread.standardDeviation.fixed(3) : "–")"
    }
    func add(_ name: String, _ contender: ModelComparison.Contender) {
      text.add([
        name, contender.version, contender.features.rawValue, cell(contender.macroF1),
        cell(contender.accuracy), cell(contender.logLoss),
      ])
    }
    add("candidate", comparison.candidate)
    if let champion = comparison.champion { add("served", champion) }
    let folds = "\(comparison.folds) folds × \(comparison.repeats)\(spread(comparison.hasSpread))"
    guard let difference = comparison.difference else {
      return text.lines + ["  \(folds); there is no model to compare with"]
    }
    let interval = difference.interval.map { $0.fixed(4) }.joined(separator: " to ")
    let basis =
      comparison.sameData
      ? "both fitted anew in each fold"
      : "trained on other data, so the served one is judged as it is"
    return text.lines + [
      "  \(folds), \(basis)",
      "  \(difference.isZero ? "no difference" : "difference") in macro-F1"
        + "\(difference.isZero ? "" : " \(difference.mean.fixed(4))"),"
        + " \((difference.confidence * 100).fixed(0))% interval \(interval)",
    ]
  }

  /// What a ± is: one repeat has none.
  static func spread(_ isThere: Bool) -> String {
    isThere ? ", ± is the standard deviation over the repeats" : ""
  }

  /// What the new model says otherwise than the served one.
  static func changes(_ changed: ChangedPredictions) -> [String] {
    let first = changed.documented.first?.patient ?? changed.rows.first?.patient
    guard let fields = first?.schema.fields else { return [] }
    var text = TextTable(
      ["row"] + fields.map(\.name) + ["actual", "served", "candidate"],
      wordColumns: Set(
        [0] + fields.filter { !$0.levels.isEmpty }.map { 1 + $0.index }
          + (1...3).map { fields.count + $0 }))
    for patient in changed.documented {
      text.add(
        ["documented"] + patient.patient.texts + ["–", patient.before, patient.after])
    }
    for row in changed.rows.prefix(10) {
      text.add(["\(row.row)"] + row.patient.texts + [row.actual, row.before, row.after])
    }
    let count = changed.rowCount
    let rest = count > 10 ? ["  and \((count - 10).grouped) more rows"] : []
    return ["", "Patients whose drug changes"] + text.lines + rest
  }
}

extension Reports {
  /// In what a model's questions and drugs are other than those of the served one.
  static func differences(_ found: ModelDifferences) -> [String] {
    var text = TextTable(
      ["what differs", "in the served model", "in this one"], wordColumns: [0, 1, 2])
    for field in found.fields {
      let words = [field.before, field.after].map { values in
        values.map(accepted) ?? "not measured"
      }
      text.add([field.name] + words)
    }
    for drug in found.drugs {
      switch drug.change {
      case .removed: text.add([drug.name, "recommended", "unknown"])
      case .added: text.add([drug.name, "unknown", "recommended"])
      case .rare, .changed:
        text.add([drug.name, "recommended", "of only \(drug.patients ?? 0) patients"])
      }
    }
    return text.lines
      + (found.reordered ? ["  the same fields and drugs in another order"] : [])
      + (found.omitted > 0 ? ["  and \(found.omitted) more"] : [])
  }

  private static func accepted(_ values: ModelDifferences.Values) -> String {
    [values.allowed, values.unit.map { "in \($0)" }, values.required ? nil : "may be missing"]
      .compactMap(\.self).joined(separator: ", ")
  }
}
