import Patients
public import RandomForest

/// A model's report: a page of HTML that needs nothing else, with its card, scores, plots and curves.
///
/// Whatever comes from files stands in it letter by letter; the page forbids itself scripts and whatever lies
/// elsewhere.
public struct ModelReport: Sendable {
  /// The page.
  public let html: String
  /// The plots that stand in it.
  public let plots: ModelPlots

  /// Writes the page.
  ///
  /// - Parameter inspection: the version's; nil where it has none.
  public init(_ details: ModelDetails, of model: DrugModel, _ inspection: ModelInspection?) {
    plots = ModelPlots(of: model, inspection)
    html = Self.page(details, plots, inspection)
  }

  private static func page(
    _ details: ModelDetails, _ plots: ModelPlots, _ inspection: ModelInspection?
  ) -> String {
    let card = details.card
    let limits = card.limits ?? details.schema.limits
    var parts = [
      "<h1>Model \(card.modelVersion.markup)</h1>",
      "<p class=\"lead\">For teaching and evaluation. Not clinically validated: a person decides.</p>",
      facts(details),
      section("What it is for", paragraph(card.purpose ?? details.schema.purpose)),
      section("What it is not for", paragraph(card.notFor ?? details.schema.notFor)),
      section(
        "What it does not know",
        "<ul>" + limits.map { "<li>\($0.markup)</li>" }.joined() + "</ul>"),
    ]
    if let evaluation = details.evaluation {
      parts.append(section("On the patients held out", held(evaluation, details, plots)))
      if let bins = evaluation.reliability {
        parts.append(
          section("What its probabilities mean", reliability(evaluation, bins, plots)))
      }
    } else {
      parts.append(
        section(
          "Scores", paragraph("None are known: the model was not trained here.")))
    }
    if let sets = inspection?.sets {
      parts.append(section("How often its sets held the drug", coverage(sets)))
    }
    if let validated = validated(card) { parts.append(section("Cross-validated", validated)) }
    if plots["importance"] != nil {
      parts.append(
        section(
          "What its trees ask about",
          paragraph("The share of each measurement in the impurity that the trees removed.")
            + figure(plots, "importance")))
    }
    let curves = plots.all.filter { $0.name.hasPrefix("curve-") }
    if !curves.isEmpty {
      parts.append(
        section(
          "How it answers to each measurement",
          paragraph(
            """
            One measurement takes other values, all else of a held-out patient stays as it is, and the mean of \
            the answers is drawn. It says what the model does, not what helps a patient; some of these patients \
            cannot exist. Grey bars: how often training had the values.
            """) + curves.map { figure(plots, $0.name) }.joined()))
    }
    if let comparison = details.comparison {
      parts.append(section("Beside the model served before", self.comparison(comparison)))
    }
    parts.append(section("Making it again", again(details)))
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>Model \(card.modelVersion.markup) · Drug Classifier</title>
      <style>
      \(style)
      </style>
      </head>
      <body>
      <main>
      \(parts.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  private static func coverage(_ sets: ModelInspection.Sets) -> String {
    let measured = sets.measured
    let sizes = sets.sizes.enumerated().filter { $0.element > 0 }.map { size, patients in
      "\(patients.grouped) with \(size == 0 ? "one drug" : "\(size + 1) drugs")"
    }
    let (low, high) = (measured.interval.first ?? 0, measured.interval.last ?? 1)
    return paragraph(
      """
      The set held the right drug for \(measured.correct.grouped) of \(measured.samples.grouped) held-out \
      patients; promised were \((sets.coverage * 100).short)%, and the true share is probably \
      \((low * 100).short)% to \((high * 100).short)%. Of the sets, \(sizes.joined(separator: ", ")).
      """)
  }

  private static let style = """
    body { background: #fff; color: #17211f; font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 0; }
    main { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem; }
    h1, h2 { line-height: 1.2; }
    h2 { border-top: 1px solid #d6dfdc; margin-top: 2.5rem; padding-top: 1.5rem; }
    .lead, .quiet, figcaption { color: #51615d; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-size: 0.9375rem; margin: 1rem 0; }
    caption { color: #51615d; text-align: left; }
    th, td { border-bottom: 1px solid #d6dfdc; overflow-wrap: anywhere; padding: 0.4rem 0.75rem 0.4rem 0; text-align: left; vertical-align: top; }
    td.n, th.n { text-align: right; }
    figure { break-inside: avoid; margin: 1.5rem 0; }
    figcaption { font-size: 0.875rem; }
    svg { height: auto; max-width: 100%; }
    code { font-size: 0.875rem; overflow-wrap: anywhere; }
    tr { break-inside: avoid; }
    """

  private static func section(_ title: String, _ body: String) -> String {
    "<section>\n<h2>\(title.markup)</h2>\n\(body)\n</section>"
  }

  private static func paragraph(_ text: String) -> String { "<p>\(text.markup)</p>" }

  private static func figure(_ plots: ModelPlots, _ name: String) -> String {
    guard let plot = plots[name] else { return "" }
    return "<figure>\n\(plot.svg)\n<figcaption>\(plot.title.markup)</figcaption>\n</figure>"
  }

  /// A table whose first column is words and whose others are numbers, unless `isWords`.
  private static func table(
    _ header: [String], _ rows: [[String]], isWords: Bool = false
  ) -> String {
    func cells(_ name: String, _ row: [String]) -> String {
      row.enumerated().map { place, text in
        let tag = place == 0 ? "th" : name
        let scope =
          name == "th" ? " scope=\"col\"" : place == 0 ? " scope=\"row\"" : ""
        return
          "<\(tag)\(scope)\(place > 0 && !isWords ? " class=\"n\"" : "")>\(text.markup)</\(tag)>"
      }.joined()
    }
    let head = header.isEmpty ? "" : "<thead><tr>\(cells("th", header))</tr></thead>"
    let body = rows.map { "<tr>\(cells("td", $0))</tr>" }.joined(separator: "\n")
    return "<div class=\"scroll\"><table>\(head)<tbody>\n\(body)\n</tbody></table></div>"
  }

  private static func facts(_ details: ModelDetails) -> String {
    let card = details.card
    var rows = [
      [card.imported == nil ? "Trained" : "Imported", card.trainedAt],
      ["By version", card.programVersion], ["Numbers are read", card.features.rawValue],
    ]
    if let origin = card.imported {
      rows += [
        ["File", origin.producer.map { "\(origin.format), by \($0)" } ?? origin.format],
        ["Trees", "\(origin.trees.grouped)\(origin.folded ? ", folded into one" : "")"],
      ]
    }
    if let parameters = card.parameters {
      rows += [
        ["Trees", parameters.nEstimators.grouped],
        ["Leaves of a tree, at most", parameters.maxLeafNodes?.grouped ?? "no limit"],
        ["Columns tried at a split", parameters.maxFeatures],
        ["Patients in a leaf, at least", "\(parameters.minSamplesLeaf ?? 1)"],
        ["SMOTE", parameters.applySmote ? "yes" : "no"], ["Seed", "\(parameters.randomState)"],
      ]
    }
    if let data = card.data {
      rows += [
        [
          "Patients",
          "\(data.samples.grouped): \(data.trainingSamples.grouped) to train on,"
            + " \(data.testSamples.grouped) held out",
        ],
        [
          details.schema.target.title,
          data.classCounts.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.grouped)" }.joined(separator: ", "),
        ],
      ]
    }
    rows.append(["Measurements", details.schema.fields.map(\.title).joined(separator: ", ")])
    return table([], rows, isWords: true)
  }

