import Patients

/// A model's card as a page in Markdown, made of its files alone.
public struct ModelPage: Sendable {
  /// The page.
  public let text: String

  /// Writes the page.
  public init(_ details: ModelDetails) {
    let card = details.card
    var parts = [
      "# Model \(card.modelVersion)",
      card.parameters.map { Self.what(card, $0) } ?? Self.imported(card),
      "## What it is for\n" + (card.purpose ?? details.schema.purpose).markdown,
      "## What it is not for\n" + (card.notFor ?? details.schema.notFor).markdown,
      "## The data\n" + (card.data.map(Self.data) ?? Self.noData),
    ]
    if let validated = Self.validated(card) { parts.append("## Cross-validated\n" + validated) }
    if let evaluation = details.evaluation {
      parts.append("## On the patients held out\n" + Self.held(evaluation, details.schema))
      if let bins = evaluation.reliability {
        parts.append("## What its probabilities mean\n" + Self.reliability(evaluation, bins))
      }
    }
    if let comparison = details.comparison {
      parts.append("## Beside the model served before\n" + Self.comparison(comparison))
    }
    let limits = card.limits ?? details.schema.limits
    parts.append("## Limits\n" + limits.map { "- \($0.markdown)" }.joined(separator: "\n"))
    parts.append("## Making it again\n" + Self.again(details))
    text = parts.joined(separator: "\n\n") + "\n"
  }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    ([header, header.map { _ in "---" }] + rows)
      .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }

  private static func what(_ card: ModelCard, _ parameters: ModelCard.Parameters) -> String {
    let leaves = parameters.maxLeafNodes.map { "at most \($0) leaves each" } ?? "no limit of leaves"
    return """
      A random forest (Breiman, 2001) of \(parameters.nEstimators) trees, \(leaves), on the \
      \(card.features.rawValue) features; \(parameters.maxFeatures.markdown) columns tried at each split, \
      \(parameters.minSamplesLeaf ?? 1) or more patients in a leaf, \
      \(parameters.applySmote ? "classes balanced by SMOTE" : "no SMOTE"), seed \
      \(parameters.randomState). Trained \(card.trainedAt) by version \(card.programVersion.markdown).
      """
  }

  private static func imported(_ card: ModelCard) -> String {
    guard let origin = card.imported else { return "Nobody wrote down how it was trained." }
    let producer = origin.producer.map { " that \($0.markdown) wrote" } ?? ""
    let folded =
      origin.folded
      ? " folded into one, which says of every patient what they say together" : ""
    return """
      Imported \(card.trainedAt) by version \(card.programVersion.markdown) from a file in \
      \(origin.format.markdown)\(producer): \(origin.trees) trees\(folded), on the \
      \(card.features.rawValue) features. It was not trained here.
      """
  }

  private static let noData = """
    Not known: the model was not trained here. So there are no scores either, no drug can be ruled \
    out, and no value is known to lie outside of what it was trained on.
    """

  private static func data(_ data: ModelCard.TrainingData) -> String {
    let outcomes = data.outcomes.map { " \($0) of them are outcomes of the prediction log." } ?? ""
    let few =
      data.samples < 1000
      ? " So few rows tell little: each figure below would be another one on other patients." : ""
    return """
      \(data.samples.grouped) patients: \(data.trainingSamples.grouped) to train on, \
      \(data.testSamples.grouped) held out.\(outcomes)\(few)

      \(table(
        ["drug", "patients"],
        data.classCounts.sorted { $0.key < $1.key }.map { [$0.key.markdown, $0.value.grouped] }))
      """
  }

  private static func validated(_ card: ModelCard) -> String? {
    let rows = card.featureSets.sorted { $0.key < $1.key }.compactMap { name, scores in
      scores.crossValidation.map { (name, $0) }
    }
    guard let first = rows.first?.1 else { return nil }
    func cell(_ spread: FeatureSetScores.Spread) -> String {
      "\(spread.mean.places(3)) ± \(first.repeats > 1 ? spread.standardDeviation.places(3) : "–")"
    }
    return """
      \(first.folds) folds × \(first.repeats): mean over the repeats, and their standard deviation\(
        first.repeats > 1 ? "" : ", which one repeat does not have").

      \(table(
        ["features", "accuracy", "95% interval", "macro-F1", "log-loss", "calibration error"],
        rows.map {
          [
            $0.0 == card.features.rawValue ? "\($0.0.markdown) (this model)" : $0.0.markdown, cell($0.1.accuracy),
            $0.1.accuracyInterval.map(ends) ?? "–",
            cell($0.1.macroF1), $0.1.logLoss.mean.places(3),
            $0.1.expectedCalibrationError.mean.places(3),
          ]
        }))
      """
  }

  private static func ends(_ interval: ClosedRange<Double>) -> String {
    "\(interval.lowerBound.places(3)) to \(interval.upperBound.places(3))"
  }

  private static func held(_ evaluation: EvaluationReport, _ schema: PatientSchema) -> String {
    func row(_ name: String, _ scores: EvaluationReport.Row) -> [String] {
      // Of a drug that nobody has nothing is known.
      let shown = [scores.precision, scores.recall, scores.f1].map {
        scores.support == 0 ? "–" : $0.places(3)
      }
      return [name.markdown] + shown + ["\(scores.support)"]
    }
    let drugs = evaluation.classes.compactMap { drug in
      evaluation.byClass[drug].map { row(drug, $0) }
    }
    var lines = [
      """
      Accuracy \(evaluation.accuracy.places(3)) of \(evaluation.samples.grouped) patients; \
      95% interval \(ends(evaluation.accuracyInterval)).
      """, "",
      table(
        ["drug", "precision", "recall", "F1", "patients"],
        drugs + [row("mean over the drugs", evaluation.macro)]),
    ]
    if let byGroup = evaluation.byGroup, !byGroup.isEmpty {
      lines += [
        "",
        table(
          [
            (schema.group?.title ?? "group").markdown.lowercased(), "right", "accuracy",
            "95% interval",
          ],
          byGroup.sorted { $0.key < $1.key }.map { group, part in
            [
              group.markdown, "\(part.correct) of \(part.samples)", part.accuracy.places(3),
              part.interval.map { $0.places(3) }.joined(separator: " to "),
            ]
          }),
      ]
    }
    return lines.joined(separator: "\n")
  }

  private static func reliability(
    _ evaluation: EvaluationReport, _ bins: [EvaluationReport.ReliabilityBin]
  ) -> String {
    """
    How often the answer was right, by how sure it was of itself, on the same held-out patients; \
    calibration error \(evaluation.expectedCalibrationError.places(3)).

    \(table(
      ["confidence", "patients", "mean confidence", "right"],
      bins.map {
        [
          $0.range.map { $0.places(1) }.joined(separator: " to "), "\($0.samples)",
          $0.confidence.places(3), $0.accuracy.places(3),
        ]
      }))
    """
  }

  private static func comparison(_ comparison: ModelComparison) -> String {
    guard let champion = comparison.champion, let difference = comparison.difference else {
      return "No model was served when this one was trained."
    }
    let basis =
      comparison.sameData
      ? "both fitted anew in each fold"
      : "the served one judged as it was, which favours it on rows that it had seen"
    return """
      \(comparison.folds) folds × \(comparison.repeats), \(basis): mean macro-F1 of the folds \
      \(comparison.candidate.macroF1.mean.places(3)) beside \(champion.macroF1.mean.places(3)) of \
      model \(champion.version.markdown); \
      \(difference.isZero ? "no difference" : "difference \(difference.mean.places(4))"), \
      95% interval \(difference.interval.map { $0.places(4) }.joined(separator: " to ")).
      """
  }

  private static func again(_ details: ModelDetails) -> String {
    let card = details.card
    let source =
      card.imported.map { ["the file in \($0.format.markdown)", "`\($0.sha256)`"] }
      ?? card.data.map { ["data", "`\($0.sha256)`"] }
    return """
      \(card.imported == nil
        ? "The same data, parameters and seed give the same forest, byte for byte."
        : "The same file gives the same forest, byte for byte.")

      \(table(
        ["what", "SHA-256"],
        [
          details.digest.map { ["this version", "`\($0)`"] }, source,
          card.forestSha256.map { ["forest.rf", "`\($0)`"] },
        ].compactMap(\.self)))
      """
  }
}

extension Double {
  /// The number with a fixed count of decimal places.
  func places(_ count: Int) -> String {
    let scale = (0..<count).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (self * scale).rounded()
    guard scaled.isFinite, scaled.magnitude < 1e15 else { return "\(self)" }
    let digits = String(Int(scaled.magnitude))
    let padded = String(repeating: "0", count: max(0, count + 1 - digits.count)) + digits
    return (scaled < 0 ? "-" : "") + padded.dropLast(count) + "." + padded.suffix(count)
  }
}

extension String {
  /// The text as Markdown shows it, letter by letter: a file may have named what it is about.
  fileprivate var markdown: String {
    visible.reduce(into: "") { text, letter in
      if "\\`*_[]<>|&#!~".contains(letter) { text.append("\\") }
      text.append(letter)
    }
  }
}
