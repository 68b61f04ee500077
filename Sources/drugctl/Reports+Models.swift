import Models
import Patients

extension Reports {
  /// Models as a table.
  ///
  /// - Parameter before: the version that a rollback would serve.
  static func models(_ summaries: [ModelSummary], before: String?) -> [String] {
    var text = TextTable(
      [
        "version", "", "trained or imported (UTC)", "features", "trees", "leaves",
        "held-out accuracy", "95% interval", "CV macro-F1", "data", "size", "aliases",
      ], wordColumns: [0, 1, 2, 3, 9, 11])
    for model in summaries {
      text.add([
        model.version, model.isCurrent ? "served" : model.version == before ? "before" : "",
        model.trainedAt.tableTime,
        model.features.rawValue, "\(model.nEstimators)",
        model.maxLeafNodes.map { "\($0)" } ?? "–", model.testAccuracy?.percent ?? "–",
        model.testAccuracyInterval?.percent ?? "–",
        model.cvMacroF1?.fixed(3) ?? "–",
        model.dataSha256.map { String($0.prefix(12)) } ?? model.importedFrom ?? "–",
        "\((Double(model.sizeBytes) / 1024).fixed(0)) KiB",
        (model.labels?.aliases ?? []).joined(separator: ", "),
      ])
    }
    return text.lines
  }

  /// What is known of one model.
  static func model(
    _ details: ModelDetails, isServed: Bool, _ labels: VersionLabels
  ) -> [String] {
    let card = details.card
    var facts = TextTable(
      ["model \(card.modelVersion)", isServed ? "served" : ""], wordColumns: [0, 1])
    if !labels.aliases.isEmpty { facts.add(["aliases", labels.aliases.joined(separator: ", ")]) }
    for (key, value) in labels.tags.sorted(by: { $0.key < $1.key }) {
      facts.add(["tag \(key)", value])
    }
    if let note = labels.note { facts.add(["note", note]) }
    facts.add(["digest", details.digest ?? "none: it is of an older program"])
    if let signature = details.signature {
      facts.add(["signed by key", signature.key])
      facts.add(["to follow", signature.replaces ?? "no model"])
    }
    for (name, value) in self.facts(of: card) { facts.add([name, value]) }
    let validated = card.featureSets.sorted { $0.key < $1.key }.compactMap { name, scores in
      scores.crossValidation.map { (name, $0) }
    }
    var lines = facts.lines + [""]
    if !validated.isEmpty { lines += comparison(validated) + [""] }
    if let evaluation = details.evaluation { lines += held(evaluation, details.schema.group) }
    if let found = details.comparison { lines += [""] + comparison(found) }
    return lines.map(\.visible)
  }

  private static func facts(of card: ModelCard) -> [(String, String)] {
    var facts = [
      (card.imported == nil ? "trained" : "imported", card.trainedAt),
      ("program", card.programVersion), ("features", card.features.rawValue),
    ]
    if let origin = card.imported {
      facts += [
        (
          "file",
          "\(origin.format), by \(origin.producer ?? "a program that does not say its name")"
        ),
        ("sha256", origin.sha256),
        ("trees", "\(origin.trees)\(origin.folded ? ", folded into one" : "")"),
      ]
    }
    if let parameters = card.parameters {
      facts += [
        ("trees", "\(parameters.nEstimators)"),
        ("most leaves", parameters.maxLeafNodes.map { "\($0)" } ?? "no limit"),
        ("columns tried", parameters.maxFeatures),
        ("fewest samples in a leaf", "\(parameters.minSamplesLeaf ?? 1)"),
        ("SMOTE", parameters.applySmote ? "yes" : "no"), ("seed", "\(parameters.randomState)"),
      ]
    }
    if let data = card.data {
      facts += [
        ("data", data.sha256),
        (
          "patients",
          "\(data.samples): \(data.trainingSamples) trained on, \(data.testSamples) held out"
        ), ("of them outcomes", "\(data.outcomes ?? 0)"),
      ]
    }
    return facts
  }

  private static func held(_ evaluation: EvaluationReport, _ group: PatientField?) -> [String] {
    var text = TextTable(["held out", "precision", "recall", "F1", "patients"])
    for drug in evaluation.classes {
      guard let row = evaluation.byClass[drug] else { continue }
      text.add([
        drug, row.precision.fixed(3), row.recall.fixed(3), row.f1.fixed(3), "\(row.support)",
      ])
    }
    let parts = (evaluation.byGroup ?? [:]).sorted { $0.key < $1.key }.map { name, part in
      "  \(group?.name ?? "group") \(name): \(part.correct) of \(part.samples) right"
    }
    return [
      "  held-out accuracy \(evaluation.accuracy.percent) of \(evaluation.samples)"
        + " (95% interval \(evaluation.accuracyInterval.percent)),"
        + " log-loss \(evaluation.logLoss.fixed(3))"
    ] + text.lines + parts
  }
}