  private static func ends(_ interval: ClosedRange<Double>) -> String {
    "\(interval.lowerBound.places(3)) to \(interval.upperBound.places(3))"
  }

  private static func held(
    _ evaluation: EvaluationReport, _ details: ModelDetails, _ plots: ModelPlots
  ) -> String {
    let right = Int((evaluation.accuracy * Double(evaluation.samples)).rounded())
    func row(_ name: String, _ scores: EvaluationReport.Row) -> [String] {
      // Of a drug that nobody has nothing is known.
      [name]
        + [scores.precision, scores.recall, scores.f1].map {
          scores.support == 0 ? "–" : $0.places(3)
        } + [scores.support.grouped]
    }
    let drugs = evaluation.classes.compactMap { drug in
      evaluation.byClass[drug].map { row(drug, $0) }
    }
    var body =
      paragraph(
        "\(right.grouped) of \(evaluation.samples.grouped) right; 95% interval of the true rate"
          + " \(ends(evaluation.accuracyInterval)). Held-out macro-F1"
          + " \(evaluation.macro.f1.places(3)).")
      + table(
        ["Drug", "Precision", "Recall", "F1", "Patients"],
        drugs + [row("mean over the drugs", evaluation.macro)])
      + figure(plots, "confusion-matrix")
    if let groups = evaluation.byGroup, !groups.isEmpty {
      body +=
        table(
          [details.schema.group?.title ?? "Group", "Right", "Accuracy", "95% interval"],
          groups.sorted { $0.key < $1.key }.map { name, part in
            [
              name, "\(part.correct.grouped) of \(part.samples.grouped)", part.accuracy.places(3),
              part.interval.map { $0.places(3) }.joined(separator: " to "),
            ]
          }) + figure(plots, "groups")
    }
    return body
  }

