import Models
import Patients
import RandomForest

/// Tells a person what a training does.
final class TrainingPage: Sendable {
  private let console: Console
  private let training: Training

  /// Does a training as a recorded run that a person watches.
  @discardableResult
  static func record(
    _ command: String, _ training: Training, parameters: [String: String] = [:]
  ) throws -> Training.Result {
    let page = TrainingPage(training)
    let result = try RunRecorder.record(command, training, parameters: parameters) {
      page.show($0)
    }
    page.console.end()
    page.console.finish()
    return result
  }

  private init(_ training: Training) {
    self.training = training
    console = Console(stages: training.stages.map(\.rawValue))
  }

  private func show(_ event: Training.Event) {
    switch event {
    case .progress(let report): console.show(report)
    case .loaded(let table): Self.load(table, from: training.source).forEach { print($0) }
    case .explored(let table): Self.explore(table).forEach { print($0) }
    case .prepared(let rows, let test):
      Self.prepare(rows, test, training.options).forEach { print($0) }
    case .trained(let candidate): train(candidate)
    case .evaluated(let judgement): evaluate(judgement)
    case .saved(let result): save(result)
    }
  }

  /// What is said of a table.
  static func load(_ table: PatientTable, from source: Training.Source) -> [String] {
    let dataset = table.dataset
    var lines = [
      "  \(source.name): \(dataset.sampleCount) patients in \(dataset.rowCount) rows,"
        + " \(dataset.featureCount) measurements and the drug"
    ]
    if table.includesOutcomes {
      lines.append("  of them \(table.outcomeCount) outcomes of the prediction log")
    }
    lines.append("  sha256 \(table.digest)")
    if !table.dialect.isPlain { lines.append("  read as \(table.dialect)") }
    for field in table.ratios {
      guard let ratio = field.ratio else { continue }
      lines.append("  \(field.name): \(ratio.dividend.name) divided by \(ratio.divisor.name)")
    }
    if !table.ignoredColumns.isEmpty {
      lines.append("  ignored columns: \(table.ignoredColumns.joined(separator: ", "))")
    }
    if table.invalidRowCount > 0 {
      lines.append("  left out \(table.invalidRowCount) invalid rows:")
      lines += table.problems.lines(each: source.tellsEachProblem).map { "    \($0)" }
    }
    return lines
  }

  static func explore(_ table: PatientTable) -> [String] {
    Reports.columns(table) + [""] + Reports.classes(table.dataset) + [""]
      + Reports.statistics(table.dataset) + [""] + Reports.categories(table.dataset)
  }

  static func prepare(
    _ prepared: [PreparedRows], _ test: Dataset, _ options: TrainingOptions
  ) -> [String] {
    var lines = [
      "  \(prepared.first?.measured.sampleCount ?? 0) patients to train on,"
        + " \(test.sampleCount) held out (stratified, test size \(options.testSize.plain),"
        + " seed \(options.seed))"
    ]
    for rows in prepared {
      lines += ["", "  \(rows.featureSet.rawValue): \(rows.schema.columnCount) columns"]
      lines += Reports.encodings(rows.schema)
      guard options.appliesSMOTE(to: rows.featureSet, rows.measured) else {
        lines.append("  the drugs stay as frequent as they are (no SMOTE)")
        continue
      }
      let method = rows.featureSet == .binned ? "SMOTE" : "SMOTE-NC"
      let growth = zip(
        zip(rows.training.classes, rows.measured.classCounts), rows.training.classCounts
      ).map { "\($0.0) \($0.1) → \($1)" }
      lines.append("  \(method), k = 5: \(growth.joined(separator: ", "))")
    }
    return lines
  }

  private func train(_ candidate: Candidate) {
    let forest = candidate.training.forest
    print(
      "  \(candidate.featureSet.rawValue): \(forest.treeCount) trees,"
        + " \((forest.nodeCount + forest.treeCount) / 2) leaves, \(forest.byteCount) bytes")
  }

  private func evaluate(_ judgement: Training.Judgement) {
    let model = judgement.model
    let validated = judgement.candidates.compactMap { candidate in
      candidate.scores.crossValidation.map { (candidate.featureSet.rawValue, $0) }
    }
    var lines = validated.isEmpty ? [] : Reports.comparison(validated) + [""]
    let features = model.card.features.rawValue
    if judgement.candidates.count > 1 {
      let basis = validated.isEmpty ? "held-out" : "cross-validated"
      let verb = training.promotion == .always ? "served" : "chosen"
      lines += [
        "  \(verb): \(features), for its \(basis) macro-F1",
        "  the best of \(judgement.candidates.count) scores is optimistic; "
          + (validated.isEmpty
            ? "no patients were kept out of the choice"
            : "the held-out patients took no part in the choice"),
        "",
      ]
    }
    lines.append("  \(features) on the \(model.test.confusion.total) held-out patients")
    lines += Reports.scores(model.test) + [""] + Reports.confusion(model.test.confusion)
    if let problem = judgement.championProblem {
      lines += ["", "  The served model cannot be compared with: \(problem)"]
    }
    for (drug, count) in judgement.scarceDrugs {
      lines.append("  Only \(count) patients of \(drug), which is recommended now")
    }
    if let differences = judgement.differences {
      lines += [""] + Reports.differences(differences)
    }
    if let comparison = judgement.comparison {
      lines += [""] + Reports.comparison(comparison) + Reports.changes(judgement.changed)
    }
    for line in lines { print(line) }
  }

  private func save(_ result: Training.Result) {
    let (version, registry) = (result.version, training.registry)
    let folder = registry.folder(of: version)
    switch result.outcome {
    case .saved: print("  model \(version) saved in \(folder)")
    case .alreadyThere: print("  model \(version) exists already, byte for byte")
    }
    if result.isPromoted { print("  \(registry.currentPath) → registry/\(version)") }
    if let refusal = result.refusal { print("  not served: \(refusal)") }
    print("  plot: \(folder)/confusion_matrix.png")
  }
}
