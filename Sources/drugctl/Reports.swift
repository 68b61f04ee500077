import Models
import Patients
import RandomForest

/// What the commands print of data and of scores, as lines.
enum Reports {
  static func columns(_ table: PatientTable) -> [String] {
    let dataset = table.dataset
    var text = TextTable(
      ["column", "type", "missing", "distinct", "values"], wordColumns: [0, 1, 4])
    func missing(_ name: String) -> Int {
      table.invalidRows.count { $0.column == name && $0.found == nil }
    }
    for (column, feature) in dataset.features.enumerated() {
      let values = (0..<dataset.rowCount).map {
        dataset.values[$0 * dataset.featureCount + column]
      }
      let range = feature.isCategorical ? nil : dataset.finiteRange(ofColumn: column)
      text.add([
        feature.name, type(of: table.schema.inputs[column]),
        "\(missing(feature.name) + values.count(where: \.isNaN))",
        "\(Set(values.filter { !$0.isNaN }).count)",
        range.map { "\($0.lowerBound.plain) to \($0.upperBound.plain)" } ?? levels(of: feature),
      ])
    }
    text.add([
      table.schema.target.name, "category",
      "\(missing(table.schema.target.name))",
      "\(dataset.classCounts.count { $0 > 0 })", dataset.classes.inOneCell,
    ])
    return text.lines
  }

  private static func type(of field: PatientField) -> String {
    guard case .number(let limits) = field.domain else { return "category" }
    return limits.isWhole ? "whole number" : "number"
  }

  private static func levels(of feature: Feature) -> String {
    guard case .categorical(let levels) = feature.kind else { return "" }
    return levels.inOneCell
  }

  /// How the measurements become columns.
  static func encodings(_ schema: FeatureSchema) -> [String] {
    var text = TextTable(
      ["measurement", "columns", "one column for each of"], wordColumns: [0, 2])
    for input in schema.inputs {
      let values =
        switch input.encoding {
        case .oneHot: levels(of: input.feature)
        case .ordered: "(levels in orders)"
        case .bins(_, let labels): labels.inOneCell
        case .identity, .identityWithMissing: "(as measured)"
        }
      text.add([input.feature.name, "\(input.columnCount)", values])
    }
    return text.lines
  }

  static func statistics(_ dataset: Dataset) -> [String] {
    var text = TextTable([
      "number", "patients", "mean", "sd", "least", "25%", "median", "75%", "greatest",
    ])
    func add(_ name: String, _ summary: NumericSummary) {
      text.add(
        [name, "\(summary.count)", summary.mean.fixed(2), summary.standardDeviation.fixed(2)]
          + summary.quartiles.map { $0.fixed(2) })
    }
    for (column, feature) in dataset.features.enumerated() where !feature.isCategorical {
      add(feature.name, NumericSummary(of: dataset, column: column))
      for (label, drug) in dataset.classes.enumerated() {
        add("  \(drug)", NumericSummary(of: dataset, column: column, label: label))
      }
    }
    return text.lines
  }

  static func categories(_ dataset: Dataset) -> [String] {
    var text = TextTable(["category", "patients"] + dataset.classes)
    for (column, feature) in dataset.features.enumerated() {
      guard case .categorical(let levels) = feature.kind else { continue }
      let all = dataset.levelCounts(ofColumn: column)
      let byClass = dataset.classes.indices.map { dataset.levelCounts(ofColumn: column, label: $0) }
      for (level, name) in levels.enumerated() {
        text.add(["\(feature.name) \(name)", "\(all[level])"] + byClass.map { "\($0[level])" })
      }
    }
    return text.lines
  }

  static func classes(_ dataset: Dataset) -> [String] {
    let counts = dataset.classCounts
    let total = Double(dataset.sampleCount)
    let most = Double(counts.max() ?? 1)
    var text = TextTable(["drug", "patients", "share"])
    for (drug, count) in zip(dataset.classes, counts) {
      text.add([drug, "\(count)", (Double(count) / total).percent])
    }
    return zip(text.lines, ["", ""] + counts.map { "  " + (Double($0) / most).bar(36) }).map(+)
  }

  static func comparison(
    _ rows: [(name: String, scores: FeatureSetScores.CrossValidated)]
  ) -> [String] {
    var text = TextTable([
      "cross-validated", "accuracy", "95% interval", "macro-F1", "log-loss", "Brier", "ECE",
      "folds × repeats",
    ])
    for (name, found) in rows {
      func cell(_ spread: FeatureSetScores.Spread) -> String {
        "\(spread.mean.fixed(3)) ± \(found.repeats > 1 ? spread.standardDeviation.fixed(3) : "–")"
      }
      text.add([
        name, cell(found.accuracy), found.accuracyInterval.map { $0.fixed(3) } ?? "–",
        cell(found.macroF1), found.logLoss.mean.fixed(3),
        found.brierScore.mean.fixed(3), found.expectedCalibrationError.mean.fixed(3),
        "\(found.folds) × \(found.repeats)",
      ])
    }
    return text.lines + spreadLine(rows.contains { $0.scores.repeats > 1 })
  }

  private static func spreadLine(_ isThere: Bool) -> [String] {
    isThere ? ["  all folds of a repeat together" + spread(true)] : []
  }

  static func scores(_ evaluation: Evaluation) -> [String] {
    let confusion = evaluation.confusion
    var text = TextTable(["drug", "precision", "recall", "F1", "patients"])
    func add(_ name: String, _ scores: Scores, _ support: Int) {
      // Of a drug that nobody has nothing is known.
      let shown = [scores.precision, scores.recall, scores.f1].map {
        support == 0 ? "–" : $0.fixed(3)
      }
      text.add([name] + shown + ["\(support)"])
    }
    for (label, drug) in confusion.classes.enumerated() {
      add(drug, confusion.scores(of: label), confusion.support(of: label))
    }
    add("macro mean", confusion.macroAverage, confusion.total)
    add("weighted mean", confusion.weightedAverage, confusion.total)
    return [
      "  accuracy \(confusion.accuracy.percent) (\(confusion.correct) of \(confusion.total);"
        + " 95% interval \(Proportion(confusion.correct, of: confusion.total).interval.percent)),"
        + " log-loss \(evaluation.logLoss.fixed(3)), Brier \(evaluation.brierScore.fixed(3)),"
        + " calibration error \(evaluation.expectedCalibrationError.fixed(3))"
    ] + text.lines
  }

  static func confusion(_ matrix: ConfusionMatrix) -> [String] {
    var text = TextTable(["actual ╲ recommended"] + matrix.classes)
    for (actual, drug) in matrix.classes.enumerated() {
      text.add(
        [drug]
          + matrix.classes.indices.map { predicted in
            let count = matrix[actual: actual, predicted: predicted]
            return count == 0 ? "·" : "\(count)"
          })
    }
    return text.lines
  }
}