  private static func reliability(
    _ evaluation: EvaluationReport, _ bins: [EvaluationReport.ReliabilityBin],
    _ plots: ModelPlots
  ) -> String {
    paragraph(
      "How often the answer was right, by how sure it was of itself, on the same held-out patients:"
        + " on the dashed line both are the same. Calibration error"
        + " \(evaluation.expectedCalibrationError.places(3)), Brier score"
        + " \(evaluation.brierScore.places(3)), log loss \(evaluation.logLoss.places(3)).")
      + figure(plots, "reliability")
      + table(
        ["Confidence", "Patients", "Mean confidence", "Right"],
        bins.map {
          [
            $0.range.map { $0.places(1) }.joined(separator: " to "), $0.samples.grouped,
            $0.confidence.places(3), $0.accuracy.places(3),
          ]
        })
  }

  private static func validated(_ card: ModelCard) -> String? {
    let rows = card.featureSets.sorted { $0.key < $1.key }.compactMap { name, scores in
      scores.crossValidation.map { (name, $0) }
    }
    guard !rows.isEmpty else { return nil }
    return paragraph(
      "All folds of a repeat together, the mean over the repeats; behind ± their standard deviation, which"
        + " one repeat does not have.")
      + table(
        [
          "Numbers are read", "Accuracy", "95% interval", "Macro-F1", "Log loss", "Folds × repeats",
        ],
        rows.map { name, found in
          func cell(_ spread: FeatureSetScores.Spread) -> String {
            let deviation = found.repeats > 1 ? spread.standardDeviation.places(3) : "–"
            return "\(spread.mean.places(3)) ± \(deviation)"
          }
          return [
            name == card.features.rawValue ? "\(name) (this model)" : name, cell(found.accuracy),
            found.accuracyInterval.map(ends) ?? "–", cell(found.macroF1), cell(found.logLoss),
            "\(found.folds) × \(found.repeats)",
          ]
        })
  }

  private static func comparison(_ comparison: ModelComparison) -> String {
    guard let champion = comparison.champion, let difference = comparison.difference else {
      return paragraph("No model that it could be compared with was served when it was trained.")
    }
    let basis =
      comparison.sameData
      ? "both fitted anew in each fold"
      : "the one served then judged as it was, which favours it on rows that it had seen"
    let told =
      difference.isZero ? "no difference" : "difference \(difference.mean.places(4))"
    return paragraph(
      "\(comparison.folds) folds × \(comparison.repeats), \(basis): mean macro-F1 of the folds"
        + " \(comparison.candidate.macroF1.mean.places(3)) beside \(champion.macroF1.mean.places(3))"
        + " of model \(champion.version); \(told), 95% interval"
        + " \(difference.interval.map { $0.places(4) }.joined(separator: " to ")).")
  }

  private static func again(_ details: ModelDetails) -> String {
    let card = details.card
    let rows = [
      details.digest.map { ["This version", $0] }, card.data.map { ["Data", $0.sha256] },
      card.imported.map { ["File", $0.sha256] }, card.forestSha256.map { ["forest.rf", $0] },
    ]
    return paragraph(
      card.imported == nil
        ? "The same data, parameters and seed give the same forest, byte for byte."
        : "The same file gives the same forest, byte for byte.")
      + table(["What", "SHA-256"], rows.compactMap(\.self), isWords: true)
  }
}
